import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { listTags } from '../../sandbox/storage.ts'
import { startTokenServer, type TokenServer } from '../../sandbox/token-server.ts'
import type { Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { snapshot } from './files.ts'

const USERS = { 'robot$project+name': 'p\'a"s$s`id`;&|<>*?\\ %41', bob: 'secret:1' }
const ROBOT = { username: 'robot$project+name', password: USERS['robot$project+name'] }
const BOB = { username: 'bob', password: USERS.bob }

let bench: Bench
let tokens: TokenServer
let registries: Record<'htpasswd' | 'token', Registry>
let folder: string
let service: string
let number = 0

beforeAll(async () => {
  bench = await startBench({ registry: { auth: { kind: 'htpasswd', users: USERS } } })
  tokens = await startTokenServer({ users: USERS })
  const token = await startRegistry({ auth: { kind: 'token', trust: tokens.trust } })
  registries = { htpasswd: bench.registry, token }
})
afterAll(() => Promise.all([bench?.stop(), registries?.token.stop(), tokens?.stop()]))
beforeEach(async () => {
  number += 1
  service = `service-${number}`
  folder = await mkdtemp(join(tmpdir(), 'login-'))
  return () => rm(folder, { recursive: true })
})

const published = (registry: Registry, name = service) => listTags(registry.storage, `cmswmcore/${name}`)
const BOTH = ['2.3.4', '2.3.4-stable']

const expectReleased = async (registry: Registry, step: Step): Promise<void> => {
  const ended = await bench.step({ tag: '2.3.4', ...step, with: { service, ...step.with } })
  expect(ended, ended.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
  expect(await published(registry)).toEqual(BOTH)
}

test('a registry with TLS, and an authority that Node was told to trust', async () => {
  const registry = await startRegistry({ tls: true, auth: { kind: 'htpasswd', users: USERS } })
  try {
    const env = { ...bench.env, NODE_EXTRA_CA_CERTS: registry.certificate }
    await expectReleased(registry, { env, with: { registry: registry.host, ...ROBOT } })
  } finally {
    await registry.stop()
  }
})

test('the login that docker has', async () => {
  const config = join(folder, 'config')
  await cp(bench.engine.config, config, { recursive: true, verbatimSymlinks: true })
  const env = { ...bench.env, DOCKER_CONFIG: config }
  const { host } = registries.token
  const args = ['login', '--username', ROBOT.username, '--password-stdin', host]
  await run('docker', args, { env, input: ROBOT.password })
  const before = await readFile(join(config, 'config.json'), 'utf8')
  await expectReleased(registries.token, { env, with: { registry: host } })
  expect(await readFile(join(config, 'config.json'), 'utf8')).toBe(before)
})

test('what a credential helper of docker has', async () => {
  const { host } = registries.token
  const config = join(folder, 'config')
  await cp(bench.engine.config, config, { recursive: true, verbatimSymlinks: true })
  await writeFile(join(config, 'config.json'), JSON.stringify({ credHelpers: { [host]: 'given' } }))
  const given = JSON.stringify({ ServerURL: host, Username: ROBOT.username, Secret: ROBOT.password })
  await writeFile(join(folder, 'docker-credential-given'), `#!/bin/sh\ncat <<'END'\n${given}\nEND\n`, {
    mode: 0o755,
  })
  const env = { ...bench.env, DOCKER_CONFIG: config, PATH: `${folder}:${bench.env.PATH}` }
  await expectReleased(registries.token, { env, with: { registry: host } })
})

test('what DOCKER_AUTH_CONFIG has, before the file, also for a docker that does not know it', async () => {
  const { host } = registries.token
  const config = join(folder, 'config')
  await cp(bench.engine.config, config, { recursive: true, verbatimSymlinks: true })
  const auth = (...parts: string[]) => ({ auth: Buffer.from(parts.join(':')).toString('base64') })
  const file = { auths: { [host]: { ...BOB, password: 'old' } } }
  await writeFile(join(config, 'config.json'), JSON.stringify(file))
  const variable = JSON.stringify({ auths: { [host]: auth(ROBOT.username, ROBOT.password) } })
  const env = { ...bench.env, DOCKER_CONFIG: config, DOCKER_AUTH_CONFIG: variable }
  await expectReleased(registries.token, { env, with: { registry: host } })
  expect(JSON.parse(await readFile(join(config, 'config.json'), 'utf8'))).toEqual(file)
  // Inputs win.
  const wrong = { ...env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: auth('bob', 'wrong') } }) }
  service = `${service}-inputs`
  await expectReleased(registries.token, { env: wrong, with: { registry: host, ...BOB } })
})

