import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

test("a checkout of the run's own repository is built at the commit of the run", async () => {
  const { workspace, head } = await workspaceOf()
  const built = await release({ tag: '4.3.0', sha: head, workspace })
  expect(built, built.log).toMatchObject({ exitCode: 0, annotations: [] })
  const [image] = await imagesAt(bench.registry.storage, built.outputs.digest ?? 'no digest')
  expect(image?.labels).toMatchObject({ 'org.opencontainers.image.revision': head })
})

test('it is refused at another commit than that of the git tag, which the run, the checkout or GitHub knows', async () => {
  const [sha, { commit }] = ['f'.repeat(40), api.tag('4.3.1')]
  const plain = await workspaceOf()
  const { workspace, first, head } = await workspaceOf({ tag: '4.3.0', ahead: true })
  await expectRefused({ tag: '4.3.0', sha, workspace: plain.workspace }, plain.head, sha)
  await expectRefused({ workspace, with: { tag: '4.3.0' } }, head, first)
  await expectRefused({ workspace, with: { tag: '4.3.1' } }, head, commit)
})

test('the command line says that a checkout without the git tag was not compared', async () => {
  const { workspace } = await workspaceOf()
  const order = ['release', 'source-line', '4.3.0', bench.registry.host, 'cmswmcore', '--context=service']
  const { exitCode, stderr } = await stableRelease(order, { env: spy.env, cwd: workspace })
  expect(exitCode, stderr).toBe(0)
  expect(stderr).toContain('warning: The commit of the git tag is not known')
})
