/**
 * Releases a small service with the committed bundle of the action, on an engine and a registry of its own, and shows what
 * became of it. `--verbose` shows the whole log of every step. Interrupted, it ends at once, and the keepers of the sandbox
 * clean up.
 */
import { existsSync } from 'node:fs'
import { copyFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { runStep } from '../__tests__/e2e/action.ts'
import { run } from '../sandbox/command.ts'
import { type StartedEngine, startEngine } from '../sandbox/engine.ts'
import { keep } from '../sandbox/kept.ts'
import { fetchPrograms } from '../sandbox/programs.ts'
import { type Registry, startRegistry } from '../sandbox/registry.ts'

const PROJECT = 'cmswmcore'
const SERVICE = 'hello'

interface Stage {
  readonly engine: StartedEngine
  readonly registry: Registry
  /** The folder that stands for the checkout of the service's repository. */
  readonly workspace: string
}

try {
  await perform()
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

async function perform(): Promise<void> {
  let stage: Stage
  {
    await using stack = new AsyncDisposableStack()
    stage = await setUp(takeDown => stack.defer(takeDown))
    await release(stage, '2.3.4', 'Release of the git tag 2.3.4, a final release')
    await release(stage, '2.3.5rc1', 'Release of the git tag 2.3.5rc1, a candidate')
    const writes = await release(stage, '2.3.4', 'The same release of 2.3.4 again, for the same commit')
    if (writes > 0) throw new Error(`the second release of 2.3.4 wrote to the registry, ${writes} times`)
    row('', 'nothing was built, and the registry was only read')
    await showRegistry(stage)
  }
  await checkGone(stage)
}

/** Puts everything up; what is up is handed to `defer` at once, with the way to take it down. */
async function setUp(defer: (takeDown: () => Promise<void>) => void): Promise<Stage> {
  say('What it needs')
  row('action', `the committed bundle, on Node ${process.versions.node}`)
  const { busybox } = await fetchPrograms()
  let started = performance.now()
  const registry = await startRegistry()
  defer(registry.stop)
  row('registry', `${registry.host}, a throwaway one, started in ${seconds(started)}`)
  started = performance.now()
  const engine = await startEngine()
  defer(engine.stop)
  const version = await run('docker', ['version', '--format', '{{.Server.Version}}'], engine)
  row('engine', `Docker ${version.trim()}, a throwaway one, started in ${seconds(started)}`)
  const { folder, stop } = await keep()
  defer(stop)
  // The steps keep their own files there too: all of it goes with the folder, whatever happens.
  process.env.TMPDIR = folder
  const workspace = join(folder, 'workspace')
  await cp(join(import.meta.dirname, 'service'), workspace, { recursive: true })
  await copyFile(busybox, join(workspace, 'busybox'))
  return { engine, registry, workspace }
}

interface Published {
  readonly reason: string
  readonly services: readonly {
    readonly tags: readonly { readonly tag: string; readonly outcome: string }[]
  }[]
}

/** Releases a git tag; gives back how often the registry was written to. */
async function release({ engine, registry, workspace }: Stage, tag: string, title: string): Promise<number> {
  say(`\n${title}`)
  const started = performance.now()
  const before = registry.requests().length
  const { exitCode, log, outputs } = await runStep({
    tag,
    workspace,
    env: engine.env,
    with: { registry: registry.host, project: PROJECT, service: SERVICE },
  })
  if (process.argv.includes('--verbose') || exitCode !== 0) say(log.trimEnd().replaceAll(/^/gm, '  | '))
  if (exitCode !== 0) throw new Error(`the step for ${tag} ended with status ${exitCode}; its log is above`)
  const { reason, services }: Published = JSON.parse(outputs.json ?? '')
  row('plan', reason)
  for (const { tag: name, outcome } of services.flatMap(({ tags }) => tags)) row(outcome, name)
  row('verified', `${outputs.digest} in ${seconds(started)}`)
  const requests = registry.requests().slice(before)
  return requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length
}

/** Asks the registry in the plainest way: not by the action's own client, which is what is on show. */
async function showRegistry({ registry }: Stage): Promise<void> {
  say(`\nWhat the registry says of ${registry.host}/${PROJECT}/${SERVICE}`)
  const base = `${registry.url}/v2/${PROJECT}/${SERVICE}`
  const list = (await (await fetch(`${base}/tags/list`)).json()) as { tags: string[] }
  const digests = new Map<string, string | null>()
  for (const tag of list.tags.toSorted()) {
    const headers = { accept: 'application/vnd.oci.image.index.v1+json' }
    const answer = await fetch(`${base}/manifests/${tag}`, { method: 'HEAD', headers })
    const digest = answer.headers.get('docker-content-digest')
    digests.set(tag, digest)
    row(tag, `${digest}`)
  }
  if (digests.get('2.3.4') !== digests.get('2.3.4-stable'))
    throw new Error('2.3.4-stable is not the same image as 2.3.4')
  if (digests.has('2.3.5rc1-stable')) throw new Error('2.3.5rc1 is stable, and must not be')
  say('\n2.3.4-stable is 2.3.4, byte for byte: they have the same digest. 2.3.5rc1 is not stable.')
}

/** Looks whether everything is gone, instead of believing it. */
async function checkGone({ engine, registry, workspace }: Stage): Promise<void> {
  const answers = await fetch(registry.url).then(
    () => true,
    () => false,
  )
  const left = [engine.socket, registry.storage, workspace].filter(existsSync)
  if (answers || left.length > 0) throw new Error(`this is left: ${[registry.url, ...left].join(', ')}`)
  say('\nEverything is gone again: the engine, the registry, the images, all files.')
}

function say(line: string): void {
  console.log(line)
}

function row(name: string, text: string): void {
  say(`  ${name.padEnd(14)} ${text}`)
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
