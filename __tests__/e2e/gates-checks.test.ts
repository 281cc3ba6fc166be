import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type GitHubApi, type GitHubApiOptions, startGitHubApi } from '../gates/github-api.ts'
import { type Step, type StepResult, visible } from './action.ts'
import { type Bench, startBench, withoutDocker } from './bench.ts'
import { stableRelease } from './command-line.ts'
import { writesTo } from './requests.ts'
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

const jobOf = (run: number, id: number): string =>
  `https://github.com/dmwm/WMCore/actions/runs/${run}/job/${id}`

describe('release', () => {
  test('checks that have passed let the stable tags through; candidates need none', async () => {
    await startApi()
    api.checkRun(api.tag('2.3.4').commit, { name: 'testbed', conclusion: 'success' })
    const final = await step({ tag: '2.3.4', with: { service: 'passed' } })
    expect(final).toMatchObject({ exitCode: 0, annotations: [], outputs: { withheld: '' } })

    api.checkRun(api.tag('2.3.5rc1').commit, { name: 'testbed', conclusion: 'failure' })
    const candidate = await step({ tag: '2.3.5rc1', with: { service: 'passed' } })
    expect(candidate).toMatchObject({ exitCode: 0, annotations: [], outputs: { withheld: '' } })
    expect(await tagsOf('passed')).toEqual(['2.3.4', '2.3.4-stable', '2.3.5rc1'])
  })

  test.each([
    {
      what: 'failed',
      put: (sha: string) => api.checkRun(sha, { name: 'testbed', conclusion: 'failure', actionsRun: '5' }),
    },
    { what: 'absent', put: () => undefined },
    {
      what: 'skipped',
      put: (sha: string) => api.checkRun(sha, { name: 'testbed', conclusion: 'skipped', actionsRun: '5' }),
    },
  ])('a check that is $what withholds them; what the warning says promotes them', async ({ what, put }) => {
    await startApi()
    const { commit } = api.tag('2.3.4')
    const id = put(commit)
    const released = await step({ tag: '2.3.4', with: { service: what } })
    const image = `${bench.registry.host}/cmswmcore/${what}`
    const short =
      { failed: 'testbed failed', absent: 'testbed was not found' }[what] ?? `testbed did not pass (${what})`
    const state = `${short} (${id === undefined ? 'the commit has no checks' : jobOf(5, id)})`
    expect(released).toMatchObject({
      exitCode: 0,
      annotations: [{ level: 'warning', title: 'Stable tags are withheld' }],
      outputs: {
        tags: `${image}:2.3.4`,
        'stable-tags': '',
        withheld: `${image}:2.3.4-stable`,
        'is-stable': 'false',
      },
    })
    const warning = released.annotations[0]?.message ?? ''
    expect(warning).toContain(`${image}:2.3.4-stable: ${state}. To write what is withheld, `)
    expect(warning).toContain('promote_stable_images.yaml')
    expect(warning).toContain('policy, require-checks and login')
    expect(released.summary).toContain('require-checks: |\n  testbed\n')
    expect(released.log).toContain(`✗ Check what is required: ${short} (`)
    expect(released.log).toContain(`withheld: ${state}`)
    expect(await tagsOf(what)).toEqual(['2.3.4'])
    const digest = await digestOf(what, '2.3.4')
    expect(released.outputs.digest).toBe(digest)

    // Nothing else than what the warning names, on a run of a branch, where there is no docker.
    const said = Object.fromEntries(
      Array.from(warning.matchAll(/\b(command|service|tag): ([^\s,]+)/g), ([, name, value]) => [name, value]),
    )
    expect(said).toEqual({ command: 'promote', service: what, tag: '2.3.4' })
    const { registry, project } = { registry: bench.registry.host, project: 'cmswmcore' }
    const early = await step({ env: noDocker, with: { registry, project, ...said } })
    expect(early.exitCode).toBe(1)
    expect(await tagsOf(what)).toEqual(['2.3.4'])

    api.checkRun(commit, { name: 'testbed', conclusion: 'success' })
    const promoted = await step({ env: noDocker, with: { registry, project, ...said } })
    expect(promoted).toMatchObject({ exitCode: 0, annotations: [] })
    expect(await tagsOf(what)).toEqual(['2.3.4', '2.3.4-stable'])
    expect(await digestOf(what, '2.3.4-stable')).toBe(digest)
  })

  test('a check that runs is waited for as long as checks-timeout says', async () => {
    await startApi()
    const id = api.checkRun(api.tag('2.3.4').commit, { name: 'testbed', status: 'in_progress' })
    const releasing = step({ tag: '2.3.4', with: { service: 'running', 'checks-timeout': '2m' } })
    const looks = () => api.requests.filter(({ path }) => path.includes('/check-runs')).length
    // The first look is before the build, whether the checks can be read; the second one is the gate's.
    while (looks() < 2) await sleep(20)
    expect(await tagsOf('running')).toEqual(['2.3.4'])
    api.update(id, { status: 'completed', conclusion: 'success' })
    const released = await releasing
    expect(released).toMatchObject({ exitCode: 0, annotations: [], outputs: { withheld: '' } })
    expect(released.log).toContain('Waiting for the checks testbed, up to 2 min')
    expect(await tagsOf('running')).toEqual(['2.3.4', '2.3.4-stable'])
  })

  describe.each(['release', 'promote'] as const)('%s, while it waits for a check', command => {
    const policy = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable latest'
    /** Starts the command for 2.3.4, does something when it waits, and lets the check pass. */
    const meanwhile = async (service: string, act: (repository: string) => Promise<unknown>) => {
      await startApi()
      const repository = `cmswmcore/${service}`
      const id = api.checkRun(api.tag('2.3.4').commit, { name: 'testbed', status: 'in_progress' })
      if (command === 'promote') await publish(service)
      const running = step({ tag: '2.3.4', with: { command, service, policy, 'checks-timeout': '2m' } })
      const looks = () => api.requests.filter(({ path }) => path.includes('/check-runs')).length
      while (looks() < (command === 'release' ? 2 : 1)) await sleep(20)
      await act(repository)
      api.update(id, { status: 'completed', conclusion: 'success' })
      return running
    }

    test('a newer version is released: latest stays with that', async () => {
      const service = `${command}-newer`
      const ended = await meanwhile(service, async repository => {
        for (const tag of ['2.3.5', '2.3.5-stable', 'latest']) await seed(bench.registry, repository, tag)
      })
      expect(ended, ended.log).toMatchObject({ exitCode: 0 })
      expect(ended.log).toContain('latest stays with 2.3.5-stable, which is newer')
      expect(await digestOf(service, 'latest')).not.toBe(ended.outputs.digest)
      expect(await digestOf(service, '2.3.4-stable')).toBe(ended.outputs.digest)
    })

    test('another image takes the first tag: nothing becomes stable', async () => {
      const service = `${command}-replaced`
      const ended = await meanwhile(service, repository => seed(bench.registry, repository, '2.3.4'))
      expect(ended.exitCode).toBe(1)
      const other = await digestOf(service, '2.3.4')
      expect(ended.annotations.map(({ title, message }) => [title, message])).toEqual([
        ['The registry does not hold what was planned', expect.stringContaining(`${other}`)],
      ])
      expect(await tagsOf(service)).toEqual(['2.3.4'])
    })

    test('another image becomes stable: it stays', async () => {
      const service = `${command}-faster`
      const ended = await meanwhile(service, repository => seed(bench.registry, repository, '2.3.4-stable'))
      expect(ended.exitCode).toBe(1)
      const other = await digestOf(service, '2.3.4-stable')
      expect(ended.annotations.map(({ message }) => message)).toEqual([
        expect.stringContaining(`2.3.4-stable became ${other} while this run `),
      ])
      expect(await digestOf(service, 'latest')).toBeUndefined()
    })
  })

  test('a later run of the release adds the stable tags to what is there', async () => {
    await startApi()
    const { commit } = api.tag('2.3.4')
    api.status(commit, { context: 'testbed', state: 'pending' })
    const first = await step({ tag: '2.3.4', with: { service: 'again' } })
    expect(first.outputs.withheld).toBe(`${bench.registry.host}/cmswmcore/again:2.3.4-stable`)
    api.status(commit, { context: 'testbed', state: 'success' })
    const second = await step({ tag: '2.3.4', with: { service: 'again' } })
    expect(second).toMatchObject({ exitCode: 0, annotations: [], outputs: { withheld: '' } })
    expect(second.outputs.digest).toBe(first.outputs.digest)
    expect(await digestOf('again', '2.3.4-stable')).toBe(first.outputs.digest)
  })

  test('an annotated tag leads to its commit in a run for a branch, and the jobs of this run do not count', async () => {
    await startApi()
    const { commit } = api.tag('2.3.4', { annotated: true })
    api.checkRun(commit, { name: 'testbed', conclusion: 'success', actionsRun: '5', suite: 1 })
    api.checkRun(commit, { name: 'testbed', status: 'in_progress', actionsRun: '1', suite: 2 })
    const released = await step({ with: { tag: '2.3.4', service: 'annotated' } })
    expect(released).toMatchObject({ exitCode: 0, annotations: [], outputs: { withheld: '' } })
    expect(api.requests.every(({ status }) => status === 200)).toBe(true)
  })

  test('a permission that is missing is found out before the build, and named', async () => {
    await startApi({ permissions: ['contents', 'statuses'] })
    api.tag('2.3.4')
    const released = await step({ tag: '2.3.4', with: { service: 'permissions' } })
    expect(released).toMatchObject({
      exitCode: 1,
      annotations: [
        {
          level: 'error',
          title: 'GitHub gave no usable answer',
          message: expect.stringContaining(
            'Give the token "permissions: contents: read, checks: read, statuses: read".',
          ),
        },
      ],
    })
    expect(await writesTo(bench.registry, 'cmswmcore/permissions')).toEqual([])
  })
})

