import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { addStoredLogins, configDirectory, storedCredentials } from '../../src/docker/config.ts'
import { Secrets } from '../../src/secrets.ts'

const HOST = 'registry.example'
const SECRET = 'correct:horse'
const { signal } = new AbortController()
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const auth = (text: string) => ({ auth: base64(text) })
const password = (username: string, secret = SECRET) => ({ kind: 'password', username, password: secret })

let folder: string
let env: NodeJS.ProcessEnv
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-config-'))
  // Programs are looked for on the path of this process.
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
  env = { PATH: `${folder}:/usr/bin:/bin`, DOCKER_CONFIG: folder }
})
afterEach(() => {
  vi.unstubAllEnvs()
  return rm(folder, { recursive: true })
})

const configure = (config: unknown): Promise<void> =>
  writeFile(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))

/** A credential helper that writes down what it is asked, says something, and ends. */
const makeHelper = async (name: string, says: string, status = 0): Promise<void> => {
  await writeFile(join(folder, `${name}.says`), says)
  const record = `{ echo "$1"; cat; echo; } >> '${join(folder, `${name}.asked`)}'`
  await writeFile(
    join(folder, `docker-credential-${name}`),
    `#!/bin/sh\n${record}\ncat '${join(folder, `${name}.says`)}'\nexit ${status}\n`,
    { mode: 0o755 },
  )
}
const asked = async (name: string): Promise<string[]> => {
  const file = join(folder, `${name}.asked`)
  return existsSync(file) ? (await readFile(file, 'utf8')).trim().split('\n') : []
}
const knows = (username: string, secret = SECRET): string =>
  JSON.stringify({ ServerURL: HOST, Username: username, Secret: secret })
const NOT_FOUND = 'credentials not found in native keychain\n'

const stored = (registry = HOST) => storedCredentials(registry, { env, signal })

