import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import type { Pause } from '../http/retry.ts'
import type { Log } from '../log.ts'
import { endOf } from '../process/run.ts'
import type { PasswordCredentials } from '../registry/credentials.ts'
import { configDirectory, configKey, readConfig } from './config.ts'
import type { Docker } from './docker.ts'
import { isRetryableFailure } from './failures.ts'
import { isPodman } from './podman.ts'

/** Where docker is logged in, and as whom. */
export interface Login {
  /** The host of the registry. */
  readonly registry: string
  readonly credentials: PasswordCredentials
}

/**
 * Makes a configuration directory of this run's own, beside the usual one: what lies there (builders,
 * contexts, plug-ins) is reached through links, and its settings and other logins are taken along. Only the
 * one registry is different: no credential helper serves it, so that its password is kept in this directory
 * and nowhere else.
 *
 * Source: docker/cli, config file: `credHelpers` comes before `credsStore`, and an empty name means the file.
 */
const preparePrivateDirectory = async (usual: string, own: string, registry: string): Promise<void> => {
  const config = await readConfig(usual)
  const helpers = config.credHelpers
  const key = configKey(registry)
  const adapted = {
    ...config,
    credHelpers: { ...(typeof helpers === 'object' ? helpers : {}), [key]: '' },
  }
  await writeFile(join(own, 'config.json'), JSON.stringify(adapted), { mode: 0o600 })
  for (const name of await readdir(usual).catch(() => [])) {
    if (name !== 'config.json') await symlink(join(usual, name), join(own, name))
  }
}

/** Makes a place of this run's own for logins. Gives back the variables that lead docker there. */
const privateLogins = async (
  docker: Docker,
  own: string,
  registry: string,
): Promise<Record<string, string>> => {
  // podman keeps logins in a file of their own, and looks for all others where it always does.
  if (await isPodman(docker)) return { REGISTRY_AUTH_FILE: join(own, 'auth.json') }
  const usual = configDirectory(docker.env)
  await preparePrivateDirectory(usual, own, registry)
  return { DOCKER_CONFIG: own, BUILDX_CONFIG: docker.env.BUILDX_CONFIG ?? join(usual, 'buildx') }
}

/** What a login works with. */
interface LoginPorts {
  readonly log: Log
  /** A directory for files of this run. */
  readonly temporary: string
  /** Waits before the login is tried again, and says so before; false when there is no further attempt. */
  readonly pause: Pause
}

/** Logs in, again while the fault is one that passes. Throws `login-failed`. */
const logIn = async (
  docker: Docker,
  { registry, credentials: { username, password } }: Login,
  { log, pause }: LoginPorts,
): Promise<void> => {
  const args = ['login', '--username', username, '--password-stdin', configKey(registry)]
  for (let attempt = 1; ; attempt += 1) {
    const result = await docker.run(args, { input: password })
    if (result.exitCode === 0) return
    const what = `docker login to ${registry} as ${username} failed: it ${endOf(result)}: ${result.lastLine}`
    if (isRetryableFailure(result) && (await pause(attempt, next => log.info(`${next}: ${what}`)))) continue
    throw new ReleaseError('login-failed', {
      what,
      remedy: 'Check username and password, and that the account may use the registry.',
    })
  }
}

/**
 * Runs `use` with a docker that is logged in. With credentials it logs in, and takes the login away again, however `use`
 * ends; without, docker has the login that it has. The usual configuration is not changed. The password goes through
 * standard input.
 *
 * Throws `login-failed`.
 */
export const withLogin = async <T>(
  docker: Docker,
  { registry, credentials }: { registry: string; credentials: PasswordCredentials | undefined },
  ports: LoginPorts,
  use: (docker: Docker) => Promise<T>,
): Promise<T> => {
  if (credentials === undefined) return use(docker)
  const own = await mkdtemp(join(ports.temporary, 'docker-'))
  try {
    const loggedIn = docker.with(await privateLogins(docker, own, registry))
    await logIn(loggedIn, { registry, credentials }, ports)
    return await use(loggedIn)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}
