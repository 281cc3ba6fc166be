import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type Bench, startBench, withoutDocker } from './bench.ts'
import { type CommandLine, type Ended, stableRelease } from './command-line.ts'
import { snapshot } from './files.ts'
import { listProcesses, withWatch } from './processes.ts'
import { writesTo } from './requests.ts'
import { seed } from './seed.ts'

let bench: Bench
let folder: string
let noDocker: NodeJS.ProcessEnv
let service: string
let number = 0
beforeAll(async () => {
  bench = await startBench({ context: { lines: ['ARG TAG', 'ENV RELEASED=$TAG'] } })
  folder = await mkdtemp(join(tmpdir(), 'cli-'))
  noDocker = await withoutDocker(folder)
})
afterAll(async () => {
  await bench?.stop()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  number += 1
  service = `service-${number}`
})

const call = (
  command: string,
  args: readonly string[] = [],
  more: Partial<CommandLine> = {},
): Promise<Ended> =>
  stableRelease([command, service, '2.3.4', bench.registry.host, 'cmsweb', ...args], {
    env: bench.env,
    cwd: join(bench.workspace, 'service'),
    ...more,
  })
const digestOf = (tag: string) => readTag(bench.registry.storage, `cmsweb/${service}`, tag)
const published = () => listTags(bench.registry.storage, `cmsweb/${service}`)

test('release publishes the tag and the stable tag with one digest, and keeps them', async () => {
  const released = await call('release', ['--json', '--debug'])
  expect(released, released.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
  expect(released.stderr).toMatch(/^debug: docker buildx build /m)
  expect(released.stderr).toMatch(/^#\d+ .*pushing manifest for /m)
  const digest = await digestOf('2.3.4')
  expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])
  expect(await digestOf('2.3.4-stable')).toBe(digest)
  expect(JSON.parse(released.stdout)).toMatchObject({
    command: 'release',
    services: [{ digest, tags: [{ outcome: 'built' }, { outcome: 'copied' }] }],
  })
  const writes = await writesTo(bench.registry, `cmsweb/${service}`)
  const again = await call('release', ['--on-existing', 'reuse'])
  expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`@${digest}\n`) })
  // Nobody knows which commit it was built from.
  const refused = await call('release')
  expect(refused).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
  expect(refused.stderr).toMatch(/^error: Nothing was written\.\n[\s\S]*#already-published\n$/m)
  expect(await writesTo(bench.registry, `cmsweb/${service}`)).toEqual(writes)
})

test('promote and verify need no docker, and what is not as planned is printed', async () => {
  const digest = await seed(bench.registry, `cmsweb/${service}`, '2.3.4')
  const env = { env: noDocker }
  expect(await call('verify', [], env)).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/ 2\.3\.4 +kept\n +2\.3\.4-stable +missing/),
  })
  expect(await call('verify', ['--stable', 'on-promotion'], env)).toMatchObject({ exitCode: 0 })

  const other = `sha256:${'0'.repeat(64)}`
  expect(await call('promote', ['--digest', other], env)).toMatchObject({ exitCode: 1 })
  expect(await published()).toEqual(['2.3.4'])

  const promoted = await call('promote', ['--digest', digest, '--json'], env)
  expect(promoted, promoted.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
  expect(JSON.parse(promoted.stdout)).toMatchObject({
    command: 'promote',
    services: [{ digest, tags: [{ outcome: 'kept' }, { tag: '2.3.4-stable', outcome: 'copied' }] }],
  })
  expect(await digestOf('2.3.4-stable')).toBe(digest)
  expect(await call('verify', [], env)).toMatchObject({ exitCode: 0, leftBehind: [] })

  const wrong = await seed(bench.registry, `cmsweb/${service}`, '2.3.4-stable')
  const verified = await call('verify', [], env)
  expect(verified).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(wrong) })
  expect(verified.stderr).toMatch(/^error: [\s\S]*#not-as-planned\n$/m)
  for (const command of ['release', 'build', 'push']) {
    const args = command === 'build' ? [] : ['--on-existing=overwrite']
    const ended = await call(command, args, env)
    expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
    expect(ended.stderr).toContain('#docker-missing\n')
  }
})