describe('the file', () => {
  test.each([
    { name: 'nothing', config: {}, is: { kind: 'anonymous' } },
    { name: 'another host', config: { auths: { other: auth('a:b') } }, is: { kind: 'anonymous' } },
    { name: 'the host', config: { auths: { [HOST]: auth(`bob:${SECRET}`) } }, is: password('bob') },
    {
      name: 'an address',
      config: { auths: { [`https://${HOST}/v2/`]: auth(`bob:${SECRET}`) } },
      is: password('bob'),
    },
    {
      name: 'an address by http',
      config: { auths: { [`http://${HOST}`]: auth(`bob:${SECRET}`) } },
      is: password('bob'),
    },
    {
      name: 'the host before an address',
      config: { auths: { [`https://${HOST}/v1/`]: auth('old:x'), [HOST]: auth('new:y') } },
      is: password('new', 'y'),
    },
    {
      name: 'a host that only begins alike',
      config: { auths: { [`${HOST}.evil`]: auth('a:b'), [`${HOST}:5000`]: auth('a:b') } },
      is: { kind: 'anonymous' },
    },
    { name: 'an empty entry', config: { auths: { [HOST]: {} } }, is: { kind: 'anonymous' } },
    { name: 'an empty auth', config: { auths: { [HOST]: { auth: '' } } }, is: { kind: 'anonymous' } },
    {
      name: 'an identity token',
      config: { auths: { [HOST]: { ...auth('bob:'), identitytoken: 'refresh' } } },
      is: { kind: 'identity-token', token: 'refresh' },
    },
    {
      name: 'a password that docker has padded',
      config: { auths: { [HOST]: auth('bob:secret\0\0') } },
      is: password('bob', 'secret'),
    },
    {
      name: 'a robot with a password of every kind of character',
      config: { auths: { [HOST]: auth('robot$project+name:p\'a"s$s`:ü') } },
      is: password('robot$project+name', 'p\'a"s$s`:ü'),
    },
    {
      name: 'no auths but null',
      config: { auths: null, credHelpers: null },
      is: { kind: 'anonymous' },
    },
  ])('with $name', async ({ config, is }) => {
    await configure(config)
    expect(await stored()).toEqual(is)
  })

  test.each(['docker.io', 'index.docker.io'])('has %s under its old address', async registry => {
    await configure({ auths: { 'https://index.docker.io/v1/': auth(`bob:${SECRET}`) } })
    expect(await stored(registry)).toEqual(password('bob'))
  })

  test('need not be there', async () => {
    expect(await stored()).toEqual({ kind: 'anonymous' })
    env.DOCKER_CONFIG = join(folder, 'nowhere')
    expect(await stored()).toEqual({ kind: 'anonymous' })
  })

  test('is in .docker of the home directory, unless DOCKER_CONFIG says where', async () => {
    await mkdir(join(folder, '.docker'))
    await writeFile(
      join(folder, '.docker/config.json'),
      JSON.stringify({ auths: { [HOST]: auth('home:x') } }),
    )
    vi.stubEnv('HOME', folder)
    try {
      expect(await storedCredentials(HOST, { env: {}, signal })).toEqual(password('home', 'x'))
      expect(configDirectory({ DOCKER_CONFIG: '' })).toBe(join(folder, '.docker'))
      expect(configDirectory({ DOCKER_CONFIG: '/elsewhere' })).toBe('/elsewhere')
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('credential helpers', () => {
  test('of the host come before that of all, and that before the file', async () => {
    await makeHelper('own', knows('own'))
    await makeHelper('all', knows('all'))
    const auths = { [HOST]: auth('file:x') }
    await configure({ auths, credsStore: 'all', credHelpers: { [HOST]: 'own' } })
    expect(await stored()).toEqual(password('own'))
    expect(await asked('all')).toEqual([])
    await configure({ auths, credsStore: 'all', credHelpers: { other: 'own' } })
    expect(await stored()).toEqual(password('all'))
    await configure({ auths, credsStore: 'all', credHelpers: { [HOST]: '' } })
    expect(await stored()).toEqual(password('file', 'x'))
    expect(await asked('own')).toEqual(['get', HOST])
    expect(await asked('all')).toEqual(['get', HOST])
  })

  test('are asked for Docker Hub by its old address', async () => {
    await makeHelper('all', knows('bob'))
    await configure({ credsStore: 'all' })
    expect(await stored('docker.io')).toEqual(password('bob'))
    expect(await asked('all')).toEqual(['get', 'https://index.docker.io/v1/'])
  })

  test('may have an identity token', async () => {
    await makeHelper('all', knows('<token>', 'refresh'))
    await configure({ credsStore: 'all' })
    expect(await stored()).toEqual({ kind: 'identity-token', token: 'refresh' })
  })

  test('may have nothing', async () => {
    await makeHelper('all', NOT_FOUND, 1)
    await configure({ credsStore: 'all' })
    expect(await stored()).toEqual({ kind: 'anonymous' })
  })

  test.each([
    { name: 'fails', says: SECRET, status: 2, message: 'ended with exit status 2' },
    { name: 'says "not found" and is content', says: NOT_FOUND, status: 0, message: 'gave no JSON' },
    { name: 'says something else', says: `"${SECRET}`, status: 0, message: 'gave no JSON' },
    { name: 'has no secret', says: '{"Username":"bob"}', status: 0, message: 'gave no user name and secret' },
    {
      name: 'has an empty secret',
      says: knows('bob', ''),
      status: 0,
      message: 'gave no user name and secret',
    },
    { name: 'says null', says: 'null', status: 0, message: 'gave no user name and secret' },
  ])('one that $name is an error that shows no secret', async ({ says, status, message }) => {
    await makeHelper('own', says, status)
    await configure({ credHelpers: { [HOST]: 'own' } })
    const error = await stored().catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      name: 'credentials-unreadable',
      message: expect.stringContaining(`The credential helper docker-credential-own`),
    })
    expect(error).toMatchObject({ message: expect.stringContaining(message) })
    expect(String(error)).not.toContain(SECRET)
  })

  test('one that is missing is an error that names it, and the way out', async () => {
    await configure({ credHelpers: { [HOST]: 'missing' } })
    await expect(stored()).rejects.toMatchObject({
      name: 'credentials-unreadable',
      message: expect.stringMatching(/docker-credential-missing.*can not be run.*username and password/),
    })
  })

  test('one that must not be run is missing too', async () => {
    await writeFile(join(folder, 'docker-credential-plain'), '#!/bin/sh\n', { mode: 0o644 })
    await configure({ credsStore: 'plain' })
    await expect(stored()).rejects.toMatchObject({ name: 'credentials-unreadable' })
  })
})

describe('what can not be read is an error that shows no secret', () => {
  test.each([
    { name: 'no JSON', config: `{"auths": {"${HOST}": {"auth": "${SECRET}"}}`, message: 'is not JSON' },
    { name: 'nothing at all', config: '', message: 'is not JSON' },
    { name: 'a list', config: `["${SECRET}"]`, message: 'is not a JSON object' },
    { name: 'null', config: 'null', message: 'is not a JSON object' },
    { name: 'auths that are a text', config: { auths: SECRET }, message: 'auths is not an object' },
    {
      name: 'helpers that are a list',
      config: { credHelpers: [SECRET] },
      message: 'credHelpers is not an object',
    },
    {
      name: 'an entry without a colon',
      config: { auths: { [HOST]: auth('correcthorse') } },
      message: `has an entry for ${HOST}`,
    },
  ])('$name', async ({ config, message }) => {
    await configure(config)
    const error = await stored().catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      name: 'credentials-unreadable',
      message: expect.stringContaining(message),
    })
    expect(error).toMatchObject({ message: expect.stringContaining(join(folder, 'config.json')) })
    for (let cause = error; cause instanceof Error; cause = cause.cause)
      expect(cause.message).not.toMatch(/correct:?horse|Y29ycmVjd/)
  })

  test('a directory', async () => {
    await mkdir(join(folder, 'config.json'))
    await expect(stored()).rejects.toMatchObject({ name: 'credentials-unreadable' })
  })
})

describe('what must not be shown', () => {
  const masked = async (text: string): Promise<string> => {
    const secrets = new Secrets()
    await addStoredLogins(env, secrets)
    return secrets.mask(text)
  }

  test('is every login of the file, as docker may use any of them', async () => {
    await configure({
      auths: {
        [HOST]: auth(`bob:${SECRET}`),
        'https://index.docker.io/v1/': auth('eve:padded-1\0\0'),
        other: { identitytoken: 'identity-1', registrytoken: 'registry-1' },
        broken: { auth: 'bm8gY29sb24=' },
        odd: 'text',
        empty: {},
      },
    })
    const text = [SECRET, base64(`bob:${SECRET}`), base64('eve:padded-1'), 'identity-1', 'registry-1']
    expect(await masked(text.join(' '))).toBe('*** ***= *** *** ***')
  })

  test.each([
    { name: 'no file', config: undefined },
    { name: 'no JSON', config: '{' },
    { name: 'no object', config: '[]' },
    { name: 'no logins', config: '{"auths":[]}' },
  ])('is nothing with $name', async ({ config }) => {
    if (config !== undefined) await configure(config)
    expect(await masked('a text')).toBe('a text')
  })
})
