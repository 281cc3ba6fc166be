import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { configDirectory, configKey, readConfig } from './config.ts'
import type { Docker } from './docker.ts'

/** A name and a password for one registry. */
export interface Login {
  readonly registry: string
  readonly username: string
  readonly password: string
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

/**
 * Logs in, runs `use` with a docker that is logged in, and takes the login away again, however `use` ends.
 * The usual configuration is neither read by others through this nor changed. The password goes through
 * standard input.
 *
 * Throws `login-failed`.
 */
export const withLogin = async <T>(
  docker: Docker,
  { registry, username, password }: Login,
  temporary: string,
  use: (docker: Docker) => Promise<T>,
): Promise<T> => {
  const usual = configDirectory(docker.env)
  const own = await mkdtemp(join(temporary, 'docker-'))
  try {
    await preparePrivateDirectory(usual, own, registry)
    const loggedIn = docker.with({
      DOCKER_CONFIG: own,
      BUILDX_CONFIG: docker.env.BUILDX_CONFIG ?? join(usual, 'buildx'),
    })
    const result = await loggedIn.run(
      ['login', '--username', username, '--password-stdin', configKey(registry)],
      { input: password },
    )
    if (result.exitCode !== 0) {
      throw new ReleaseError('login-failed', {
        what: `docker login to ${registry} as ${username} failed with exit status ${result.exitCode}: ${result.lastLine}`,
        wayOut: 'Check the inputs username and password, and that the account may use the registry.',
      })
    }
    return await use(loggedIn)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}
