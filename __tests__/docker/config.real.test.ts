import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { addStoredLogins, configDirectory, storedCredentials } from '../../src/docker/config.ts'
import { Docker } from '../../src/docker/docker.ts'
import { withLogin } from '../../src/docker/login.ts'
import { Secrets } from '../../src/secrets.ts'
import { surroundings } from '../gates/surroundings.ts'

const HOST = 'registry.example'
const HUB = 'https://index.docker.io/v1/'
const SECRET = 'correct:horse\'"$`'
const NOT_FOUND = 'credentials not found in native keychain\n'

let folder: string
let env: NodeJS.ProcessEnv
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docker-'))
  // Programs are looked for on the path of this process.
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
  env = { PATH: process.env.PATH, DOCKER_CONFIG: folder }
  return () => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  }
})

const { signal } = new AbortController()
const stored = (registry = HOST) => storedCredentials(registry, { env, signal })
const password = (username: string, secret = SECRET) => ({ kind: 'password', username, password: secret })
const anonymous = { kind: 'anonymous' }
const token = { kind: 'identity-token', token: 'refresh' }
const bearer = { kind: 'registry-token', token: 'bearer' }

function auth(text: string) {
  return { auth: Buffer.from(text).toString('base64') }
}

function configure(config: unknown): void {
  writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
}

function written(name: string): string {
  return readdirSync(folder).includes(name) ? readFileSync(join(folder, name), 'utf8') : ''
}

/** Makes a program that writes down its arguments and its input, says something, and ends. */
function makeProgram(name: string, says: string, status = 0): void {
  writeFileSync(join(folder, 'says'), says)
  const record = `echo "$@" >> '${folder}/${name}.calls'; cat >> '${folder}/${name}.input'; env > '${folder}/${name}.env'`
  const script = `#!/bin/sh\n${record}\ncat '${folder}/says'\nexit ${status}\n`
  writeFileSync(join(folder, name), script, { mode: 0o755 })
}

function knows(username: string, secret = SECRET): string {
  return JSON.stringify({ ServerURL: HOST, Username: username, Secret: secret })
}

test.each<{ auths: unknown; is: unknown; registry?: string }>([
  { auths: undefined, is: anonymous },
  { auths: null, is: anonymous },
  { auths: { [HOST]: auth(`bob:${SECRET}`) }, is: password('bob') },
  { auths: { [`https://${HOST}/v2/`]: auth(`bob:${SECRET}`) }, is: password('bob') },
  { auths: { [`http://${HOST}`]: auth(`bob:${SECRET}`) }, is: password('bob') },
  { auths: { [`https://${HOST}/v1/`]: auth('old:x'), [HOST]: auth('new:y') }, is: password('new', 'y') },
  { auths: { [`${HOST}.evil`]: auth('a:b'), [`${HOST}:5000`]: auth('a:b') }, is: anonymous },
  { auths: { [HOST]: {} }, is: anonymous },
  { auths: { [HOST]: { auth: '' } }, is: anonymous },
  { auths: { [HOST]: { ...auth('bob:'), identitytoken: 'refresh' } }, is: token },
  { auths: { [HOST]: { registrytoken: 'bearer', identitytoken: 'refresh' } }, is: bearer },
  { auths: { [HOST]: { username: 'bob', password: SECRET } }, is: password('bob') },
  { auths: { [HOST]: { ...auth('bob:x'), username: 'old', password: 'y' } }, is: password('bob', 'x') },
  // docker pads what it stores.
  { auths: { [HOST]: auth('robot$project+name:ü\0\0') }, is: password('robot$project+name', 'ü') },
  { registry: 'docker.io', auths: { [HUB]: auth(`bob:${SECRET}`) }, is: password('bob') },
  { registry: 'index.docker.io', auths: { [HUB]: auth(`bob:${SECRET}`) }, is: password('bob') },
])('logins in config.json: $auths', async ({ auths, is, registry }) => {
  configure({ auths })
  expect(await stored(registry)).toEqual(is)
})

test.each([undefined, '', ' \n'])('the file need not be there, or may be empty: %j', async text => {
  if (text !== undefined) configure(text)
  expect(await stored()).toEqual(anonymous)
})

test('the file is in .docker of the home directory, unless DOCKER_CONFIG says where', () => {
  vi.stubEnv('HOME', folder)
  expect(configDirectory({ DOCKER_CONFIG: '' })).toBe(join(folder, '.docker'))
  expect(configDirectory({ DOCKER_CONFIG: '/elsewhere' })).toBe('/elsewhere')
})

/** Runs something as a user whom the system does not know, as containers may do. */
async function asNobodyKnown<T>(run: () => Promise<T>): Promise<T> {
  vi.stubEnv('HOME', undefined)
  env = {}
  process.seteuid?.(54_321)
  try {
    return await run()
  } finally {
    process.seteuid?.(0)
  }
}

test('a user without a home has no logins', async () => {
  expect(await asNobodyKnown(() => stored())).toEqual(anonymous)
})