describe('Ctrl-C', () => {
  const duration = `${process.pid}.25`
  const patience = { timeout: 30_000, interval: 50 }
  const running = (part: string) => listProcesses().filter(({ command }) => command.includes(part))
  const steps = () => running(`sleep ${duration}`)
  let sleeper: string
  beforeAll(async () => {
    sleeper = join(folder, 'sleeper')
    await writeSampleContext(sleeper, { lines: [`RUN ["/bin/busybox", "sleep", "${duration}"]`] })
  })

  test('ends a release, and everything with it', async () => {
    let sent = Promise.resolve()
    const ended = await call('release', ['--build-options=--network=host'], {
      cwd: sleeper,
      onStart: ({ kill }) => {
        sent = vi.waitFor(() => expect(steps()).not.toEqual([]), patience).finally(() => kill('SIGINT'))
      },
    })
    await sent
    // By the signal itself: a shell's loop around it ends, too.
    const by = { exitCode: null, signal: 'SIGINT', stdout: '', leftBehind: [] }
    expect(ended, ended.stderr).toMatchObject(by)
    expect(ended.stderr).toMatch(/^error: [\s\S]*SIGINT[\s\S]*#interrupted\n$/m)
    expect(running(`/cmsweb/${service}:`)).toEqual([])
    await vi.waitFor(() => expect(steps()).toEqual([]), patience)
    expect(await published()).toEqual([])
  })
})

describe('the password', () => {
  const username = 'robot$project+name'
  const password = 'p\'a"s$s`id`;&|<>*?\\ %41 ünd'
  const variable = 'STABLE_RELEASE_PASSWORD'
  let closed: Bench
  beforeAll(async () => {
    closed = await startBench({
      registry: { auth: { kind: 'htpasswd', users: { [username]: password } } },
      context: { lines: ['RUN ["/bin/busybox", "sleep", "0.2"]'] },
    })
  })
  afterAll(() => closed?.stop())

  const base64 = [password, `${username}:${password}`].map(secret =>
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  )
  const shown = (text: string): string[] => [password, ...base64].filter(secret => text.includes(secret))
  const callClosed = (
    args: readonly string[],
    input: string,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Ended> => {
    const [command = '', ...options] = args
    const order = [command, service, '2.3.4', closed.registry.host, 'cmsweb', '--username', username]
    const cwd = join(closed.workspace, 'service')
    return stableRelease([...order, ...options], { env: { ...closed.env, ...env }, cwd, input })
  }

  test.each([
    { title: 'the environment', args: [], input: '', env: { [variable]: password } },
    {
      title: 'a line of standard input, which is more than the environment',
      args: ['--password-stdin'],
      input: `${password}\n`,
      env: { [variable]: 'another' },
    },
  ])('from $title is taken, and never shown', async ({ args, input, env }) => {
    const HOME = await mkdtemp(join(folder, 'home-'))
    const ends: Ended[] = []
    const { seen } = await withWatch(async () => {
      for (const command of [['release', '--build-options=--network=host'], ['verify'], ['promote']])
        ends.push(await callClosed([...command, ...args, '--debug'], input, { HOME, ...env }))
    })
    for (const ended of ends) {
      expect(ended, ended.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
      expect(shown(ended.stdout + ended.stderr)).toEqual([])
    }
    expect(await listTags(closed.registry.storage, `cmsweb/${service}`)).toEqual(['2.3.4', '2.3.4-stable'])
    // The watch was awake: it saw the build.
    expect(seen.some(command => command.includes('--build-arg=TAG=2.3.4'))).toBe(true)
    expect(seen.filter(command => shown(command).length > 0)).toEqual([])
    for (const place of [HOME, closed.workspace, closed.engine.config]) {
      const files = Object.values(await snapshot(place))
      expect(files.flatMap(content => shown(Buffer.from(content, 'latin1').toString()))).toEqual([])
    }
  })
})