test('two steps at once with two logins do not disturb each other', async () => {
  const steps = await Promise.all(
    [ROBOT, BOB, { ...BOB, password: 'wrong' }].map((login, index) =>
      bench.step({ tag: '2.3.4', with: { service: `${service}-${index}`, ...login } }),
    ),
  )
  expect(steps.map(({ exitCode }) => exitCode)).toEqual([0, 0, 1])
  for (const index of [0, 1]) expect(await published(bench.registry, `${service}-${index}`)).toEqual(BOTH)
  expect(await published(bench.registry, `${service}-2`)).toEqual([])
  expect(steps.flatMap(({ leftBehind }) => leftBehind)).toEqual([])
})

describe('the usual configuration of docker', () => {
  /** All but what buildx itself writes down of every build. */
  const settled = async (config: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(await snapshot(config)).filter(
        ([path]) => !/^buildx\/(?:activity|refs|\.lock|\.buildNodeID|defaults)/.test(path),
      ),
    )

  test('serves the step, and is the same afterwards', async () => {
    // A home with contexts, builders, plug-ins, other logins, and a helper that keeps them all.
    const config = join(folder, 'home/.docker')
    const helperCalls = join(folder, 'helper-calls')
    await mkdir(join(folder, 'home'))
    await cp(bench.engine.config, config, { recursive: true, verbatimSymlinks: true })
    await writeFile(helperCalls, '')
    await writeFile(
      join(folder, 'docker-credential-vault'),
      `#!/bin/sh\necho "$1 $(cat)" >> '${helperCalls}'\necho 'credentials not found in native keychain'\nexit 1\n`,
      { mode: 0o755 },
    )
    const { DOCKER_HOST, DOCKER_CONFIG: _, ...rest } = bench.env
    const env = { ...rest, HOME: join(folder, 'home'), PATH: `${folder}:${rest.PATH}` }
    const docker = (...args: string[]) => run('docker', args, { env })
    await docker('context', 'create', 'ours', '--docker', `host=${DOCKER_HOST}`)
    await docker('buildx', 'create', '--name=spare', '--driver=remote', 'tcp://127.0.0.1:1')
    await writeFile(
      join(config, 'config.json'),
      JSON.stringify({
        auths: { 'other.example': { auth: Buffer.from('me:mine').toString('base64') } },
        credsStore: 'vault',
        credHelpers: { 'another.example': 'vault' },
        currentContext: 'ours',
        HttpHeaders: { 'X-Meta': 'kept' },
      }),
    )
    // It writes down which builder belongs to the context.
    await docker('buildx', 'inspect')
    const before = await settled(config)
    expect(Object.keys(before)).toEqual(expect.arrayContaining(['config.json', 'buildx/instances/spare']))

    // The engine is reached through a context, buildx lies among the plug-ins there.
    await expectReleased(bench.registry, { env, with: ROBOT })

    expect(await settled(config)).toEqual(before)
    expect(await readFile(helperCalls, 'utf8')).not.toMatch(/store|erase/)
    expect(await readFile(helperCalls, 'utf8')).not.toContain(bench.registry.host)
  })

  test('need not be there', async () => {
    // Without it there is no buildx, either.
    const { DOCKER_CONFIG: _, ...rest } = bench.env
    const env = { ...rest, HOME: join(folder, 'nowhere') }
    const step = await bench.step({ tag: '2.3.4', env, with: { service, ...ROBOT } })
    expect(step, step.log).toMatchObject({ exitCode: 0, leftBehind: [] })
    expect(await published(bench.registry)).toEqual(BOTH)
    await expect(snapshot(join(folder, 'nowhere'))).rejects.toThrow('ENOENT')
  })
})
