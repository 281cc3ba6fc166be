import { afterEach, beforeEach, expect } from 'vitest'
import { makeCheckout } from '../../sandbox/git-checkout.ts'
import { runCommand } from '../../src/commands/execute.ts'
import { Ledger } from '../../src/commands/ledger.ts'
import { Transport } from '../../src/http/transport.ts'
import { Mistakes } from '../../src/inputs/mistakes.ts'
import { requestOf } from '../../src/inputs/request.ts'
import type { RunContext } from '../../src/inputs/run-context.ts'
import type { InputTexts } from '../../src/inputs/texts.ts'
import { RegistryClient } from '../../src/registry/client.ts'
import { Secrets } from '../../src/secrets.ts'
import { USER_AGENT } from '../../src/version.ts'
import { modelEngine, RecordedDocker } from '../docker/recorded-docker.ts'
import { type Seed, seed } from '../e2e/seed.ts'
import { startGitHubApi } from '../gates/github-api.ts'
import { fakeClock, recordingLog } from '../gates/surroundings.ts'
import { runIn, temporaryFolder, textsWith, write } from '../inputs/order.ts'
import { type ModelOptions, startModelRegistry } from '../registry/model-registry.ts'

/** The repository of the image that the commands are for, and its tags. */
export const REPOSITORY = 'cmswmcore/reqmgr2'
export const [TAG, STABLE] = ['2.3.4', '2.3.4-stable'] as const
/** The commit that the runs are for, and another one. */
export const COMMIT = '6f1ea31'
export const OTHER = 'f'.repeat(40)

/** A checkout of the repository that has the Dockerfile, for all benches: nothing writes there. */
const checkout = temporaryFolder()
write(checkout, { Dockerfile: 'FROM scratch\n' })
/** Its commit. */
export const CONTEXT_COMMIT = await makeCheckout(checkout, 'https://github.com/dmwm/CMSKubernetes')

/** An error of this name that names a fact. */
export const failure = (name: string, fact: string | undefined = '') =>
  expect.objectContaining({ name, what: expect.stringContaining(String(fact)) })

/** A new one for each test of a file, or of a group of tests. */
export const benchOfEach = (options?: ModelOptions) => ofEach(() => startCommandBench(options))
export const gitHubOfEach = () => ofEach(startGitHubApi)

const ofEach = <T extends { stop(): Promise<void> }>(start: () => Promise<T>): T => {
  const one = {} as T
  beforeEach(async () => void Object.assign(one, await start()))
  afterEach(() => one.stop())
  return one
}

type CommandBench = Awaited<ReturnType<typeof startCommandBench>>
/** How a command ended. */
export type Ended = Awaited<ReturnType<CommandBench['run']>>

/**
 * A registry and an engine that are models, and what else a command works with. Records are made only where the registry
 * has a place for them, or an input says so.
 */
const startCommandBench = async (options: ModelOptions = {}) => {
  const events: string[] = []
  const registry = await startModelRegistry(events, options)
  const engine = modelEngine(registry.url, events)
  const clock = fakeClock()
  const temporary = temporaryFolder()

  const run = async (inputs: Partial<InputTexts>, context: Partial<RunContext> = {}) => {
    const log = recordingLog()
    const { signal } = new AbortController()
    const secrets = new Secrets()
    const about = {
      registry: registry.host,
      project: 'cmswmcore',
      record: String(options.referrers ?? false),
    }
    const texts = textsWith({ ...about, ...inputs })
    secrets.addInputs(texts)
    // Nothing listens there: what asks GitHub names a server of its own.
    const at = { tag: texts.tag === '' ? TAG : texts.tag, apiUrl: 'http://127.0.0.1:9', ...context }
    const request = requestOf(texts, runIn(checkout, at), { mistakes: new Mistakes(), log, env: process.env })
    if (request.command === 'plan') throw new Error('a plan needs no registry')
    const access = request.command === 'verify' || request.command === 'audit' ? 'pull' : 'pull,push'
    const backoff = { attempts: 1, attemptTimeout: 5_000, totalTime: 0, firstDelay: 0, longestDelay: 0 }
    using transport = new Transport({ userAgent: USER_AGENT, log, clock, backoff, signal })
    const ledger = new Ledger()
    const client = { transport, credentials: { kind: 'anonymous' }, secrets, now: clock.now } as const
    const ended = runCommand(request, {
      env: process.env,
      log,
      secrets,
      clock,
      started: clock.now(),
      ledger,
      signal,
      workspace: at.workspace ?? checkout,
      registryFor: repository => new RegistryClient({ ...client, repository, access }),
      docker: new RecordedDocker(engine.answerTo, log),
      transport,
      temporary,
    })
    const error: unknown = await ended.catch((error: unknown) => error)
    const { result } = ledger
    /** What an audit found. */
    const audit = result?.command === 'audit' ? result : undefined
    /** What the ledger has of all services, and of the tags of the first; nothing of an audit. */
    const services = result?.command === 'audit' ? [] : (result?.services ?? [])
    const known = services[0]?.tags ?? []
    const outcomes = Object.fromEntries(known.map(({ tag, outcome }) => [tag, outcome]))
    return { error, services, service: services[0], known, outcomes, audit, log: log.lines }
  }
  return {
    registry,
    engine,
    clock,
    /** What was asked of the registry and done by the engine, in order: `HEAD 2.3.4`, `build 2.3.4`, `PUT 2.3.4-stable`. */
    events,
    /** What was built and written of that. */
    written: () => events.filter(event => !/^(?:HEAD|GET|POST|DELETE) /.test(event)),
    /** The tags of a service, or of reqmgr2; so in all below. */
    tags: (service = 'reqmgr2') => registry.tags(`cmswmcore/${service}`),
    /** Publishes an image as somebody else. */
    seed: (tag: string, image?: Seed, service = 'reqmgr2') =>
      seed(registry, `cmswmcore/${service}`, tag, image),
    /** Points a tag at what another has. */
    copy: (from: string, to: string, service = 'reqmgr2') =>
      registry.copyTag(`cmswmcore/${service}`, from, to),
    remove: (tag: string, service = 'reqmgr2') => registry.deleteTag(`cmswmcore/${service}`, tag),
    run,
    stop: registry.stop,
  }
}
