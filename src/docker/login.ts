import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import type { Pause } from '../http/retry.ts'
import { field } from '../json.ts'
import type { Log } from '../log.ts'
import { describeEnd } from '../process/run.ts'
import type { PasswordCredentials } from '../registry/credentials.ts'
import { configDirectory, configKey, readConfig } from './config.ts'
import type { Docker } from './docker.ts'
import { isRetryableFailure } from './failures.ts'
import { isPodman } from './push.ts'

/** What a login works with. */
interface LoginPorts {
  readonly log: Log
  readonly temporary: string
  readonly pause: Pause
}

/**
 * Runs `use` with a docker that is logged in. With credentials it logs in, into a directory that is removed however `use`
 * ends; without, docker has the login that it has. The password goes through standard input.
 *
 * Throws `login-failed`.
 */
export async function withLogin<T>(
  docker: Docker,
  { registry, credentials }: { registry: string; credentials: PasswordCredentials | undefined },
  ports: LoginPorts,
  use: (docker: Docker) => Promise<T>,
): Promise<T> {
  if (credentials === undefined) return use(docker)
  const own = await mkdtemp(join(ports.temporary, 'docker-'))
  try {
    const loggedIn = docker.with(await prepareDirectory(own, registry, docker))
    await logIn(loggedIn, registry, credentials, ports)
    return await use(loggedIn)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/**
 * Makes a directory the place for logins, and gives back the variables that lead docker there. It has the settings and logins
 * of the usual one, and links to what lies beside them (builders, contexts, plug-ins). No credential helper serves the
 * registry, so that its password is kept there alone.
 *
 * Source: docker/cli, config file: `credHelpers` comes before `credsStore`, and an empty name means the file.
 */
async function prepareDirectory(
  own: string,
  registry: string,
  docker: Docker,
): Promise<Record<string, string>> {
  // podman keeps logins in a file of their own, and looks for all others where it always does.
  if (await isPodman(docker)) return { REGISTRY_AUTH_FILE: join(own, 'auth.json') }
  const usual = configDirectory(docker.env)
  const config = await readConfig(usual)
  const credHelpers = { ...Object(field(config, 'credHelpers')), [configKey(registry)]: '' }
  await writeFile(join(own, 'config.json'), JSON.stringify({ ...config, credHelpers }))
  for (const name of await readdir(usual).catch(() => []))
    if (name !== 'config.json') await symlink(join(usual, name), join(own, name))
  return { DOCKER_CONFIG: own, BUILDX_CONFIG: docker.env.BUILDX_CONFIG ?? join(usual, 'buildx') }
}

/** Logs in, again while the fault is one that passes. */
async function logIn(
  docker: Docker,
  registry: string,
  { username, password }: PasswordCredentials,
  { log, pause }: LoginPorts,
): Promise<void> {
  const args = ['login', '--username', username, '--password-stdin', configKey(registry)]
  for (let attempt = 1; ; attempt += 1) {
    const result = await docker.run(args, { input: password })
    if (result.exitCode === 0) return
    const what = `docker login to ${registry} as ${username} failed: it ${describeEnd(result)}: ${result.lastLine}`
    if (isRetryableFailure(result) && (await pause(attempt, next => log.info(`${next}: ${what}`)))) continue
    throw new ReleaseError('login-failed', {
      what,
      remedy: 'Check username and password, and that the account may use the registry.',
    })
  }
}
