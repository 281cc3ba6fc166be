import { existsSync } from 'node:fs'
import { copyFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../sandbox/command.ts'
import { type StartedEngine, startEngine } from '../sandbox/engine.ts'
import { git, makeCheckout } from '../sandbox/git-checkout.ts'
import { keep } from '../sandbox/kept.ts'
import { fetchPrograms } from '../sandbox/programs.ts'
import { type Registry, startRegistry } from '../sandbox/registry.ts'
import { fetchSkopeo, installSkopeo } from '../sandbox/skopeo.ts'
import { row, say, seconds } from './screen.ts'

export interface Stage {
  readonly engine: StartedEngine
  readonly registry: Registry
  readonly mirror: Registry
  /** The environment of the steps: it has the engine's docker, and skopeo. */
  readonly env: NodeJS.ProcessEnv
  /** All other files are below it. */
  readonly folder: string
  /** The checkout of the services' repository, which is at `commit` and has some git tags. */
  readonly workspace: string
  readonly commit: string
}

/** Puts everything up; what is up is handed to `defer` at once, with the way to take it down. */
export async function setUp(defer: (takeDown: () => Promise<void>) => void): Promise<Stage> {
  say('What it needs')
  row('action', `the committed bundle, on Node ${process.versions.node}`)
  const [{ busybox }] = await Promise.all([fetchPrograms(), fetchSkopeo()])
  let started = performance.now()
  const registry = await startRegistry()
  defer(registry.stop)
  const mirror = await startRegistry()
  defer(mirror.stop)
  row('registries', `${registry.host} and ${mirror.host}, throwaway ones, started in ${seconds(started)}`)
  started = performance.now()
  const engine = await startEngine()
  defer(engine.stop)
  const version = await run('docker', ['version', '--format', '{{.Server.Version}}'], engine)
  row('engine', `Docker ${version.trim()}, a throwaway one, started in ${seconds(started)}`)
  const { folder, stop } = await keep()
  defer(stop)
  // The steps keep their own files there too: all of it goes with the folder, whatever happens.
  process.env.TMPDIR = folder
  const skopeo = await installSkopeo(folder)
  const workspace = join(folder, 'workspace')
  await cp(join(import.meta.dirname, 'service'), workspace, { recursive: true })
  await copyFile(busybox, join(workspace, 'busybox'))
  const commit = await makeCheckout(workspace, 'https://github.com/dmwm/WMCore')
  for (const tag of ['2.3.4', '2.3.5rc1', '2.4.0', '2.4.1']) await git(workspace, 'tag', tag)
  const env = { ...engine.env, ...skopeo.env, PATH: `${skopeo.bin}:${engine.env.PATH}` }
  return { engine, registry, mirror, env, folder, workspace, commit }
}

/** Looks whether everything is gone, instead of believing it. */
export async function checkGone({ engine, registry, mirror, folder }: Stage): Promise<void> {
  const answering = [registry, mirror].map(({ url }) =>
    fetch(url).then(
      () => [url],
      () => [],
    ),
  )
  const files = [engine.socket, registry.storage, mirror.storage, folder].filter(existsSync)
  const left = [...(await Promise.all(answering)).flat(), ...files]
  if (left.length > 0) throw new Error(`this is left: ${left.join(', ')}`)
  say('\nEverything is gone again: the engine, the registries, the images, all files.')
}
