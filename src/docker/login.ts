import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { ReleaseError } from '../errors.ts'
import { pauseBetween } from '../http/retry.ts'
import { field } from '../json.ts'
import type { Log } from '../log.ts'
import { describeEnd } from '../process/run.ts'
import type { PasswordCredentials } from '../registry/credentials.ts'
import { configDirectory, configKey, readConfig } from './config.ts'
import type { Docker } from './docker.ts'
import { isRetryableFailure } from './output.ts'
import { pushBackoff } from './push.ts'

/**
 * Runs `use` with a docker that is logged in. Credentials are kept in a directory that is removed however `use` ends; without
 * any, docker has the logins that it has. Throws `login-failed`.
 */
export async function withLogin<T>(
  { docker, temporary, ...ports }: { docker: Docker; temporary: string; log: Log; clock: Clock },
  { registry, credentials }: { registry: string; credentials: PasswordCredentials | undefined },
  use: (docker: Docker) => Promise<T>,
): Promise<T> {
  if (credentials === undefined) return use(docker)
  const own = await mkdtemp(join(temporary, 'docker-'))
  try {
    const loggedIn = docker.with(await prepareDirectory(own, registry, docker))
    await logIn(loggedIn, registry, credentials, ports)
    return await use(loggedIn)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/**
 * Makes a directory the place for logins, and gives back the variables that lead docker there. It has what the usual one has
 * (settings, builders, contexts, plug-ins). The password is kept there alone: an empty `credHelpers` means the file.
 */
async function prepareDirectory(
  own: string,
  registry: string,
  docker: Docker,
): Promise<Record<string, string>> {
  // podman keeps them in a file of their own, and looks for others where it always does.
  if (await docker.isPodman()) return { REGISTRY_AUTH_FILE: join(own, 'auth.json') }
  const usual = configDirectory(docker.env)
  const config = await readConfig(usual)
  const credHelpers = { ...Object(field(config, 'credHelpers')), [configKey(registry)]: '' }
  await writeFile(join(own, 'config.json'), JSON.stringify({ ...config, credHelpers }))
  for (const name of await readdir(usual).catch(() => []))
    if (name !== 'config.json') await symlink(join(usual, name), join(own, name))
  return { DOCKER_CONFIG: own, BUILDX_CONFIG: docker.env.BUILDX_CONFIG ?? join(usual, 'buildx') }
}

async function logIn(
  docker: Docker,
  registry: string,
  { username, password }: PasswordCredentials,
  { log, clock }: { log: Log; clock: Clock },
): Promise<void> {
  const args = ['login', '--username', username, '--password-stdin', configKey(registry)]
  const pause = pauseBetween(pushBackoff, clock)
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
