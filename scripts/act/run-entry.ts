import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../../sandbox/engine.ts'
import { startRegistry } from '../../sandbox/registry.ts'
import { findLocally, repositoriesIn } from './actions.ts'
import { adapt } from './adapt.ts'
import type { Entry } from './catalogue.ts'
import { type Published, problemWith, readPublished } from './published.ts'
import type { Replaced } from './replacements.ts'
import { copyThisRepository, gitEnvironment, makeCmsKubernetes, makeWmCore } from './repositories.ts'
import { runAct } from './run-act.ts'
import { nameOf } from './sources.ts'

const USERNAME = 'robot-of-act'

export interface Surroundings {
  readonly engine: Engine
  /** The address of a package index. */
  readonly packageIndex: string
  /** For all that the runs need; it is the caller's to remove. */
  readonly folder: string
  /** A folder with repositories of actions, see `findLocally`. */
  readonly actions: string
}

export interface Report {
  /** Undefined: passed. */
  readonly problem: string | undefined
  readonly published: Published
  readonly replaced: readonly Replaced[]
  /** Where the actions come from; keys are `owner/name@ref`. */
  readonly local: Readonly<Record<string, string>>
  /** What act wrote, for each run. */
  readonly logs: readonly string[]
}

/** Runs the workflows of an entry, one after the other, against a registry of their own. */
export const runEntry = async (entry: Entry, surroundings: Surroundings): Promise<Report> => {
  const { engine, packageIndex, actions } = surroundings
  const folder = join(surroundings.folder, entry.name)
  const github = join(folder, 'github')
  const password = randomBytes(12).toString('hex')
  const registry = await startRegistry(
    entry.login ? { auth: { kind: 'htpasswd', users: { [USERNAME]: password } } } : {},
  )
  try {
    const { ofThisRepository, ofTheServices, runs, replaced } = await adapt(entry, {
      registry: registry.host,
      packageIndex,
    })
    await makeCmsKubernetes(github)
    const own = await copyThisRepository(github, ofThisRepository)
    const services = await makeWmCore(github, ofTheServices)
    const texts = [...Object.values(ofThisRepository), ...Object.values(ofTheServices)]
    const local = findLocally(repositoriesIn(texts), { own, folder: actions })
    const logs: string[] = []
    let failed: string | undefined
    for (const [number, { run, workflow }] of runs.entries()) {
      const work = join(folder, String(number))
      await mkdir(work, { recursive: true })
      const { passed, log } = await runAct({
        run,
        workflow,
        repository: run.inThisRepository ? own : services,
        folder: work,
        env: { ...engine.env, ...gitEnvironment(github) },
        local,
        username: USERNAME,
        password,
      })
      logs.push(log)
      if (!passed) {
        failed = `${nameOf(run.workflow)} failed`
        break
      }
    }
    const published = await readPublished(registry.storage)
    return { problem: failed ?? problemWith(published, entry.published), published, replaced, local, logs }
  } finally {
    await registry.stop()
  }
}
