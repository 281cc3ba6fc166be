import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import { failure } from './command.ts'
import { type Kept, keep } from './kept.ts'
import { htpasswd } from './passwords.ts'
import { fetchPrograms } from './programs.ts'
import type { TokenServer } from './token-server.ts'

export type RegistryAuth =
  | { kind: 'none' }
  /** Basic authentication. Keys are names, values are passwords. */
  | { kind: 'htpasswd'; users: Readonly<Record<string, string>> }
  /** Bearer tokens that somebody else gives out: `trust` of a token server. */
  | { kind: 'token'; trust: TokenServer['trust'] }

export interface RegistryOptions {
  auth?: RegistryAuth
  tls?: boolean
  /** Whether manifests and blobs can be deleted. */
  deletion?: boolean
}

/** One request that the registry has answered. */
export interface RegistryRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly status: number
  readonly userAgent: string
}

export interface Registry {
  /** `127.0.0.1:<port>`, as in a reference. */
  readonly host: string
  readonly url: string
  /** Path of the folder that holds all that was pushed; see storage.ts. */
  readonly storage: string
  /** With `tls`: the path of the certificate that a client must trust, in PEM (`NODE_EXTRA_CA_CERTS`). */
  readonly certificate: string | undefined
  /** All requests since the start, in the order in which their answers ended. */
  requests(): RegistryRequest[]
  stop(): Promise<void>
}

const startDeadline = 30_000

/** The registry does not choose a port by itself; one that is free now may be taken when it asks for it. */
const attempts = 5

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const authSection = async (folder: string, auth: RegistryAuth): Promise<object> => {
  if (auth.kind === 'none') return {}
  if (auth.kind === 'htpasswd') {
    const path = join(folder, 'htpasswd')
    await writeFile(path, await htpasswd(auth.users))
    return { auth: { htpasswd: { realm: 'sandbox', path } } }
  }
  const { certificate, ...trust } = auth.trust
  const rootcertbundle = join(folder, 'issuer.pem')
  await writeFile(rootcertbundle, certificate)
  return { auth: { token: { ...trust, rootcertbundle } } }
}

const tlsSection = async (
  folder: string,
  tls: boolean,
): Promise<{ tls?: { certificate: string; key: string } }> => {
  if (!tls) return {}
  const { certificate, key } = makeCertificate()
  const paths = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  await writeFile(paths.certificate, certificate)
  await writeFile(paths.key, key)
  return { tls: paths }
}

/** The lines of the log that are in the Apache combined format: one for every request, whatever became of it. */
const parseRequests = (log: string): RegistryRequest[] => {
  const line = /^\S+ - \S+ \[[^\]]*\] "(\S+) (\S+) [^"]*" (\d+) \d+ "[^"]*" "([^"]*)"$/gm
  return Array.from(log.matchAll(line), ([, method = '', path = '', status, userAgent = '']) => ({
    method,
    path,
    status: Number(status),
    userAgent,
  }))
}

const serve = async (kept: Kept, program: string, options: RegistryOptions): Promise<Registry> => {
  const { auth = { kind: 'none' }, tls = false, deletion = false } = options
  const { folder } = kept
  const host = `127.0.0.1:${await freePort()}`
  const storage = join(folder, 'storage')
  await mkdir(storage)
  const http = { addr: host, ...(await tlsSection(folder, tls)) }
  const configuration = {
    version: '0.1',
    log: { level: 'info', formatter: 'json' },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: deletion } },
    http,
    ...(await authSection(folder, auth)),
  }
  // JSON is YAML too.
  const path = join(folder, 'config.yml')
  await writeFile(path, JSON.stringify(configuration))
  kept.start({ command: [program, 'serve', path], env: { PATH: process.env.PATH } })
  // Not by asking: another registry might answer on the port that this one failed to get.
  await kept.ready(() => kept.log().includes(`listening on ${host}`), startDeadline)
  return {
    host,
    url: `${tls ? 'https' : 'http'}://${host}`,
    storage,
    certificate: http.tls?.certificate,
    requests: () => parseRequests(kept.log()),
    stop: kept.stop,
  }
}

/**
 * Starts a registry of its own on loopback: the distribution project's, with its storage in a temporary folder. It is
 * Debian's, or the program that the environment names as `REGISTRY_BINARY`.
 *
 * @throws when it does not start, with the end of its log
 */
export const startRegistry = async (options: RegistryOptions = {}): Promise<Registry> => {
  const program = process.env.REGISTRY_BINARY || (await fetchPrograms()).registry
  for (let attempt = 1; ; attempt += 1) {
    const kept = await keep()
    try {
      return await serve(kept, program, options)
    } catch (error) {
      const portWasTaken = kept.log().includes('address already in use')
      await kept.stop()
      if (!portWasTaken || attempt === attempts) throw failure('the registry did not start', error)
    }
  }
}
