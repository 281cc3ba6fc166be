import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audit } from '../../src/commands/audit.ts'
import type { AuditResult } from '../../src/commands/audit-result.ts'
import { build } from '../../src/commands/build.ts'
import { resultOf } from '../../src/commands/plan.ts'
import { promote } from '../../src/commands/promote.ts'
import { push } from '../../src/commands/push.ts'
import { release } from '../../src/commands/release.ts'
import type { Request } from '../../src/commands/request.ts'
import type { CommandResult, ImageTagResult, Result, ServiceResult } from '../../src/commands/result.ts'
import { ResultError } from '../../src/commands/result-error.ts'
import type { Registries, ToolsForMany, ToolsForOne } from '../../src/commands/tools.ts'
import { verify } from '../../src/commands/verify.ts'
import { Transport } from '../../src/http/transport.ts'
import { validateRequest } from '../../src/inputs/request.ts'
import type { RunContext } from '../../src/inputs/run-context.ts'
import type { InputTexts } from '../../src/inputs/texts.ts'
import { RegistryClient } from '../../src/registry/client.ts'
import { RunJournal } from '../../src/report/journal.ts'
import { Secrets } from '../../src/secrets.ts'
import { USER_AGENT } from '../../src/version.ts'
import { type ModelEngine, modelEngine, RecordedDocker } from '../docker/recorded-docker.ts'
import { type Seed, seed } from '../e2e/seed.ts'
import { type FakeClock, fakeClock, recordingLog } from '../gates/surroundings.ts'
import { runIn, textsWith } from '../inputs/order.ts'
import { type ModelOptions, type ModelRegistry, startModelRegistry } from '../registry/model-registry.ts'

/** The repository of the image that the commands are for. */
export const REPOSITORY = 'cmswmcore/reqmgr2'
/** The commit that the runs are for. */
export const COMMIT = '6f1ea31'
/** The commit of the repository that has the Dockerfile. */
export const CONTEXT_COMMIT = 'c'.repeat(40)

/** How a command ended. */
export interface Ended {
  /** Of the first service. */
  readonly result: ServiceResult | undefined
  /** Of all services; also what an error has of them. */
  readonly services: Result['services'] | undefined
  /** What an audit found. */
  readonly audit: AuditResult | undefined
  readonly error: unknown
  /** What became of each tag. */
  readonly outcomes: Readonly<Record<string, string>>
  /** The tags of the first service as the journal has them, whose run may have failed. */
  readonly known: readonly ImageTagResult[]
  /** Lines, warnings and notices. */
  readonly log: readonly string[]
}

export interface CommandBench {
  readonly registry: ModelRegistry
  readonly engine: ModelEngine
  readonly clock: FakeClock
  /** What was asked of the registry and done by the engine, in order: `HEAD 2.3.4`, `build 2.3.4`, `PUT 2.3.4-stable`. */
  readonly events: string[]
  /** What was built and written of that. */
  written(): string[]
  /** The tags of a service, or of reqmgr2. */
  tags(service?: string): Readonly<Record<string, string>>
  /** Publishes an image as somebody else, of a service or of reqmgr2. */
  seed(tag: string, image?: Seed, service?: string): Promise<string>
  run(inputs: Partial<InputTexts>, context?: Partial<RunContext>): Promise<Ended>
  stop(): Promise<void>
}

const carryOut = async (request: Request, tools: ToolsForMany): Promise<CommandResult> => {
  const one = (): ToolsForOne => {
    if ('services' in request) throw new Error('these are several services')
    return { ...tools, registry: tools.registryFor(request.repository) }
  }
  switch (request.command) {
    case 'release':
      return resultOf(request, [await release(request, one())])
    case 'build':
      return resultOf(request, [await build(request, tools)])
    case 'push':
      return resultOf(request, [await push(request, one())])
    case 'promote':
      return promote(request, tools)
    case 'verify':
      return verify(request, tools)
    case 'audit':
      return audit(request, tools)
    case 'plan':
      throw new Error('a plan needs no services')
  }
}

/**
 * A registry and an engine that are models, and what else a command works with. Records are made only where the registry
 * has a place for them, or an input says so.
 */
export const startCommandBench = async (options: ModelOptions = {}): Promise<CommandBench> => {
  const folder = await mkdtemp(join(tmpdir(), 'commands-'))
  const events: string[] = []
  const registry = await startModelRegistry(events, options)
  const engine = modelEngine(registry.url, events)
  const clock = fakeClock()

  const run: CommandBench['run'] = async (inputs, context = {}) => {
    const log = recordingLog()
    const { signal } = new AbortController()
    const secrets = new Secrets()
    const texts = textsWith({
      registry: registry.host,
      project: 'cmswmcore',
      record: String(options.referrers ?? false),
      context: `https://github.com/dmwm/CMSKubernetes.git#${CONTEXT_COMMIT}:docker/reqmgr2`,
      ...inputs,
    })
    secrets.addInputs(texts)
    // Nothing listens there: what asks GitHub names a server of its own.
    const at = { tag: texts.tag === '' ? '2.3.4' : texts.tag, apiUrl: 'http://127.0.0.1:9', ...context }
    const { request } = validateRequest(texts, runIn(folder, at))
    const backoff = { attempts: 1, attemptTimeout: 5_000, totalTime: 0, firstDelay: 0, longestDelay: 0 }
    using transport = new Transport({ userAgent: USER_AGENT, log, clock, backoff, signal })
    const registryFor: Registries['registryFor'] = repository =>
      new RegistryClient({
        repository,
        transport,
        credentials: { kind: 'anonymous' },
        secrets,
        access: 'pull,push',
        headOnly: request.command === 'verify' || request.command === 'audit',
        now: clock.now,
      })
    const journal = new RunJournal()
    const tools: ToolsForMany = {
      env: process.env,
      log,
      secrets,
      clock,
      started: clock.now(),
      journal,
      signal,
      workspace: folder,
      registryFor,
      docker: new RecordedDocker(engine.answerTo, log),
      transport,
      loadGitHub: () => import('../../src/github/index.ts'),
      temporary: folder,
    }
    const [ended, error] = await carryOut(request, tools).then(
      result => [result, undefined] as const,
      (error: unknown) => [undefined, error] as const,
    )
    const found = ended ?? (error instanceof ResultError ? error.result : undefined)
    const [result, audit] = ended?.command === 'audit' ? [undefined, ended] : [ended, undefined]
    const outcomes = Object.fromEntries(
      (result?.services[0].tags ?? []).map(({ tag, outcome }) => [tag, outcome]),
    )
    return {
      result: result?.services[0],
      services: found?.command === 'audit' ? undefined : found?.services,
      audit: audit ?? (found?.command === 'audit' ? found : undefined),
      error,
      outcomes,
      known: journal.soFar?.services[0].tags ?? [],
      log: log.lines,
    }
  }
  return {
    registry,
    engine,
    clock,
    events,
    written: () => events.filter(event => !/^(?:HEAD|GET|POST|DELETE) /.test(event)),
    tags: (service = 'reqmgr2') => registry.tags(`cmswmcore/${service}`),
    seed: (tag, image, service = 'reqmgr2') => seed(registry, `cmswmcore/${service}`, tag, image),
    run,
    stop: async () => {
      await registry.stop()
      await rm(folder, { recursive: true })
    },
  }
}
