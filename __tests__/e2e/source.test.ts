import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commitAll, git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags } from '../../sandbox/storage.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import type { Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { stableRelease } from './command-line.ts'
import { type DockerSpy, spyOnDocker } from './docker-spy.ts'
import { expectFailure } from './expect-failure.ts'
import { imagesAt } from './image.ts'

const WMCORE = 'https://github.com/dmwm/WMCore'

let bench: Bench
let spy: DockerSpy
let api: GitHubApi
beforeAll(async () => {
  bench = await startBench()
  spy = await spyOnDocker(bench.env)
  api = await startGitHubApi()
})
afterAll(async () => {
  await api.stop()
  await rm(spy.folder, { recursive: true })
  await bench.stop()
})

/** A workspace that is a checkout at its first commit, with a second one on top if it is wanted. */
const workspaceOf = async ({ tag, ahead = false }: { tag?: string; ahead?: boolean } = {}) => {
  const workspace = await mkdtemp(join(bench.workspace, 'checkout-'))
  await writeSampleContext(join(workspace, 'service'))
  const first = await makeCheckout(workspace, WMCORE)
  if (tag !== undefined) await git(workspace, 'tag', '--annotate', '--message', tag, tag)
  const head = ahead ? await commitAll(workspace) : first
  return { workspace, first, head }
}

let number = 0
/** A release of a service of its own. */
const release = (step: Partial<Step>) => {
  number += 1
  const inputs = { service: `source-${number}`, 'github-token': api.token, ...step.with }
  return bench.step({ env: spy.env, apiUrl: api.url, ...step, with: inputs })
}

const expectRefused = async (step: Partial<Step>, ...facts: readonly string[]): Promise<void> => {
  const error = step.apiUrl === undefined ? 'wrong-commit' : 'commit-unreadable'
  const before = await spy.calls()
  expectFailure(await release(step), error, facts)
  expect(await spy.calls()).toEqual(before)
  expect(await listTags(bench.registry.storage, `cmswmcore/source-${number}`)).toEqual([])
}

describe("a checkout of the run's own repository is built", () => {
  const expectBuilt = async (step: Partial<Step>, head: string): Promise<void> => {
    const built = await release(step)
    expect(built, built.log).toMatchObject({ exitCode: 0, annotations: [] })
    const [image] = await imagesAt(bench.registry.storage, built.outputs.digest ?? 'no digest')
    expect(image?.labels).toMatchObject({ 'org.opencontainers.image.revision': head })
  }

  test('at the commit of the run, which is for the git tag', async () => {
    const { workspace, head } = await workspaceOf()
    await expectBuilt({ tag: '4.3.0', sha: head, workspace }, head)
  })

  test('at the git tag, in a run by hand', async () => {
    const { workspace, head } = await workspaceOf({ tag: '4.3.0' })
    await expectBuilt({ workspace, with: { tag: '4.3.0' } }, head)
  })
})

describe("a checkout of the run's own repository is refused", () => {
  test('at another commit than the run for the git tag', async () => {
    const { workspace, head } = await workspaceOf()
    const sha = 'f'.repeat(40)
    await expectRefused({ tag: '4.3.0', sha, workspace }, head, sha, 'ref: refs/tags/4.3.0')
  })

  test('on a branch, in a run by hand of a git tag that it has', async () => {
    const { workspace, first, head } = await workspaceOf({ tag: '4.3.0', ahead: true })
    await expectRefused({ workspace, with: { tag: '4.3.0' } }, head, first)
  })

  test('on a branch, in a run by hand, without tags: GitHub knows the commit, or nobody', async () => {
    const { commit } = api.tag('4.3.1')
    const { workspace, head } = await workspaceOf()
    await expectRefused({ workspace, with: { tag: '4.3.1' } }, head, commit)
    await expectRefused({ workspace, apiUrl: 'http://127.0.0.1:1', with: { tag: '4.3.1' } }, head)
  })
})

describe('the command line', () => {
  const call = (cwd: string, env: NodeJS.ProcessEnv = {}) => {
    number += 1
    const order = [`source-${number}`, '4.3.0', bench.registry.host, 'cmswmcore', '--context=service']
    return stableRelease(['release', ...order], { env: { ...spy.env, ...env }, cwd })
  }

  test('refuses a checkout at another commit than its git tag', async () => {
    const { workspace, first, head } = await workspaceOf({ tag: '4.3.0', ahead: true })
    const { exitCode, stderr } = await call(workspace)
    expect(exitCode).toBe(1)
    for (const part of [first, head, 'git checkout 4.3.0']) expect(stderr).toContain(part)
  })

  test.each([
    { ci: 'GitHub Actions', env: { GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'dmwm/WMCore' } },
    { ci: 'GitLab', env: { GITLAB_CI: 'true', CI_PROJECT_URL: WMCORE } },
  ])('in $ci, takes the commit of a run for the git tag', async ({ env }) => {
    const { workspace, head } = await workspaceOf()
    const run = (sha: string) => ({
      ...env,
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REF_NAME: '4.3.0',
      GITHUB_SHA: sha,
      CI_COMMIT_TAG: '4.3.0',
      CI_COMMIT_SHA: sha,
    })
    const released = await call(workspace, run(head))
    expect(released, released.stderr).toMatchObject({ exitCode: 0 })
    const wrong = await call(workspace, run('f'.repeat(40)))
    expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('f'.repeat(40)) })
  })

  test('elsewhere, says that a checkout without the git tag was not compared', async () => {
    const { workspace } = await workspaceOf()
    const { exitCode, stderr } = await call(workspace)
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toContain('warning: The commit of the git tag is not known')
  })
})