describe('DOCKER_AUTH_CONFIG', () => {
  test.each([
    { what: 'comes before the file', config: { auths: { [HOST]: auth('file:x') } } },
    { what: 'comes before the helper of a registry', config: { credHelpers: { [HOST]: 'own' } } },
    { what: 'comes before the helper of all', config: { credsStore: 'own' } },
  ])('$what', async ({ config }) => {
    configure(config)
    env.DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { [HOST]: auth(`bob:${SECRET}`) } })
    expect(await stored()).toEqual(password('bob'))
  })

  test('leaves the logins for other registries as they are', async () => {
    configure({ auths: { [HOST]: auth('file:x') } })
    env.DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { other: auth(`bob:${SECRET}`) } })
    expect(await stored()).toEqual(password('file', 'x'))
    env.DOCKER_AUTH_CONFIG = ''
    expect(await stored()).toEqual(password('file', 'x'))
  })

  test('is an error that shows no secret, if it can not be read', async () => {
    env.DOCKER_AUTH_CONFIG = `{"auths": "${SECRET}`
    const error = await stored().catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      name: 'credentials-unreadable',
      message: expect.stringMatching('DOCKER_AUTH_CONFIG'),
    })
    expect(String(error)).not.toContain(SECRET)
  })
})

test.each([
  { config: { credsStore: 'all', credHelpers: { [HOST]: 'own' } }, asked: 'own' },
  { config: { credsStore: 'all', credHelpers: { other: 'own' } }, asked: 'all' },
  { config: { credsStore: 'all', credHelpers: { [HOST]: '' } }, asked: undefined },
  { registry: 'docker.io', config: { credHelpers: { [HUB]: 'own' } }, asked: 'own' },
])('of $config, the helper that is asked is $asked', async ({ config, asked, registry = HOST }) => {
  for (const name of ['own', 'all']) makeProgram(`docker-credential-${name}`, knows('helper'))
  configure({ auths: { [HOST]: auth(`file:${SECRET}`) }, ...config })
  expect(await stored(registry)).toEqual(password(asked === undefined ? 'file' : 'helper'))
  for (const name of ['own', 'all']) {
    expect(written(`docker-credential-${name}.calls`)).toBe(name === asked ? 'get\n' : '')
    const question = registry === HOST ? HOST : HUB
    expect(written(`docker-credential-${name}.input`)).toBe(name === asked ? question : '')
  }
})

test.each([
  { says: knows('<token>', 'refresh'), status: 0, is: token },
  { says: NOT_FOUND, status: 1, is: anonymous },
  { says: knows('', ''), status: 0, is: anonymous },
  { says: '{}', status: 0, is: anonymous },
  { says: SECRET, status: 2 },
  { says: NOT_FOUND, status: 0 },
  { says: `"${SECRET}`, status: 0 },
  { says: '{"Username":"bob"}', status: 0 },
  { says: knows('bob', ''), status: 0 },
  { says: undefined, status: 0 },
])('a credential helper that says $says and ends with $status: $is', async ({ says, status, is }) => {
  if (says !== undefined) makeProgram('docker-credential-own', says, status)
  configure({ credHelpers: { [HOST]: 'own' } })
  const answer = await stored().catch((reason: unknown) => reason)
  const message = expect.stringContaining('docker-credential-own')
  expect(answer).toMatchObject(is ?? { name: 'credentials-unreadable', message })
  if (is === undefined) expect(String(answer)).not.toContain(SECRET)
})

test.each([
  `{"auths": {"${HOST}": {"auth": "${SECRET}"}}`,
  'null',
  { auths: { [HOST]: auth('correcthorse') } },
  undefined,
])('a file that is %j is an error that shows no secret', async config => {
  if (config === undefined) mkdirSync(join(folder, 'config.json'))
  else configure(config)
  let error: unknown = await stored().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ name: 'credentials-unreadable' })
  for (; error instanceof Error; error = error.cause)
    expect(error.message).not.toMatch(/correct:?horse|Y29ycmVjd/)
})

const AUTHS = {
  [HOST]: auth(`bob:${SECRET}`),
  [HUB]: auth('eve:padded-1\0\0'),
  other: { identitytoken: 'identity-1', registrytoken: 'registry-1' },
  plain: { username: 'al', password: 'plain-1' },
  broken: auth('no colon'),
  odd: 'text',
}
test.each([
  { config: { auths: AUTHS }, shown: '*** *** *** *** ***' },
  // One does not keep the other from being read.
  { config: '{', variable: JSON.stringify({ auths: AUTHS }), shown: '*** *** *** *** ***' },
  { config: { auths: AUTHS }, variable: '{', shown: '*** *** *** *** ***' },
  { config: { auths: AUTHS }, variable: '{"auths":{"plain":{}}}', shown: '*** *** *** *** ***' },
  ...['{', '[]', '{"auths":[]}'].map(config => ({ config, shown: undefined })),
])('every stored login is masked, as docker may use any of them: $config, $variable', async row => {
  const { config, variable, shown } = { variable: undefined, ...row }
  configure(config)
  const secrets = new Secrets()
  await addStoredLogins({ ...env, DOCKER_AUTH_CONFIG: variable }, secrets)
  const text = `${SECRET} ${auth('eve:padded-1').auth} identity-1 registry-1 plain-1`
  expect(secrets.mask(text)).toBe(shown ?? text)
})

