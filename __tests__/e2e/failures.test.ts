import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags } from '../../sandbox/storage.ts'
import type { Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { type DockerSpy, spyOnDocker } from './docker-spy.ts'
import { expectFailure } from './expect-failure.ts'

const GUARDED = { kind: 'htpasswd', users: { bob: 'right' } } as const

/** A release to a registry that is down. It waits for the registry, for half a minute: the others run meanwhile. */
const releaseToNowhere = async () => {
  const bench = await startBench({ engine: 'none' })
  const spy = await spyOnDocker(bench.env)
  try {
    const { host } = bench.registry
    await bench.registry.stop()
    const step = await bench.step({ tag: '2.3.4', env: spy.env, with: { service: 'nowhere' } })
    return { step, host, calls: await spy.calls() }
  } finally {
    await rm(spy.folder, { recursive: true })
    await bench.stop()
  }
}

let unreachable: ReturnType<typeof releaseToNowhere>
beforeAll(() => {
  unreachable = releaseToNowhere()
  // Whether it went wrong is what the test of it says.
  unreachable.catch(() => {})
})

const failing = ['RUN ["/bin/busybox", "sh", "-c", "echo why it failed >&2; exit 3"]']
// The kernel says of this device that there is no space left on it.
const writingToFullDisk = ['RUN ["/bin/busybox", "sh", "-c", "echo all > /dev/full"]']

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: true },
  { store: 'classic', buildx: false },
] as const)('with an engine, store $store, buildx: $buildx', ({ store, buildx }) => {
  let bench: Bench
  let spy: DockerSpy
  beforeAll(async () => {
    bench = await startBench({ engine: { store, buildx }, registry: { auth: GUARDED } })
    spy = await spyOnDocker(bench.env)
    await writeSampleContext(join(bench.workspace, 'failing'), { lines: failing })
    await writeSampleContext(join(bench.workspace, 'full'), { lines: writingToFullDisk })
    await writeSampleContext(join(bench.workspace, 'mistake'), { lines: ['COPYY a b'] })
    await writeFile(join(bench.workspace, 'failing/::error::not ours'), '')
  })
  afterAll(async () => {
    await rm(spy.folder, { recursive: true })
    await bench.stop()
  })

  const right = { username: 'bob', password: 'right' }
  const cases: {
    name: string
    with: Step['with']
    env?: () => NodeJS.ProcessEnv
    title: string
    says: (string | RegExp)[]
    log?: string
    built: boolean
  }[] = [
    {
      name: 'a step of the Dockerfile that fails',
      with: { ...right, context: 'failing', 'build-options': '--network=host' },
      title: 'The build failed',
      says: [
        'cmswmcore/failure:2.3.4 failed',
        'exit status',
        '/bin/busybox',
        ...(buildx ? ['The step said last:\n  why it failed\n'] : []),
        'push a new git tag',
      ],
      log: 'why it failed',
      built: true,
    },
    {
      name: 'a Dockerfile that is none',
      with: { ...right, context: 'mistake' },
      title: 'The build failed',
      says: ['cmswmcore/failure:2.3.4 failed', /unknown instruction: COPYY/i, 'push a new git tag'],
      built: true,
    },
    {
      name: 'an option that docker does not have',
      with: { ...right, 'build-options': '--no-such-option=1' },
      title: 'An input is not valid',
      says: ['an option in build-options: unknown flag: --no-such-option'],
      built: true,
    },
    {
      name: 'a full disk',
      with: { ...right, context: 'full', 'build-options': '--network=host' },
      title: 'The build failed',
      says: [
        'failure:2.3.4 was not built: the disk of the machine that builds is full',
        'docker system prune',
      ],
      built: true,
    },
    {
      name: 'a wrong password',
      with: { username: 'bob', password: 'wrong' },
      title: 'The registry refused access',
      says: ['cmswmcore/failure:2.3.4', /401|UNAUTHORIZED/, 'username and password'],
      built: false,
    },
    {
      name: 'no credentials, where some are asked for',
      with: {},
      title: 'The registry refused access',
      says: ['asks for a user name and a password, and there are none', 'username and password'],
      built: false,
    },
    {
      name: 'an engine that is not there',
      with: right,
      env: () => ({ ...spy.env, DOCKER_HOST: `unix://${join(bench.workspace, 'no.sock')}` }),
      title: 'Docker is not available',
      says: ['engine does not answer', 'no.sock', 'DOCKER_HOST'],
      built: true,
    },
  ]

  test.each(cases)('$name', async ({ with: inputs, env, title, says, log = '', built }) => {
    const before = (await spy.calls()).length
    const step = await bench.step({
      tag: '2.3.4',
      env: env?.() ?? spy.env,
      with: { service: 'failure', ...inputs },
    })
    expectFailure(step, title, says)
    expect(step.log).toContain(log)
    expect(await listTags(bench.registry.storage, 'cmswmcore/failure')).toEqual([])
    if (!built) expect((await spy.calls()).slice(before)).toEqual([])
  })

  test('what a build prints is shown, and obeyed in nothing', async () => {
    const lines = ['RUN ["/bin/busybox", "printf", "::error::not ours\\\\n::set-output name=x::y\\\\n"]']
    await writeSampleContext(join(bench.workspace, 'printing'), { lines })
    const step = await bench.step({
      tag: '2.3.4',
      with: { ...right, service: 'printing', context: 'printing', 'build-options': '--network=host' },
    })
    expect(step.exitCode, step.log).toBe(0)
    expect(step.log).toContain('::error::not ours')
    expect(step.annotations.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('a registry that is not there', () => {
  test('is an error before anything is built', async () => {
    const { step, host, calls } = await unreachable
    expectFailure(step, 'The registry gave no usable answer', [
      host,
      'ECONNREFUSED',
      /after \d+ attempts/,
      'Check the name of the registry',
    ])
    expect(calls).toEqual([])
  })
})
