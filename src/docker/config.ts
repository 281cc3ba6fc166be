import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { field, parseJson } from '../json.ts'
import { describeEnd, runProgram } from '../process/run.ts'
import type { Credentials } from '../registry/credentials.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'

/**
 * The credentials that docker would use for a registry: those of its own helper, else of the helper for all, else of the
 * file. Throws `credentials-unreadable` if what is configured can't be used.
 */
export async function storedCredentials(
  registry: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Credentials> {
  const config = await readConfig(configDirectory(env))
  const helpers = field(config, 'credHelpers')
  const helper =
    field(helpers, configKey(registry)) ?? field(helpers, registry) ?? field(config, 'credsStore')
  return typeof helper === 'string' && helper !== ''
    ? credentialsOfHelper(helper, registry, { env, signal })
    : credentialsIn(config, registry)
}

/** Masks every login of the file, as docker may use any of them, such as that for a base image. */
export async function addStoredLogins(env: NodeJS.ProcessEnv, secrets: Secrets): Promise<void> {
  const config = await readConfig(configDirectory(env)).catch(() => undefined)
  for (const [, entry] of loginsIn(config)) {
    const login = decodeAuth(field(entry, 'auth'))
    if (login !== undefined) secrets.addLogin(login)
    const [identity, token] = [field(entry, 'identitytoken'), field(entry, 'registrytoken')]
    if (typeof identity === 'string') secrets.addLogin({ username: '<token>', password: identity })
    if (typeof token === 'string') secrets.add(token)
  }
}

export function configDirectory(env: NodeJS.ProcessEnv): string {
  return env.DOCKER_CONFIG || join(homedir(), '.docker')
}

/** The key of a registry in docker's configuration. */
export function configKey(registry: string): string {
  return /^(?:index\.)?docker\.io$/.test(registry) ? 'https://index.docker.io/v1/' : registry
}

/** Docker's `config.json`, which need not be there. */
export async function readConfig(directory: string): Promise<object> {
  const path = join(directory, 'config.json')
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (field(error, 'code') === 'ENOENT') return '{}'
    throw unreadable(`${path} can not be read.`, error)
  })
  const config = parseJson(text)
  if (typeof config === 'object' && config !== null) return config
  throw unreadable(`${path} is not a JSON object.`)
}

function unreadable(what: string, cause?: unknown): ReleaseError {
  return new ReleaseError('credentials-unreadable', {
    what: oneLine(what),
    remedy: "Give username and password, or repair docker's configuration on this machine.",
    cause,
  })
}

function loginsIn(config: unknown): [string, unknown][] {
  return Object.entries(field(config, 'auths') ?? {})
}

function decodeAuth(auth: unknown): { username: string; password: string } | undefined {
  const decoded = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString('utf8') : ''
  const colon = decoded.indexOf(':')
  if (colon < 1) return undefined
  // docker pads what it stores with NUL bytes.
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replaceAll('\0', '') }
}

function credentialsIn(config: object, registry: string): Credentials {
  const key = configKey(registry)
  const hostOf = (name: string): string => name.replace(/^https?:\/\//, '').split('/')[0] ?? ''
  const logins = loginsIn(config)
  const [, entry] =
    logins.find(([name]) => name === key) ?? logins.find(([name]) => hostOf(name) === hostOf(key)) ?? []
  const [auth, token] = [field(entry, 'auth'), field(entry, 'identitytoken')]
  if (typeof token === 'string' && token !== '') return { kind: 'identity-token', token }
  if (!auth) return { kind: 'anonymous' }
  const login = decodeAuth(auth)
  if (login !== undefined) return { kind: 'password', ...login }
  throw unreadable(`Docker's configuration has an entry for ${registry} that is not user:password in base64.`)
}

async function credentialsOfHelper(
  helper: string,
  registry: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Credentials> {
  const program = `docker-credential-${helper}`
  const input = configKey(registry)
  const result = await runProgram(program, ['get'], { env, signal, input }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw unreadable(`The credential helper ${program} can not be run.`, error)
  })
  if (result.exitCode !== 0) {
    if (/credentials not found in native keychain/i.test(result.stdout)) return { kind: 'anonymous' }
    throw unreadable(`The credential helper ${program} ${describeEnd(result)} for ${registry}.`)
  }
  const answer = parseJson(result.stdout)
  const [username, secret] = [field(answer, 'Username'), field(answer, 'Secret')]
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '')
    throw unreadable(`The credential helper ${program} gave no user name and secret for ${registry}.`)
  return username === '<token>'
    ? { kind: 'identity-token', token: secret }
    : { kind: 'password', username, password: secret }
}
