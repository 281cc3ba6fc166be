import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type GitHubApi, type GitHubApiOptions, startGitHubApi } from '../gates/github-api.ts'
import { type Step, type StepResult, visible } from './action.ts'
import { type Bench, startBench, withoutDocker } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { seed } from './seed.ts'

const TOKEN = 'ghs_0123456789SecretOfTheJob'

let bench: Bench
let folder: string
let noDocker: NodeJS.ProcessEnv
let api: GitHubApi
beforeAll(async () => {
  bench = await startBench()
  folder = await mkdtemp(join(tmpdir(), 'gates-'))
  noDocker = await withoutDocker(folder)
})
afterAll(async () => {
  await bench?.stop()
  await rm(folder, { recursive: true, force: true })
})
afterEach(() => api.stop())

const startApi = async (options: GitHubApiOptions = {}): Promise<void> => {
  api = await startGitHubApi({ token: TOKEN, ...options })
}

/** Runs a step that requires the check `testbed`; whatever comes of it, the token is not in what it says. */
const step = async (order: Step): Promise<StepResult> => {
  const result = await bench.step({
    apiUrl: api.url,
    ...(order.tag === undefined ? {} : { sha: api.tag(order.tag).commit }),
    ...order,
    with: { 'require-checks': 'testbed', 'github-token': TOKEN, ...order.with },
  })
  expect(`${visible(result.log)}${result.summary}${JSON.stringify(result.outputs)}`).not.toContain(TOKEN)
  return result
}

/** Publishes an image of the commit of 2.3.4. */
const publish = (service: string): Promise<string> =>
  seed(bench.registry, `cmswmcore/${service}`, '2.3.4', { revision: api.tag('2.3.4').commit })

const tagsOf = (service: string): Promise<string[]> =>
  listTags(bench.registry.storage, `cmswmcore/${service}`)
const digestOf = (service: string, tag: string): Promise<string | undefined> =>
  readTag(bench.registry.storage, `cmswmcore/${service}`, tag)

test('a check that failed withholds them, and nobody is told to promote before it has passed', async () => {
  await startApi()
  const service = 'withheld'
  const { commit } = api.tag('2.3.4')
  api.checkRun(commit, { name: 'testbed', conclusion: 'failure', actionsRun: '5' })
  const released = await step({ tag: '2.3.4', with: { service } })
  const image = `${bench.registry.host}/cmswmcore/${service}`
  const digest = await digestOf(service, '2.3.4')
  expect(released, released.log).toMatchObject({
    exitCode: 0,
    annotations: [{ level: 'warning', title: 'Stable tags are withheld' }],
    outputs: { tags: `${image}:2.3.4`, 'stable-tags': '', withheld: `${image}:2.3.4-stable`, digest },
  })
  const warning = released.annotations[0]?.message ?? ''
  for (const fact of ['2.3.4-stable', 'testbed failed', '/actions/runs/5/job/'])
    expect(warning).toContain(fact)
  expect(warning).not.toContain('promote')
  expect(released.summary).toContain('testbed failed')
  expect(released.summary).not.toContain('promote')
  expect(await tagsOf(service)).toEqual(['2.3.4'])

  // On a run of a branch, where there is no docker.
  const named = `${service}@${digest}`
  const said = { command: 'promote', service: named, tag: '2.3.4' }
  expectFailure(await step({ env: noDocker, with: said }), 'checks-not-passed', ['testbed failed'])
  expect(await tagsOf(service)).toEqual(['2.3.4'])

  api.checkRun(commit, { name: 'testbed', conclusion: 'success' })
  const promoted = await step({ env: noDocker, with: said })
  expect(promoted).toMatchObject({ exitCode: 0, annotations: [] })
  expect(await digestOf(service, '2.3.4-stable')).toBe(digest)
})

test.each(['release', 'promote'])(
  'a newer version that %s finds after its wait keeps latest',
  async command => {
    await startApi()
    const service = `${command}-newer`
    const id = api.checkRun(api.tag('2.3.4').commit, { name: 'testbed', status: 'in_progress' })
    if (command === 'promote') await publish(service)
    const policy = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable latest'
    const running = step({ tag: '2.3.4', with: { command, service, policy, 'checks-timeout': '5m' } })
    const looks = () => api.requests.filter(({ path }) => path.includes('/check-runs')).length
    while (looks() < (command === 'release' ? 2 : 1)) await sleep(20)
    for (const tag of ['2.3.5', '2.3.5-stable', 'latest'])
      await seed(bench.registry, `cmswmcore/${service}`, tag)
    api.update(id, { status: 'completed', conclusion: 'success' })
    const ended = await running
    expect(ended, ended.log).toMatchObject({ exitCode: 0 })
    expect(await digestOf(service, 'latest')).not.toBe(ended.outputs.digest)
    expect(await digestOf(service, '2.3.4-stable')).toBe(ended.outputs.digest)
  },
)

test('a wrong token is red, and not shown', async () => {
  await startApi()
  api.tag('2.3.4')
  await publish('wrong-token')
  const inputs = { command: 'promote', service: 'wrong-token', 'github-token': 'ghp_OldAndExpired' }
  const result = await step({ tag: '2.3.4', env: noDocker, with: inputs })
  expectFailure(result, 'github-unreadable')
  expect(visible(result.log)).not.toContain('ghp_OldAndExpired')
  expect(await tagsOf('wrong-token')).toEqual(['2.3.4'])
})
