/**
 * Runs the workflows of .github/workflows and of examples/ with nektos/act, on this machine itself, against an engine,
 * registries and git repositories that are gone afterwards: `npm run act`. CONTRIBUTING.md says more.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { run } from '../../sandbox/command.ts'
import { type StartedEngine, startEngine } from '../../sandbox/engine.ts'
import { keep } from '../../sandbox/kept.ts'
import { startPackageIndex } from '../../sandbox/package-index.ts'
import { startRegistry } from '../../sandbox/registry.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { adapt, localRepositories } from './adapt.ts'
import { catalogue, type Entry } from './catalogue.ts'
import {
  copyThisRepository,
  GIT_TAGS,
  gitEnvironment,
  makeCmsKubernetes,
  makeWmCore,
  SERVICES,
} from './repositories.ts'
import { type Login, runAct } from './run-act.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { actions: { type: 'string' }, verbose: { type: 'boolean', default: false } },
})
const { actions, verbose } = values
if (actions === undefined) throw new Error('Give the folder of the public actions: --actions')
const names = catalogue.map(({ name }) => name)
const unknown = positionals.filter(name => !names.includes(name))
if (unknown.length > 0) throw new Error(`No such run: ${unknown.join(', ')}. There are ${names.join(', ')}`)
const chosen = catalogue.filter(({ name }) => positionals.length === 0 || positionals.includes(name))

// Before anything is started: without act, nothing is.
console.log(`${(await run('act', ['--version'])).trim()}, Node ${process.version}`)

const kept = await keep()
const engine = await startEngine()
const index = await startPackageIndex()
try {
  for (const project of SERVICES) for (const version of GIT_TAGS) index.upload({ project, version })
  for (const entry of chosen) {
    const surroundings = { engine, packageIndex: index.url, folder: join(kept.folder, entry.name), actions }
    const { problem, logs } = await runEntry(entry, surroundings)
    console.log(problem === undefined ? `passed    ${entry.name}` : `FAILED    ${entry.name}: ${problem}`)
    if (verbose || problem !== undefined) console.log(logs.join('\n'))
    if (problem !== undefined) process.exitCode = 1
  }
} finally {
  await Promise.all([engine.stop(), index.stop()])
  await kept.stop()
}

interface Surroundings {
  readonly engine: StartedEngine
  /** The address of a package index. */
  readonly packageIndex: string
  /** For all that the runs need. */
  readonly folder: string
  /** A folder with checkouts of public actions, as `owner/name`. */
  readonly actions: string
}

/** Runs the workflows of an entry against a registry of their own. Gives back what is wrong, and what act wrote. */
async function runEntry(entry: Entry, { engine, packageIndex, folder, actions }: Surroundings) {
  const github = join(folder, 'github')
  const login = makeLogin('robot-of-act')
  const hubLogin = makeLogin('robot-of-the-hub')
  const registry = await startRegistry(entry.login ? { auth: usersOf(login) } : {})
  const hub = await startRegistry({ auth: usersOf(hubLogin) })
  const logs: string[] = []
  try {
    const { ofThisRepository, ofTheServices, runs } = await adapt(entry, {
      registry: registry.host,
      hub: hub.host,
      packageIndex,
    })
    await makeCmsKubernetes(github)
    const own = await copyThisRepository(github, ofThisRepository)
    const services = await makeWmCore(github, ofTheServices)
    const local = localRepositories({ ...ofThisRepository, ...ofTheServices }, { own, actions })
    for (const [number, { run, workflow }] of runs.entries()) {
      const { passed, log } = await runAct({
        run,
        workflow,
        repository: run.inThisRepository ? own : services,
        folder: join(folder, String(number)),
        env: { ...engine.env, ...gitEnvironment(github) },
        local,
        login,
        hub: hubLogin,
      })
      logs.push(log)
      if (!passed) return { problem: `${workflow} failed`, logs }
    }
    return { problem: await problemWith(registry.storage, hub.storage, entry), logs }
  } finally {
    await Promise.all([registry.stop(), hub.stop()])
  }
}

function makeLogin(username: string): Login {
  return { username, password: randomBytes(12).toString('hex') }
}

function usersOf({ username, password }: Login) {
  return { kind: 'htpasswd', users: { [username]: password } } as const
}

/** Tags that are missing or should not be there, or one whose digest is not that of its version, or of the mirror's. */
async function problemWith(
  storage: string,
  mirror: string,
  { published, mirrored = {} }: Entry,
): Promise<string | undefined> {
  const found = await digestsIn(storage)
  const copies = await digestsIn(mirror)
  for (const [digests, wanted] of [
    [found, published],
    [copies, mirrored],
  ] as const) {
    const tags = Object.entries(wanted).flatMap(([service, tags]) => tags.map(tag => `${service}:${tag}`))
    const has = [...digests.keys()]
    if (has.toSorted().join() !== tags.toSorted().join())
      return `a registry has ${has.join(', ')}; it should have ${tags.join(', ')}`
  }
  const differing = [...found, ...copies].find(([tag, digest]) => {
    return digest !== found.get(tag.replace(/-stable$/, ''))
  })
  return differing === undefined ? undefined : `${differing[0]} is not the image of its version`
}

/** The digests of all tags in a registry; keys are `service:tag`. */
async function digestsIn(storage: string): Promise<Map<string, string | undefined>> {
  const digests = new Map<string, string | undefined>()
  const repositories = join(storage, 'docker/registry/v2/repositories')
  for (const project of existsSync(repositories) ? await readdir(repositories) : []) {
    for (const service of await readdir(join(repositories, project))) {
      const repository = `${project}/${service}`
      for (const tag of await listTags(storage, repository))
        digests.set(`${service}:${tag}`, await readTag(storage, repository, tag))
    }
  }
  return digests
}