describe('docker login', () => {
  let temporary: string
  beforeEach(() => {
    temporary = join(folder, 'temporary')
    configure({ auths: AUTHS, credsStore: 'vault' })
    for (const name of ['temporary', 'contexts']) mkdirSync(join(folder, name))
  })

  function logIn<T>(use: (docker: Docker) => Promise<T>, isGiven = true): Promise<T> {
    const { log, clock } = surroundings()
    const login = { kind: 'password', username: 'robot$p+n', password: SECRET } as const
    const credentials = isGiven ? login : undefined
    const docker = new Docker({ env, log, signal, cwd: folder })
    return withLogin({ docker, log, clock, temporary }, { registry: 'docker.io', credentials }, use)
  }

  test('gets the password through standard input alone, and keeps it in a private directory', async () => {
    makeProgram('docker', 'Docker version 29.0.0')
    const before = written('config.json')
    const used = logIn(async docker => {
      const own = docker.env.DOCKER_CONFIG ?? ''
      const config = JSON.parse(readFileSync(join(own, 'config.json'), 'utf8'))
      // No helper: the password stays in this directory.
      expect(config).toEqual({ auths: AUTHS, credsStore: 'vault', credHelpers: { [HUB]: '' } })
      expect(statSync(own).mode & 0o777).toBe(0o700)
      expect(statSync(join(own, 'contexts')).isDirectory()).toBe(true)
      expect(docker.env.BUILDX_CONFIG).toBe(join(folder, 'buildx'))
      throw new Error('it failed')
    })
    await expect(used).rejects.toThrow('it failed')
    expect(written('docker.calls')).toBe(`--version\nlogin --username robot$p+n --password-stdin ${HUB}\n`)
    expect(written('docker.input')).toBe(SECRET)
    expect(written('docker.env')).not.toContain('horse')
    expect(written('docker.env')).toContain(`DOCKER_CONFIG=${temporary}/docker-`)
    expect(readdirSync(temporary)).toEqual([])
    expect(written('config.json')).toBe(before)
  })

  test('of podman has a file of its own', async () => {
    makeProgram('docker', 'podman version 5.4.2')
    const used = await logIn(async docker => docker.env)
    const REGISTRY_AUTH_FILE = expect.stringContaining(`${temporary}/docker-`)
    expect(used).toEqual({ ...env, DOCKER_AUTH_CONFIG: '', REGISTRY_AUTH_FILE })
  })

  /** What docker finds: its variable, and the logins of its configuration, or of podman's file. */
  async function found({ env }: Docker) {
    const file = env.REGISTRY_AUTH_FILE ?? join(env.DOCKER_CONFIG ?? '', 'config.json')
    const { auths, credHelpers } = JSON.parse(readFileSync(file, 'utf8'))
    return { variable: env.DOCKER_AUTH_CONFIG, auths, credHelpers }
  }
  const EVE = auth('eve:from-variable')

  test.each([
    { docker: 'Docker version 29.0.0', isGiven: false, credHelpers: { other: '' } },
    { docker: 'Docker version 29.0.0', isGiven: true, credHelpers: { other: '', [HUB]: '' } },
    { docker: 'podman version 5.4.2', isGiven: true, credHelpers: undefined },
  ])(
    'hands on what DOCKER_AUTH_CONFIG has, in a file that is gone afterwards: $docker, with a login: $isGiven',
    async ({ docker, isGiven, credHelpers }) => {
      makeProgram('docker', docker)
      env.DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { other: EVE } })
      const before = written('config.json')
      const used = await logIn(found, isGiven)
      expect(used).toEqual({ variable: '', auths: { ...AUTHS, other: EVE }, credHelpers })
      expect(written('docker.calls').includes('login ')).toBe(isGiven)
      expect(readdirSync(temporary)).toEqual([])
      expect(written('config.json')).toBe(before)
    },
  )

  test('of a user without a home is not looked for in the workspace', async () => {
    makeProgram('docker', 'Docker version 29.0.0')
    for (const path of [folder, temporary]) chmodSync(path, 0o777)
    const used = await asNobodyKnown(() => logIn(async docker => docker.env, false))
    expect(used.DOCKER_CONFIG).toContain(`${temporary}/docker-`)
    expect(used.BUILDX_CONFIG).toBe(`${used.DOCKER_CONFIG}/buildx`)
  })

  test.each([
    { says: 'Error: i/o timeout', attempts: 4 },
    { says: 'unauthorized', attempts: 1 },
  ])('that says $says is tried $attempts times of 4', async ({ says, attempts }) => {
    makeProgram('docker', says, 1)
    await expect(logIn(async () => 'never')).rejects.toMatchObject({ name: 'login-failed' })
    expect(written('docker.calls').split('\nlogin ')).toHaveLength(attempts + 1)
  })
})
