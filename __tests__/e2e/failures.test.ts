import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags } from '../../sandbox/storage.ts'
import type { ErrorName } from '../../src/errors.ts'
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
    error: ErrorName
    facts: (string | RegExp)[]
    built?: false
  }[] = [
    {
      name: 'a step of the Dockerfile that fails',
      with: { ...right, context: 'failing', 'build-options': '--network=host' },
      error: 'build-failed',
      facts: ['cmswmcore/failure:2.3.4', '/bin/busybox', ...(buildx ? ['\n  why it failed\n'] : [])],
    },
    {
      name: 'an option that docker does not have',
      with: { ...right, 'build-options': '--no-such-option=1' },
      error: 'invalid-input',
      facts: ['build-options', 'unknown flag: --no-such-option'],
    },
    {
      name: 'a full disk',
      with: { ...right, context: 'full', 'build-options': '--network=host' },
      error: 'build-failed',
      facts: ['cmswmcore/failure:2.3.4', /no space left on device/i, 'disk of this machine'],
    },
    {
      name: 'a wrong password',
      with: { username: 'bob', password: 'wrong' },
      error: 'registry-denied',
      facts: ['cmswmcore/failure:2.3.4', /401|UNAUTHORIZED/],
      built: false,
    },
    {
      name: 'no credentials, where some are asked for',
      with: {},
      error: 'registry-denied',
      facts: ['username and password'],
      built: false,
    },
    {
      name: 'an engine that is not there',
      with: right,
      env: () => ({ ...spy.env, DOCKER_HOST: `unix://${join(bench.workspace, 'no.sock')}` }),
      error: 'docker-missing',
      facts: ['no.sock', 'DOCKER_HOST'],
    },
  ]

  test.each(cases)('$name', async ({ with: inputs, env, error, facts, built = true }) => {
    const before = (await spy.calls()).length
    const step = await bench.step({
      tag: '2.3.4',
      env: env?.() ?? spy.env,
      with: { service: 'failure', ...inputs },
    })
    expectFailure(step, error, facts)
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

test('a registry that is not there is an error before anything is built', async () => {
  const { step, host, calls } = await unreachable
  expectFailure(step, 'registry-unreadable', [host, 'ECONNREFUSED'])
  expect(calls).toEqual([])
})
