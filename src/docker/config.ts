import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { field, parseJson } from '../json.ts'
import { describeEnd, runProgram } from '../process/program.ts'
import type { Credentials } from '../registry/credentials.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'

/** Docker's credentials: of the registry's helper, the helper for all, or the file. Throws `credentials-unreadable`. */
export async function storedCredentials(
  registry: string,
  ports: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Credentials> {
  const config = await readConfig(ports.env)
  const helpers = field(config, 'credHelpers')
  const helper =
    field(helpers, configKey(registry)) ?? field(helpers, registry) ?? field(config, 'credsStore')
  return typeof helper === 'string' && helper !== ''
    ? credentialsOfHelper(helper, registry, ports)
    : credentialsIn(config, registry)
}

/** Docker may use any of them for a base image. */
export async function addStoredLogins(env: NodeJS.ProcessEnv, secrets: Secrets) {
  for (const config of await Promise.allSettled([configInFile(env), configInVariable(env)])) {
    for (const [, entry] of entriesIn(field(config, 'value'))) {
      const login = loginIn(entry)
      if (login !== undefined) secrets.addLogin(login)
      secrets.addLogin({ username: '<token>', password: textIn(entry, 'identitytoken') })
      secrets.add(textIn(entry, 'registrytoken'))
    }
  }
}

export function configDirectory(env: NodeJS.ProcessEnv): string | undefined {
  try {
    return env.DOCKER_CONFIG || join(homedir(), '.docker')
  } catch {
    return undefined
  }
}

export function configKey(registry: string) {
  return /^(?:index\.)?docker\.io$/.test(registry) ? 'https://index.docker.io/v1/' : registry
}

/** The logins of DOCKER_AUTH_CONFIG come first, as for docker 28.3 and newer. */
export async function readConfig(env: NodeJS.ProcessEnv) {
  const file = await configInFile(env)
  const logins = entriesIn(await configInVariable(env))
  // With an empty name, no helper is asked.
  const helpers = logins.map(([key]) => [key, ''] as const)
  return {
    ...file,
    auths: Object.fromEntries([...entriesIn(file), ...logins]),
    credHelpers: Object.fromEntries([...Object.entries(field(file, 'credHelpers') ?? {}), ...helpers]),
  }
}

async function configInFile(env: NodeJS.ProcessEnv) {
  const directory = configDirectory(env)
  if (directory === undefined) return {}
  const path = join(directory, 'config.json')
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (field(error, 'code') === 'ENOENT') return ''
    throw unreadable(`${path} can't be read.`, error)
  })
  return configIn(text, path)
}

async function configInVariable({ DOCKER_AUTH_CONFIG: text = '' }: NodeJS.ProcessEnv) {
  return configIn(text, 'DOCKER_AUTH_CONFIG')
}

function configIn(text: string, source: string) {
  const config = parseJson(text.trim() || '{}')
  if (typeof config === 'object' && config !== null) return config
  throw unreadable(`${source} is not a JSON object.`)
}

function unreadable(what: string, cause?: unknown) {
  return new ReleaseError('credentials-unreadable', {
    what: oneLine(what),
    remedy: "Repair docker's configuration, or remove it and give username and password.",
    cause,
  })
}

function entriesIn(config: unknown) {
  return Object.entries(field(config, 'auths') ?? {})
}

function textIn(entry: unknown, name: string) {
  const text = field(entry, name)
  return typeof text === 'string' ? text : ''
}

function loginIn(entry: unknown) {
  const auth = textIn(entry, 'auth')
  const [, username = '', password = ''] = auth
    ? (/^([^:]+):(.*)$/s.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? [])
    : ['', textIn(entry, 'username'), textIn(entry, 'password')]
  // docker pads what it stores with NUL bytes.
  return username === '' ? undefined : { username, password: password.replaceAll('\0', '') }
}

function credentialsIn(config: object, registry: string): Credentials {
  const key = configKey(registry)
  const hostOf = (name: string) => name.replace(/^https?:\/\//, '').split('/')[0] ?? ''
  const entries = entriesIn(config)
  const [, entry] =
    entries.find(([name]) => name === key) ?? entries.find(([name]) => hostOf(name) === hostOf(key)) ?? []
  const [registryToken, token] = [textIn(entry, 'registrytoken'), textIn(entry, 'identitytoken')]
  if (registryToken !== '') return { kind: 'registry-token', token: registryToken }
  if (token !== '') return { kind: 'identity-token', token }
  const login = loginIn(entry)
  if (login !== undefined) return { kind: 'password', ...login }
  if (!field(entry, 'auth')) return { kind: 'anonymous' }
  throw unreadable(`Docker's login for ${registry} is not user:password in base64.`)
}

async function credentialsOfHelper(
  helper: string,
  registry: string,
  { env, signal }: Parameters<typeof storedCredentials>[1],
): Promise<Credentials> {
  const program = `docker-credential-${helper}`
  const input = configKey(registry)
  const result = await runProgram(program, ['get'], { env, signal, input }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw unreadable(`${program} can't be run.`, error)
  })
  if (result.exitCode !== 0) {
    if (/credentials not found in native keychain/i.test(result.stdout)) return { kind: 'anonymous' }
    throw unreadable(`${program} ${describeEnd(result)} for ${registry}.`)
  }
  const answer = parseJson(result.stdout)
  const [username, password] = [textIn(answer, 'Username'), textIn(answer, 'Secret')]
  if (username === '<token>' && password !== '') return { kind: 'identity-token', token: password }
  if (password !== '') return { kind: 'password', username, password }
  if (username === '' && Object(answer) === answer) return { kind: 'anonymous' }
  throw unreadable(`${program} gave no user name and secret for ${registry}.`)
}
