import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
  // docker pads what it stores.
  { auths: { [HOST]: auth('robot$project+name:ü\0\0') }, is: password('robot$project+name', 'ü') },
  { registry: 'docker.io', auths: { [HUB]: auth(`bob:${SECRET}`) }, is: password('bob') },
  { registry: 'index.docker.io', auths: { [HUB]: auth(`bob:${SECRET}`) }, is: password('bob') },
])('logins in config.json: $auths', async ({ auths, is, registry }) => {
  configure({ auths })
  expect(await stored(registry)).toEqual(is)
})

test('the file need not be there, and is in .docker of the home directory, unless DOCKER_CONFIG says where', async () => {
  expect(await stored()).toEqual(anonymous)
  vi.stubEnv('HOME', folder)
  expect(configDirectory({ DOCKER_CONFIG: '' })).toBe(join(folder, '.docker'))
  expect(configDirectory({ DOCKER_CONFIG: '/elsewhere' })).toBe('/elsewhere')
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
  '',
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
  broken: auth('no colon'),
  odd: 'text',
}
test.each([
  { config: { auths: AUTHS }, shown: '*** *** *** ***' },
  ...['{', '[]', '{"auths":[]}'].map(config => ({ config, shown: undefined })),
])('every login of the file is masked, as docker may use any of them: $config', async ({ config, shown }) => {
  configure(config)
  const secrets = new Secrets()
  await addStoredLogins(env, secrets)
  const text = `${SECRET} ${auth('eve:padded-1').auth} identity-1 registry-1`
  expect(secrets.mask(text)).toBe(shown ?? text)
})

describe('docker login', () => {
  let temporary: string
  beforeEach(() => {
    temporary = join(folder, 'temporary')
    configure({ auths: AUTHS, credsStore: 'vault' })
    for (const name of ['temporary', 'contexts']) mkdirSync(join(folder, name))
  })

  function logIn<T>(use: (docker: Docker) => Promise<T>): Promise<T> {
    const { log, clock } = surroundings()
    const credentials = { kind: 'password', username: 'robot$p+n', password: SECRET } as const
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
    expect(used).toEqual({ ...env, REGISTRY_AUTH_FILE: expect.stringContaining(`${temporary}/docker-`) })
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