test('the command line asks GitHub, too, and octokit prints nothing', async () => {
  await startApi()
  api.checkRun(api.tag('2.3.4').commit, { name: 'testbed', conclusion: 'success' })
  await publish('line')
  const order = ['promote', 'line', '2.3.4', bench.registry.host, 'cmswmcore', '--require-checks=testbed']
  const github = {
    GITHUB_TOKEN: TOKEN,
    GITHUB_REPOSITORY: 'dmwm/WMCore',
    GITHUB_API_URL: api.url,
    GITHUB_EVENT_PATH: '/nowhere/event.json',
  }
  const { exitCode, stdout } = await stableRelease([...order, '--json'], {
    env: { ...noDocker, ...github },
    cwd: folder,
  })
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    command: 'promote',
    services: [{ tags: [{}, { outcome: 'copied' }] }],
  })
  expect(await tagsOf('line')).toEqual(['2.3.4', '2.3.4-stable'])
})

test('what others told GitHub is shown as text, and obeyed in nothing', async () => {
  await startApi()
  const { commit } = api.tag('2.3.4')
  api.checkRun(commit, { name: 'testbed', conclusion: 'x\n::error::obeyed\n##[error]y | z' })
  api.checkRun(commit, { name: 'a\n::warning::obeyed|b', conclusion: 'success' })
  const order = { service: 'evil', 'require-checks': 'testbed\nunit' }
  const released = await step({ tag: '2.3.4', with: order })
  expect(released, released.log).toMatchObject({
    exitCode: 0,
    annotations: [{ level: 'warning', title: 'Stable tags are withheld' }],
  })
  expect(released.log).toContain(
    String.raw`testbed did not pass (x\u000a::error::obeyed\u000a##\u005berror]y | z)`,
  )
  expect(released.log).toContain(String.raw`the commit has "a\u000a::warning::obeyed|b", "testbed"`)
  expect(released.log).not.toMatch(/##\[/)
  expect(released.summary).not.toMatch(/^::|##\[|y \| z/m)
})

describe('promote', () => {
  const promote = (service: string, others: Partial<Step> = {}): Promise<StepResult> =>
    step({ env: noDocker, ...others, with: { command: 'promote', tag: '2.3.4', service, ...others.with } })

  test('is red unless every check has passed, lists each with its link, and writes nothing', async () => {
    await startApi({ basePath: '/api/v3' })
    const { commit } = api.tag('2.3.4')
    await publish('red')
    const before = await writesTo(bench.registry, 'cmswmcore/red')
    api.checkRun(commit, { name: 'unit', conclusion: 'success', actionsRun: '5' })
    const running = api.checkRun(commit, { name: 'testbed', status: 'in_progress', actionsRun: '6' })
    api.status(commit, { context: 'jenkins', state: 'error', url: 'https://ci.example.org/7' })
    const names = 'unit\ntestbed\njenkins\nnobody knows it'
    const result = await promote('red', { with: { 'require-checks': names } })

    const open = [
      `testbed is in progress (${jobOf(6, running)})`,
      'jenkins failed (https://ci.example.org/7)',
      'nobody knows it was not found (the commit has "jenkins", "testbed", "unit")',
    ]
    expect(result).toMatchObject({
      exitCode: 1,
      annotations: [
        {
          level: 'error',
          title: 'A required check has not passed',
          message: expect.stringContaining(`2.3.4 is not promoted: ${open.join(', ')}.`),
        },
      ],
    })
    for (const line of open) expect(result.log).toContain(line)
    expect(await writesTo(bench.registry, 'cmswmcore/red')).toEqual(before)
    expect(await tagsOf('red')).toEqual(['2.3.4'])

    // A person may promote all the same: by an order that requires nothing.
    const anyway = await promote('red', { with: { 'require-checks': '' } })
    expect(anyway).toMatchObject({ exitCode: 0, annotations: [] })
    expect(await tagsOf('red')).toEqual(['2.3.4', '2.3.4-stable'])
  })

  test('without a permission it is red, and writes nothing', async () => {
    await startApi({ permissions: ['contents', 'checks'] })
    api.tag('2.3.4')
    await publish('forbidden')
    const result = await promote('forbidden')
    expect(result.exitCode).toBe(1)
    expect(result.annotations.map(({ message }) => message)).toEqual([
      expect.stringContaining('"permissions: contents: read, checks: read, statuses: read"'),
    ])
    expect(await tagsOf('forbidden')).toEqual(['2.3.4'])
  })

  test('a wrong token is red, and not shown', async () => {
    await startApi()
    api.tag('2.3.4')
    await publish('wrong-token')
    const result = await promote('wrong-token', { with: { 'github-token': 'ghp_OldAndExpired' } })
    expect(result.exitCode).toBe(1)
    expect(result.annotations.map(({ message }) => message)).toEqual([
      expect.stringContaining('GitHub does not accept the token'),
    ])
    expect(visible(result.log)).not.toContain('ghp_OldAndExpired')
    expect(await tagsOf('wrong-token')).toEqual(['2.3.4'])
  })
})
