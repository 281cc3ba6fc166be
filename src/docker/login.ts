import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { ReleaseError } from '../errors.ts'
import { pauseBetween } from '../http/retry.ts'
import type { Log } from '../log.ts'
import { describeEnd } from '../process/program.ts'
import type { PasswordCredentials } from '../registry/credentials.ts'
import { configDirectory, configKey, readConfig } from './config.ts'
import type { Docker } from './docker.ts'
import { isRetryableFailure } from './output.ts'
import { pushBackoff } from './push.ts'

/** Keeps given logins, also of DOCKER_AUTH_CONFIG, in a directory that is removed. Throws `login-failed`. */
export async function withLogin<T>(
  { docker, temporary, ...ports }: { docker: Docker; temporary: string; log: Log; clock: Clock },
  { registry, credentials }: { registry: string; credentials: PasswordCredentials | undefined },
  use: (docker: Docker) => Promise<T>,
): Promise<T> {
  const isConfigured = !docker.env.DOCKER_AUTH_CONFIG && configDirectory(docker.env) !== undefined
  if (credentials === undefined && isConfigured) return use(docker)
  const own = await mkdtemp(join(temporary, 'docker-'))
  try {
    const loggedIn = docker.with(await prepareDirectory(own, docker, credentials && configKey(registry)))
    if (credentials !== undefined) await logIn(loggedIn, registry, credentials, ports)
    return await use(loggedIn)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/**
 * With what the usual directory has (builders, contexts, plug-ins). Gives back the variables that lead docker there. The
 * password for `key` goes to no helper.
 */
async function prepareDirectory(own: string, docker: Docker, key: string | undefined) {
  const config = await readConfig(docker.env)
  const { auths, credHelpers } = config
  if (await docker.isPodman()) {
    await writeFile(join(own, 'auth.json'), JSON.stringify({ auths }))
    return { DOCKER_AUTH_CONFIG: '', REGISTRY_AUTH_FILE: join(own, 'auth.json') }
  }
  const helpers = key === undefined ? credHelpers : { ...credHelpers, [key]: '' }
  await writeFile(join(own, 'config.json'), JSON.stringify({ ...config, credHelpers: helpers }))
  const usual = configDirectory(docker.env) ?? own
  for (const name of await readdir(usual).catch(() => []))
    if (name !== 'config.json') await symlink(join(usual, name), join(own, name))
  const BUILDX_CONFIG = docker.env.BUILDX_CONFIG ?? join(usual, 'buildx')
  return { DOCKER_AUTH_CONFIG: '', DOCKER_CONFIG: own, BUILDX_CONFIG }
}

async function logIn(
  docker: Docker,
  registry: string,
  { username, password }: PasswordCredentials,
  { log, clock }: { log: Log; clock: Clock },
) {
  const args = ['login', '--username', username, '--password-stdin', configKey(registry)]
  const pause = pauseBetween(pushBackoff, clock)
  for (let attempt = 1; ; attempt += 1) {
    const result = await docker.run(args, { input: password })
    if (result.exitCode === 0) return
    const what = `docker login to ${registry} as ${username} ${describeEnd(result)}: ${result.lastLine}`
    if (isRetryableFailure(result) && (await pause(attempt, next => log.info(`${next}: ${what}`)))) continue
    throw new ReleaseError('login-failed', {
      what,
      remedy: 'Check username and password, and that the account may use the registry.',
    })
  }
}
