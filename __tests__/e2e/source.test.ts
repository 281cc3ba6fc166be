import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commitAll, git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags } from '../../sandbox/storage.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { writeHostileFiles } from '../git/hostile-files.ts'
import type { Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { stableRelease } from './command-line.ts'
import { type DockerSpy, spyOnDocker } from './docker-spy.ts'
import { expectFailure } from './expect-failure.ts'
import { imagesAt } from './image.ts'

const WMCORE = 'https://github.com/dmwm/WMCore'
const KUBERNETES = 'https://github.com/dmwm/CMSKubernetes'

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
const workspaceOf = async ({
  remote = WMCORE,
  tag,
  ahead = false,
}: {
  remote?: string
  tag?: string
  ahead?: boolean
}) => {
  const workspace = await mkdtemp(join(bench.workspace, 'checkout-'))
  await writeSampleContext(join(workspace, 'service'))
  const first = await makeCheckout(workspace, remote)
  if (tag !== undefined) await git(workspace, 'tag', '--annotate', '--message', tag, tag)
  const head = ahead ? await commitAll(workspace) : first
  return { workspace, first, head }
}

let number = 0
/** A release of a service of its own; docker's calls are counted. */
const release = async (step: Partial<Step>) => {
  number += 1
  const service = `source-${number}`
  const before = (await spy.calls()).length
  const result = await bench.step({
    env: spy.env,
    apiUrl: api.url,
    ...step,
    with: { service, 'github-token': api.token, ...step.with },
  })
  return { ...result, service, docker: (await spy.calls()).length - before }
}

const labelsOf = async (digest: string | undefined) =>
  (await imagesAt(bench.registry.storage, digest ?? 'no digest'))[0]?.labels ?? {}

const expectRefused = async (
  step: Awaited<ReturnType<typeof release>>,
  ...facts: readonly string[]
): Promise<void> => {
  expectFailure(step, 'wrong-commit', facts)
  expect(step.docker).toBe(0)
  expect(await listTags(bench.registry.storage, `cmswmcore/${step.service}`)).toEqual([])
}

describe("a checkout of the run's own repository is built", () => {
  const expectBuilt = async (step: Awaited<ReturnType<typeof release>>, head: string): Promise<void> => {
    expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [] })
    expect(await labelsOf(step.outputs.digest)).toMatchObject({ 'org.opencontainers.image.revision': head })
  }

  test('at the commit of the run, which is for the git tag', async () => {
    const { workspace, head } = await workspaceOf({})
    await expectBuilt(await release({ tag: '4.3.0', sha: head, workspace }), head)
  })

  test('at the commit of an annotated git tag, whose own object the run names', async () => {
    const { workspace, head } = await workspaceOf({ tag: '4.3.0' })
    const sha = (await git(workspace, 'rev-parse', 'refs/tags/4.3.0')).trim()
    expect(sha).not.toBe(head)
    await expectBuilt(await release({ tag: '4.3.0', sha, workspace }), head)
  })

  test('at the git tag, in a run by hand', async () => {
    const { workspace, head } = await workspaceOf({ tag: '4.3.0' })
    await expectBuilt(await release({ workspace, with: { tag: '4.3.0' } }), head)
  })
})

describe("a checkout of the run's own repository is refused", () => {
  test('at another commit than the run for the git tag', async () => {
    const { workspace, head } = await workspaceOf({ ahead: true })
    const sha = 'f'.repeat(40)
    await expectRefused(await release({ tag: '4.3.0', sha, workspace }), head, sha, 'ref: refs/tags/4.3.0')
  })

  test('on a branch, in a run by hand of a git tag that it has', async () => {
    const { workspace, first, head } = await workspaceOf({ tag: '4.3.0', ahead: true })
    await expectRefused(await release({ workspace, with: { tag: '4.3.0' } }), head, first)
  })

  test('on a branch, in a run by hand, without tags: GitHub knows the commit, or nobody', async () => {
    const { commit } = api.tag('4.3.1')
    const { workspace, head } = await workspaceOf({})
    await expectRefused(await release({ workspace, with: { tag: '4.3.1' } }), head, commit)
    const apiUrl = 'http://127.0.0.1:1'
    await expectRefused(await release({ workspace, apiUrl, with: { tag: '4.3.1' } }), head)
  })

  test('with the Dockerfile alone in it', async () => {
    const { workspace } = await workspaceOf({ tag: '4.3.0', ahead: true })
    const context = join(workspace, 'elsewhere')
    await writeSampleContext(context)
    await makeCheckout(context, KUBERNETES)
    const order = { tag: '4.3.0', context: 'elsewhere', file: 'service/Dockerfile' }
    await expectRefused(await release({ workspace, with: order }), 'service/Dockerfile')
  })
})

test('a checkout of another repository that has moved since is told of, and nothing is built', async () => {
  const { workspace, first } = await workspaceOf({ remote: KUBERNETES })
  const step = { tag: '2.3.4', workspace, with: { service: 'source-moved' } }
  const released = await release(step)
  expect(released, released.log).toMatchObject({ exitCode: 0, annotations: [] })
  const second = await commitAll(workspace)
  const again = await release(step)
  expect(again, again.log).toMatchObject({
    exitCode: 0,
    docker: 0,
    annotations: [{ level: 'notice', title: "The Dockerfile's repository has moved" }],
    outputs: { digest: released.outputs.digest },
  })
  for (const part of [first, second]) expect(again.annotations[0]?.message).toContain(part)
})

test('files that are like a repository are refused before docker, and git, have run a command of theirs', async () => {
  const { workspace, head } = await workspaceOf({})
  const ran = join(workspace, 'ran')
  await writeHostileFiles(join(workspace, 'hostile'), ran)
  const step = await release({ tag: '4.3.0', sha: head, workspace, with: { context: 'hostile' } })
  await expectRefused(step, 'safe.bareRepository')
  expect(existsSync(ran)).toBe(false)
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
    const { workspace, head } = await workspaceOf({})
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
    const { workspace } = await workspaceOf({})
    const { exitCode, stderr } = await call(workspace)
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toContain('warning: The commit of the git tag is not known')
  })
})
