import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { field, parseJson } from '../json.ts'
import { endOf, runProgram } from '../process/run.ts'
import type { Credentials } from '../registry/authorization.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'

/** The key of Docker Hub in docker's configuration. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/'

/** The directory of docker's configuration: DOCKER_CONFIG, or `.docker` in the home directory. */
export const configDirectory = (env: NodeJS.ProcessEnv): string =>
  env.DOCKER_CONFIG !== undefined && env.DOCKER_CONFIG !== '' ? env.DOCKER_CONFIG : join(homedir(), '.docker')

/** The key under which docker keeps what belongs to a registry. */
export const configKey = (registry: string): string =>
  registry === 'docker.io' || registry === 'index.docker.io' ? DOCKER_HUB_KEY : registry

const unreadable = (what: string, cause?: unknown): ReleaseError =>
  new ReleaseError('credentials-unreadable', {
    what: oneLine(what),
    remedy: "Give username and password, or repair docker's configuration on this machine.",
    cause,
  })

/** A JSON object of docker's configuration, whose values are unknown until they are looked at. */
type JsonObject = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const objectAt = (config: JsonObject, name: string, path: string): JsonObject => {
  const value = config[name]
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw unreadable(`${path} can not be used: ${name} is not an object.`)
  return value
}

/** Reads docker's `config.json`; a directory without one has an empty configuration. */
export const readConfig = async (directory: string): Promise<JsonObject> => {
  const path = join(directory, 'config.json')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (field(error, 'code') === 'ENOENT') return {}
    throw unreadable(`${path} can not be read.`, error)
  }
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which holds credentials.
    throw unreadable(`${path} is not JSON.`)
  }
  if (!isObject(config)) throw unreadable(`${path} is not a JSON object.`)
  return config
}

/** The host that a key of `auths` means; keys may be addresses. */
const hostOfKey = (key: string): string => key.replace(/^https?:\/\//, '').split('/')[0] ?? ''

/** The name and password that an entry of `auths` holds: base64 of both, with a colon between. */
const decodeAuth = (auth: string): { username: string; password: string } | undefined => {
  const decoded = Buffer.from(auth, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 1) return undefined
  // docker pads what it stores with NUL bytes.
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/(?<!\0)\0+$/, '') }
}

/**
 * Tells of every login that the file holds. Docker may use any of them, such as that for a base image, and a server may
 * send it back. A file that can't be read is somebody else's to complain about.
 */
export const addStoredLogins = async (env: NodeJS.ProcessEnv, secrets: Secrets): Promise<void> => {
  const { auths } = await readConfig(configDirectory(env)).catch((): JsonObject => ({}))
  for (const entry of isObject(auths) ? Object.values(auths) : []) {
    const { auth, identitytoken, registrytoken } = isObject(entry) ? entry : {}
    const login = typeof auth === 'string' ? decodeAuth(auth) : undefined
    if (login !== undefined) secrets.addLogin(login)
    if (typeof identitytoken === 'string') secrets.addLogin({ username: '<token>', password: identitytoken })
    if (typeof registrytoken === 'string') secrets.add(registrytoken)
  }
}

const fromAuths = (auths: JsonObject, registry: string, path: string): Credentials => {
  const key = configKey(registry)
  const entry = auths[key] ?? Object.entries(auths).find(([name]) => hostOfKey(name) === hostOfKey(key))?.[1]
  if (!isObject(entry)) return { kind: 'anonymous' }
  const { auth, identitytoken } = entry
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return { kind: 'identity-token', token: identitytoken }
  }
  if (typeof auth !== 'string' || auth === '') return { kind: 'anonymous' }
  const login = decodeAuth(auth)
  if (login !== undefined) return { kind: 'password', ...login }
  throw unreadable(`${path} has an entry for ${registry} that is not user:password in base64.`)
}

const NOT_FOUND = /credentials not found in native keychain/i

const fromHelper = async (
  helper: string,
  registry: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Credentials> => {
  const program = `docker-credential-${helper}`
  const result = await runProgram(program, ['get'], { env, signal, input: configKey(registry) }).catch(
    (error: unknown) => {
      signal.throwIfAborted()
      throw unreadable(
        `The credential helper ${program}, which docker's configuration names, can not be run.`,
        error,
      )
    },
  )
  if (result.exitCode !== 0) {
    if (NOT_FOUND.test(result.stdout)) return { kind: 'anonymous' }
    throw unreadable(`The credential helper ${program} ${endOf(result)} for ${registry}.`)
  }
  const answer = parseJson(result.stdout)
  if (answer === undefined) {
    throw unreadable(`The credential helper ${program} gave no JSON for ${registry}.`)
  }
  const { Username: username, Secret: secret } = isObject(answer) ? answer : {}
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
    throw unreadable(`The credential helper ${program} gave no user name and secret for ${registry}.`)
  }
  return username === '<token>'
    ? { kind: 'identity-token', token: secret }
    : { kind: 'password', username, password: secret }
}

/**
 * The credentials that docker would use for a registry, looked for as docker does: the helper of that
 * registry, else the helper of all, else what the file itself holds.
 *
 * Throws `credentials-unreadable` when something is configured that can not be used: going on without
 * credentials would only fail later, or take a refusal for an answer.
 */
export const storedCredentials = async (
  registry: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Credentials> => {
  const directory = configDirectory(env)
  const path = join(directory, 'config.json')
  const config = await readConfig(directory)
  const helpers = objectAt(config, 'credHelpers', path)
  const helper = helpers[configKey(registry)] ?? helpers[registry] ?? config.credsStore
  if (typeof helper === 'string' && helper !== '') return fromHelper(helper, registry, { env, signal })
  return fromAuths(objectAt(config, 'auths', path), registry, path)
}
