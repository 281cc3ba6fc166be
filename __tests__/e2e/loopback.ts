/** Servers on loopback that answer as a test wants, and programs that do. */
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Loopback {
  /** Host and port. */
  readonly host: string
  stop(): void
}

/** Starts a server. */
export const serve = async (listener: RequestListener): Promise<Loopback> => {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** An environment with these programs alone, each a script of /bin/sh, and a home without a configuration of docker. */
export const withPrograms = async (
  scripts: Readonly<Record<string, string>>,
): Promise<{ readonly env: NodeJS.ProcessEnv; readonly folder: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'programs-'))
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  return { env: { PATH: folder, HOME: folder, DOCKER_CONFIG: folder }, folder }
}
