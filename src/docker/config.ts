import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { field, parseJson } from '../json.ts'
import { describeEnd, runProgram } from '../process/run.ts'
import type { Credentials } from '../registry/credentials.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'

/** A JSON object of docker's configuration, whose values are unknown until they are looked at. */
type JsonObject = Readonly<Record<string, unknown>>

/**
 * The credentials that docker would use for a registry, looked for as docker does: the helper of that registry, else the
 * helper of all, else what the file itself holds.
 *
 * Throws `credentials-unreadable` when something is configured that can not be used: going on without credentials would only
 * fail later, or take a refusal for an answer.
 */
export async function storedCredentials(
  registry: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Credentials> {
  const directory = configDirectory(env)
  const path = join(directory, 'config.json')
  const config = await readConfig(directory)
  const helpers = objectAt(config, 'credHelpers', path)
  const helper = helpers[configKey(registry)] ?? helpers[registry] ?? config.credsStore
  if (typeof helper === 'string' && helper !== '')
    return credentialsOfHelper(helper, registry, { env, signal })
  return credentialsIn(objectAt(config, 'auths', path), registry, path)
}

/**
 * Tells of every login that the file holds. Docker may use any of them, such as that for a base image, and a server may send
 * it back. A file that can't be read is somebody else's to complain about.
 */
export async function addStoredLogins(env: NodeJS.ProcessEnv, secrets: Secrets): Promise<void> {
  const { auths } = await readConfig(configDirectory(env)).catch((): JsonObject => ({}))
  for (const entry of isObject(auths) ? Object.values(auths) : []) {
    const { auth, identitytoken, registrytoken } = isObject(entry) ? entry : {}
    const login = typeof auth === 'string' ? decodeAuth(auth) : undefined
    if (login !== undefined) secrets.addLogin(login)
    if (typeof identitytoken === 'string') secrets.addLogin({ username: '<token>', password: identitytoken })
    if (typeof registrytoken === 'string') secrets.add(registrytoken)
  }
}

/** The directory of docker's configuration: DOCKER_CONFIG, or `.docker` in the home directory. */
export function configDirectory(env: NodeJS.ProcessEnv): string {
  return env.DOCKER_CONFIG || join(homedir(), '.docker')
}

/** The key under which docker keeps what belongs to a registry. */
export function configKey(registry: string): string {
  const isHub = registry === 'docker.io' || registry === 'index.docker.io'
  return isHub ? 'https://index.docker.io/v1/' : registry
}

/** Reads docker's `config.json`; a directory without one has an empty configuration. */
export async function readConfig(directory: string): Promise<JsonObject> {
  const path = join(directory, 'config.json')
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (field(error, 'code') === 'ENOENT') return '{}'
    throw unreadable(`${path} can not be read.`, error)
  })
  // The parser's message would quote the text, which holds credentials.
  const config = parseJson(text)
  if (!isObject(config)) throw unreadable(`${path} is not a JSON object.`)
  return config
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectAt(config: JsonObject, name: string, path: string): JsonObject {
  const value = config[name] ?? {}
  if (isObject(value)) return value
  throw unreadable(`${path} can not be used: ${name} is not an object.`)
}

function unreadable(what: string, cause?: unknown): ReleaseError {
  return new ReleaseError('credentials-unreadable', {
    what: oneLine(what),
    remedy: "Give username and password, or repair docker's configuration on this machine.",
    cause,
  })
}

/** The name and password that an entry of `auths` holds: base64 of both, with a colon between. */
function decodeAuth(auth: string): { username: string; password: string } | undefined {
  const decoded = Buffer.from(auth, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 1) return undefined
  // docker pads what it stores with NUL bytes.
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replaceAll('\0', '') }
}

function credentialsIn(auths: JsonObject, registry: string, path: string): Credentials {
  const hostOf = (key: string): string => key.replace(/^https?:\/\//, '').split('/')[0] ?? ''
  const key = configKey(registry)
  const entry = auths[key] ?? Object.entries(auths).find(([name]) => hostOf(name) === hostOf(key))?.[1]
  const { auth = '', identitytoken = '' } = isObject(entry) ? entry : {}
  if (typeof identitytoken === 'string' && identitytoken !== '')
    return { kind: 'identity-token', token: identitytoken }
  if (typeof auth !== 'string' || auth === '') return { kind: 'anonymous' }
  const login = decodeAuth(auth)
  if (login !== undefined) return { kind: 'password', ...login }
  throw unreadable(`${path} has an entry for ${registry} that is not user:password in base64.`)
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
    throw unreadable(
      `The credential helper ${program}, which docker's configuration names, can not be run.`,
      error,
    )
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
