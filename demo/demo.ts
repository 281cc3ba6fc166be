/**
 * Releases a small service with the committed bundle of the action, on a real engine and a real registry, and shows
 * what became of it. `--verbose` shows the whole log of every step.
 */
import { existsSync } from 'node:fs'
import { copyFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { runStep, type Step, type StepResult } from '../__tests__/e2e/action.ts'
import { run } from '../sandbox/command.ts'
import { type Engine, startEngine } from '../sandbox/engine.ts'
import { findEngine } from '../sandbox/found-engine.ts'
import { keep } from '../sandbox/kept.ts'
import { removeImages } from '../sandbox/local-images.ts'
import { fetchPrograms } from '../sandbox/programs.ts'
import { type Registry, startRegistry } from '../sandbox/registry.ts'
import { interruption } from './interruption.ts'
import { answers, readRegistry } from './registry.ts'

const PROJECT = 'cmswmcore'
const SERVICE = 'hello'
const REPOSITORY = `${PROJECT}/${SERVICE}`

const verbose = process.argv.includes('--verbose')
const { signal, interrupted } = interruption()

const say = (line = ''): void => console.log(line)
const row = (name: string, text: string): void => say(`  ${name.padEnd(14)} ${text}`)
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** What the demo has put up, and how each is taken down; the last first. */
interface Stage {
  readonly engine: Engine
  readonly found: boolean
  readonly registry: Registry
  /** The folder that stands for the checkout of the service's repository. */
  readonly workspace: string
}

const engineVersion = async ({ env }: Engine): Promise<string> =>
  (await run('docker', ['version', '--format', '{{.Server.Version}}'], { env })).trim()

/** Puts everything up; what is up is handed to `defer` at once, with the way to take it down. */
const setUp = async (defer: (takeDown: () => Promise<void>) => void): Promise<Stage> => {
  const { busybox } = await fetchPrograms()
  signal.throwIfAborted()

  row('action', `the committed bundle, on Node ${process.versions.node}`)
  let started = performance.now()
  const registry = await startRegistry()
  defer(registry.stop)
  row('registry', `${registry.host}, a throwaway one, started in ${seconds(started)}`)
  signal.throwIfAborted()

  started = performance.now()
  const here = await findEngine()
  signal.throwIfAborted()
  const engine = here ?? (await startEngine())
  defer(engine.stop)
  const version = `Docker ${await engineVersion(engine)}`
  row(
    'engine',
    here
      ? `${version}, the one that runs here`
      : `${version}, a throwaway one, started in ${seconds(started)}`,
  )
  if (here) defer(() => removeImages(engine, `${registry.host}/`))
  signal.throwIfAborted()

  const folder = await keep()
  defer(folder.stop)
  // The steps keep their own files there too: all of it goes with the folder, whatever happens.
  process.env.TMPDIR = folder.folder
  const workspace = join(folder.folder, 'workspace')
  await cp(join(import.meta.dirname, 'service'), workspace, { recursive: true })
  await copyFile(busybox, join(workspace, 'busybox'))
  return { engine, found: here !== undefined, registry, workspace }
}

/** Runs one step as the runner would, and ends it when the demo is interrupted. */
const runUntilInterrupted = async (step: Step): Promise<StepResult> => {
  signal.throwIfAborted()
  let stop = (): void => {}
  try {
    return await runStep({
      ...step,
      onStart: child => {
        stop = () => child.kill('SIGTERM')
        signal.addEventListener('abort', stop)
      },
    })
  } finally {
    signal.removeEventListener('abort', stop)
    signal.throwIfAborted()
  }
}

interface Published {
  readonly reason: string
  readonly services: readonly {
    readonly tags: readonly { readonly tag: string; readonly outcome: string }[]
  }[]
}

/** A log, set off from what the demo says; without what GitHub shows only on demand, unless all of it is wanted. */
const shown = (log: string): string => {
  const lines = log.trimEnd().split('\n')
  return lines
    .filter(line => verbose || !line.startsWith('::debug::'))
    .map(line => `  | ${line}`)
    .join('\n')
}

/** Releases a git tag; gives back how often the registry was written to. */
const release = async (
  { engine, registry, workspace }: Stage,
  tag: string,
  title: string,
): Promise<number> => {
  say(`\n${title}`)
  const started = performance.now()
  const before = registry.requests().length
  const { exitCode, log, outputs } = await runUntilInterrupted({
    tag,
    workspace,
    env: engine.env,
    with: { registry: registry.host, project: PROJECT, service: SERVICE },
  })
  if (verbose || exitCode !== 0) say(shown(log))
  if (exitCode !== 0) throw new Error(`the step for ${tag} ended with status ${exitCode}; its log is above`)
  const { reason, services }: Published = JSON.parse(outputs.json ?? '')
  row('plan', reason)
  for (const { tag: name, outcome } of services.flatMap(({ tags }) => tags)) row(outcome, name)
  row('verified', `${outputs.digest} in ${seconds(started)}`)
  const requests = registry.requests().slice(before)
  return requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length
}

const showRegistry = async ({ registry }: Stage): Promise<void> => {
  const digests = await readRegistry(registry.url, REPOSITORY)
  say(`\nWhat the registry says of ${registry.host}/${REPOSITORY}`)
  for (const [tag, digest] of digests) row(tag, digest)
  const [version, stable] = ['2.3.4', '2.3.4-stable'].map(tag => digests.get(tag))
  if (version === undefined || version !== stable)
    throw new Error('2.3.4-stable is not the same image as 2.3.4')
  if (digests.has('2.3.5rc1-stable')) throw new Error('2.3.5rc1 is stable, and must not be')
  say('\n2.3.4-stable is 2.3.4, byte for byte: they have the same digest. 2.3.5rc1 is not stable.')
}

/** Looks whether everything is gone, instead of believing it. */
const checkGone = async ({ engine, found, registry, workspace }: Stage): Promise<void> => {
  const left = [
    ...((await answers(registry.url)) ? [`the registry at ${registry.url}`] : []),
    ...[registry.storage, workspace].filter(existsSync),
  ]
  const { DOCKER_HOST: host } = engine.env
  if (!found && host !== undefined && existsSync(host.replace('unix://', '')))
    left.push(`the engine at ${host}`)
  if (found) {
    const images = await run('docker', ['image', 'ls', '--format', '{{.Repository}}'], { env: engine.env })
    if (images.includes(`${registry.host}/`)) left.push(`images of ${registry.host}`)
  }
  if (left.length > 0) throw new Error(`this is left: ${left.join(', ')}`)
  const gone = found
    ? 'the registry, the images, all files'
    : 'the engine, the registry, the images, all files'
  say(`\nEverything is gone again: ${gone}.`)
  if (found) say('The engine that was here runs on; its build cache has a few kilobytes more.')
}

const perform = async (): Promise<void> => {
  let stage: Stage
  {
    await using stack = new AsyncDisposableStack()
    say('What it needs')
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

try {
  await perform()
} catch (error) {
  if (signal.aborted) await interrupted()
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
