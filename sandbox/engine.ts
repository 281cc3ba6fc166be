import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { failure, run } from './command.ts'
import { type Kept, keep } from './kept.ts'
import { fetchPrograms, type Programs } from './programs.ts'

/** Where an engine keeps images: today's containerd store (attestations, indexes), or the one it replaces. */
export type Store = 'containerd' | 'classic'

export interface EngineOptions {
  store?: Store
  /** Whether the docker command has the buildx plug-in. */
  buildx?: boolean
}

export interface StartedEngine {
  /** The whole environment for a command that shall use this engine: `docker` in its PATH is the right one. */
  readonly env: NodeJS.ProcessEnv
  /** Path of the Unix socket on which it answers. */
  readonly socket: string
  /** Path of the folder that is `DOCKER_CONFIG` in `env`. */
  readonly config: string
  /** Stops the engine and removes all that it held. */
  stop(): Promise<void>
}

const startDeadline = 60_000

/** What the kernel allows for the path of a Unix socket, without the final NUL (unix(7)). */
const longestSocketPath = 107

const checkLength = (folder: string): void => {
  const longest = join(folder, 'containerd.sock.ttrpc')
  if (Buffer.byteLength(longest) <= longestSocketPath) return
  throw new Error(`TMPDIR is too long a path for the engine's sockets (${longest}): set a shorter one`)
}

/**
 * A command line that runs a program as the first process of its own process and mount namespaces. When it ends, for
 * whatever reason, the kernel ends everything that it started (containerd, shims, containers) and drops everything
 * that it mounted; none of it can outlive the engine. It has a `/run` of its own too, as containerd and runc keep
 * sockets and state there that they leave behind.
 */
const isolated = (command: readonly [string, ...string[]]): [string, ...string[]] => [
  'unshare',
  ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ...['--', 'sh', '-c', 'mount --no-mtab -t tmpfs tmpfs /run && exec "$@"', 'sh', ...command],
]

/** Not every filesystem can be below an overlay, a container's own for one; copying always works, slowly. */
const canOverlay = async (folder: string): Promise<boolean> => {
  const trial = join(folder, 'overlay')
  for (const name of ['lower', 'upper', 'work', 'merged']) await mkdir(join(trial, name), { recursive: true })
  const layers = 'lowerdir=lower,upperdir=upper,workdir=work'
  const [command, ...args] = isolated(['mount', '-t', 'overlay', 'overlay', '-o', layers, 'merged'])
  return run(command, args, { cwd: trial }).then(
    () => true,
    () => false,
  )
}

const storageDrivers: Record<Store, { overlay: string; copy: string }> = {
  containerd: { overlay: 'overlayfs', copy: 'native' },
  classic: { overlay: 'overlay2', copy: 'vfs' },
}

const answers = (socketPath: string): Promise<boolean> =>
  new Promise(resolve => {
    const ping = request({ socketPath, path: '/_ping', timeout: 5_000 }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ping.once('timeout', () => ping.destroy())
    ping.once('error', () => resolve(false))
    ping.end()
  })

/** This process's environment without anything that leads the docker command elsewhere, or that names a run of a CI. */
const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(DOCKER|BUILDX|BUILDKIT|GITHUB|GITLAB|CI)_/.test(name)),
  )

/** Makes a folder with nothing but the docker command, and its configuration; both are for this engine alone. */
const makeClient = async (folder: string, programs: Programs, buildx: boolean) => {
  const bin = join(folder, 'bin')
  const config = join(folder, 'config')
  const plugin = join(config, 'cli-plugins/docker-buildx')
  await mkdir(bin)
  await mkdir(join(config, 'cli-plugins'), { recursive: true })
  await symlink(programs.docker, join(bin, 'docker'))
  if (buildx) await symlink(programs.buildx, plugin)
  // The command looks for plug-ins in the machine's folders too, but not behind one that does not work.
  else await writeFile(plugin, '', { mode: 0o755 })
  return { bin, config }
}

/** Left to itself, dockerd starts containerd and waits a second, as that does not answer at once. */
const START = [
  'containerd --config "$1" & until [ -S "$2" ] || ! kill -0 $!; do sleep 0.01; done',
  'exec dockerd --config-file "$3"',
].join('\n')

const startDaemon = async (kept: Kept, programs: Programs, store: Store): Promise<string> => {
  const { folder } = kept
  const socket = join(folder, 'docker.sock')
  const drivers = storageDrivers[store]
  const containerd = join(folder, 'containerd.sock')
  const containerdConfiguration = [
    'version = 2',
    `root = "${join(folder, 'containerd')}"`,
    `state = "${join(folder, 'exec/containerd')}"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    `grpc.address = "${containerd}"`,
  ].join('\n')
  const configuration = {
    hosts: [`unix://${socket}`],
    containerd,
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'docker.pid'),
    features: { 'containerd-snapshotter': store === 'containerd' },
    'storage-driver': (await canOverlay(folder)) ? drivers.overlay : drivers.copy,
    // The machine's network stays as it is: the engine needs it only to push, and builds can use the host's.
    bridge: 'none',
    iptables: false,
    ip6tables: false,
  }
  const files = { daemon: join(folder, 'daemon.json'), containerd: join(folder, 'containerd.toml') }
  await writeFile(files.daemon, JSON.stringify(configuration))
  await writeFile(files.containerd, containerdConfiguration)
  kept.start({
    command: isolated(['sh', '-c', START, 'sh', files.containerd, containerd, files.daemon]),
    env: { ...plainEnvironment(), PATH: programs.path },
  })
  await kept.ready(() => answers(socket), startDeadline)
  return socket
}

/**
 * Starts an engine of its own, which shares nothing with another one. Needs root.
 *
 * @throws when it does not answer within a minute, with the end of its log
 */
export const startEngine = async ({
  store = 'containerd',
  buildx = true,
}: EngineOptions = {}): Promise<StartedEngine> => {
  const programs = await fetchPrograms()
  const kept = await keep()
  try {
    checkLength(kept.folder)
    const { bin, config } = await makeClient(kept.folder, programs, buildx)
    const socket = await startDaemon(kept, programs, store)
    return {
      socket,
      config,
      env: {
        ...plainEnvironment(),
        PATH: `${bin}:${process.env.PATH}`,
        DOCKER_HOST: `unix://${socket}`,
        DOCKER_CONFIG: config,
      },
      stop: kept.stop,
    }
  } catch (error) {
    await kept.stop()
    throw failure(`the ${store} engine did not start`, error)
  }
}
