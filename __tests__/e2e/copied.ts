/** What the tests of source images and mirrors share: an engine, two registries, skopeo, and how an image is compared. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../sandbox/command.ts'
import type { Store } from '../../sandbox/engine.ts'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { installSkopeo } from '../../sandbox/skopeo.ts'
import { COMMIT } from './action.ts'
import { type Bench, startBench } from './bench.ts'

export const ACCOUNT = { username: 'robot$cms+ci', password: 'p\'a"s$s`id`;&|<>*?\\ %41' } as const

export interface CopyBench extends Bench {
  /** The other registry, which wants the account. */
  readonly closed: Registry
  /** Steps have skopeo, docker, and in docker's configuration the account at the other registry. */
  readonly withSkopeo: NodeJS.ProcessEnv
  /** A PATH with skopeo alone. */
  readonly skopeoAlone: string
  /** Builds an image of the git tag's commit, and pushes it to the open registry. Gives back its reference. */
  push(repository: string, ...options: readonly string[]): Promise<string>
  /** The digest of what skopeo reads under a reference, by hashing it. */
  digestAt(reference: string): Promise<string>
}

export const startCopyBench = async (store: Store): Promise<CopyBench> => {
  const folder = await mkdtemp(join(tmpdir(), 'copies-'))
  const bench = await startBench({ engine: { store } })
  const { username, password } = ACCOUNT
  const closed = await startRegistry({ auth: { kind: 'htpasswd', users: { [username]: password } } })
  const { bin, env } = await installSkopeo(folder)
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const config = JSON.stringify({ auths: { [closed.host]: { auth } } })
  await writeFile(join(bench.engine.config, 'config.json'), config)
  const withSkopeo = { ...bench.env, ...env, PATH: `${bin}:${bench.env.PATH}` }
  return {
    ...bench,
    get engine() {
      return bench.engine
    },
    closed,
    withSkopeo,
    skopeoAlone: bin,
    push: async (repository, ...options) => {
      const reference = `${bench.registry.host}/${repository}:tested`
      const label = `--label=org.opencontainers.image.revision=${COMMIT}`
      const source = '--label=org.opencontainers.image.source=https://github.com/dmwm/WMCore'
      const args = ['buildx', 'build', '--push', label, source, `--tag=${reference}`, ...options, 'service']
      await run('docker', args, { env: bench.env, cwd: bench.workspace })
      return reference
    },
    digestAt: async reference => {
      const isClosed = reference.startsWith(closed.host)
      const login = isClosed ? [`--creds=${username}:${password}`] : []
      const args = ['inspect', '--raw', '--tls-verify=false', ...login, `docker://${reference}`]
      const raw = await run(join(bin, 'skopeo'), args, { env: withSkopeo })
      return `sha256:${createHash('sha256').update(raw).digest('hex')}`
    },
    stop: async () => {
      await Promise.all([bench.stop(), closed.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
