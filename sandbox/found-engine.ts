import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { run } from './command.ts'
import { type Engine, type EngineOptions, startEngine } from './engine.ts'

/** How long a docker command may take whose engine may not exist, in milliseconds. */
const timeout = 30_000

/** An engine may be on another machine, or in a virtual one: then it cannot push to a registry on this loopback. */
const reachesLoopback = async (env: NodeJS.ProcessEnv): Promise<boolean> => {
  let reached = false
  const server = createServer(socket => {
    reached = true
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  // There is nothing to pull; what counts is whether somebody knocks.
  await run('docker', ['pull', '--quiet', `127.0.0.1:${port}/probe`], { env, timeout }).catch(() => {})
  server.close()
  return reached
}

/**
 * The engine that the docker command of an environment leads to, if it can serve here: it runs Linux containers, has
 * buildx, and reaches this machine's loopback address.
 */
export const findEngine = async (env: NodeJS.ProcessEnv = process.env): Promise<Engine | undefined> => {
  try {
    const os = await run('docker', ['version', '--format', '{{.Server.Os}}'], { env, timeout })
    await run('docker', ['buildx', 'version'], { env, timeout })
    if (os.trim() !== 'linux' || !(await reachesLoopback(env))) return undefined
  } catch {
    return undefined
  }
  return { env, stop: async () => {} }
}

/** Hands over an engine and stops it afterwards; with `reuse`, one that is found here is preferred, and stays. */
export const withEngine = async <T>(
  { reuse = false, ...options }: EngineOptions & { reuse?: boolean },
  use: (engine: Engine) => Promise<T>,
): Promise<T> => {
  const engine = (reuse ? await findEngine() : undefined) ?? (await startEngine(options))
  try {
    return await use(engine)
  } finally {
    await engine.stop()
  }
}
