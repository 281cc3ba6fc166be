import { decisionOf, requireCopies } from '../commands/plan.ts'
import type { Request, Service, VersionRequest } from '../commands/request.ts'
import type { InputName } from '../contract.ts'
import { ReleaseError } from '../errors.ts'
import type { Warning } from '../log.ts'
import { ON_EXISTING, STABLE } from '../reconcile/terms.ts'
import { fromOf, noFromOf, noTagOf } from './audit.ts'
import { buildArgWarnings, buildOf } from './build.ts'
import { type Caller, workflow } from './caller.ts'
import { contextOf } from './context.ts'
import { credentialsOf } from './credentials.ts'
import { type Files, readFiles } from './files.ts'
import { checksGateOf, packageGateOf } from './gates.ts'
import { gitTagOf } from './git-tag.ts'
import { invalidFor, oneOf } from './invalid.ts'
import { nearMiss } from './near-miss.ts'
import { withoutSecrets } from './pasted-secret.ts'
import { type NamedPolicy, policyOf } from './policy.ts'
import type { RunContext } from './run-context.ts'
import { servicesOf } from './services.ts'
import { atCommit, sourceOf } from './source.ts'
import type { InputTexts } from './texts.ts'
import {
  accept,
  all,
  andThen,
  errorOf,
  type Mistake,
  map,
  mistaken,
  mistakesOf,
  notAlreadyTold,
  toldInOrder,
  type Validated,
  valid,
} from './validated.ts'

const COMMANDS = ['release', 'plan', 'build', 'push', 'promote', 'verify', 'audit'] as const
type CommandName = (typeof COMMANDS)[number]

/** A validated request, and what should be said of it. */
export interface ValidRequest {
  readonly request: Request
  readonly warnings: readonly Warning[]
}

/** What a request is made of: the inputs, the run that it is for, and what lies at the paths. */
interface Given {
  readonly texts: InputTexts
  readonly run: RunContext
  readonly files: Files
  readonly caller: Caller
}

/** What the policy says against the git tag. It is no part of the request: a run that is right meets it first of all. */
const refusalOf = (
  command: CommandName,
  plan: Pick<VersionRequest, 'policy' | 'gitTag'>,
): readonly Mistake[] => {
  try {
    const decision = decisionOf(plan)
    if (command === 'promote') requireCopies(decision)
    return []
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    const { name, what, remedy } = error
    return [{ name, inputs: ['tag', 'policy', 'policy-file'], what, remedy }]
  }
}

/** The request of a command, of which every input is judged that it uses; of `plan`, all that a run may use. */
const requestOf = (
  command: CommandName,
  { gitTag, policy }: { [K in keyof VersionRequest]: Validated<VersionRequest[K]> },
  { texts, run, files, caller }: Given,
): Validated<Request> => {
  const invalid = invalidFor(caller)
  // The commit of the run is that of the git tag only if the run is for this tag.
  const revision = gitTag.ok && run.tag === gitTag.value ? run.sha : undefined
  const tag = gitTag.ok ? gitTag.value : ''
  const source = sourceOf(texts, run, { gitTag: tag, caller })
  const services = servicesOf(command, texts, caller)
  const version = all<VersionRequest>({ gitTag, policy })
  const account = {
    credentials: credentialsOf(texts),
    stable: oneOf('stable', texts.stable, STABLE, invalid),
    withRecords: map(oneOf('record', texts.record, ['true', 'false'], invalid), text => text === 'true'),
  }
  if (command === 'audit') {
    const from = andThen(policy, policy => fromOf(texts, policy, caller))
    const audit = all({ services, policy, ...account, from, noTag: noTagOf(texts, caller) })
    return map(audit, ({ noTag, ...audit }) => ({ command, ...audit }))
  }
  const registry = all({ services, version, ...account, noFrom: noFromOf(command, texts, caller) })
  const checks = checksGateOf(texts, run, caller)
  if (command === 'verify') {
    return map(registry, ({ version, services, credentials, stable, withRecords }) => ({
      command,
      ...version,
      services,
      credentials,
      stable,
      withRecords,
    }))
  }
  if (command === 'promote') {
    return map(
      all({ registry, checks }),
      ({ registry: { version, services, credentials, withRecords }, checks }) => ({
        command,
        ...version,
        services,
        credentials,
        isLookedAt: run.isLookedAt,
        revision,
        source,
        checks,
        recordedRun: withRecords ? run.recorded : undefined,
      }),
    )
  }
  const publication = map(
    all({ registry, checks, onExisting: oneOf('on-existing', texts['on-existing'], ON_EXISTING, invalid) }),
    ({ registry: { version, services, credentials, stable, withRecords }, checks, onExisting }) => {
      const [{ service, repository }] = services
      const recordedRun = withRecords ? run.recorded : undefined
      return {
        ...version,
        service,
        repository,
        credentials,
        stable,
        checks,
        revision,
        onExisting,
        recordedRun,
      }
    },
  )
  if (command === 'push') return map(publication, publication => ({ command, ...publication }))

  const repository = map(services, ([{ repository }]) => repository)
  const context = andThen(contextOf(texts, { workspace: run.workspace, files }, caller), context =>
    atCommit(context, { gitTag: tag, commit: revision, source }),
  )
  const build = buildOf(texts, { run, context, gitTag, repository, caller })
  if (command === 'build') {
    return map(all({ publication, build }), ({ publication, build }) => {
      const { service, repository, gitTag, policy, credentials } = publication
      return { command, service, repository, gitTag, policy, credentials, build, revision, source }
    })
  }
  const gate = packageGateOf(texts, gitTag, caller)
  if (command === 'plan') {
    return map(
      all({ registry, publication, build, gate }),
      ({ registry: { version, services, stable } }) => ({
        command,
        ...version,
        services,
        stable,
      }),
    )
  }
  return map(all({ publication, build, gate }), ({ publication, build, gate }) => ({
    command,
    ...publication,
    build,
    source,
    package: gate,
  }))
}

const warningsOf = ({ warnings }: NamedPolicy, texts: InputTexts, caller: Caller): Warning[] => {
  const buildArgs = buildArgWarnings(texts['build-args'], caller)
  return [
    ...(warnings === undefined ? [] : [{ title: 'The policy may not mean what it says', message: warnings }]),
    ...(buildArgs === undefined
      ? []
      : [{ title: `Possible mistake in ${caller.spell('build-args')}`, message: buildArgs }]),
  ]
}

/** What a caller has against a git tag, a policy and a service of which each is right by itself. */
export type Objections = (plan: VersionRequest & Pick<Service, 'service'>) => readonly Mistake[]

interface Judged {
  readonly request: Validated<ValidRequest>
  readonly objections: readonly Mistake[]
  /** What the run would meet first of all, if the request were right. */
  readonly refusal: readonly Mistake[]
}

/** Inputs that some commands need, and others must not have. */
const OF_SOME: readonly (InputName | undefined)[] = ['tag', 'context', 'file', 'from', 'digest', 'package']

/** The mistakes that are some whatever command was meant. */
const withoutDoubt = (request: Validated<Request>): Validated<Request> =>
  request.ok
    ? request
    : mistaken(
        ...request.mistakes.filter(({ inputs = [] }) => !inputs.some(input => OF_SOME.includes(input))),
      )

/** Makes a request of what was given, or finds everything that is wrong with it. */
const judge = (given: Given, objections: Objections): Judged => {
  const { texts, run, files, caller } = given
  const command = oneOf('command', texts.command, COMMANDS, invalidFor(caller))
  const named = policyOf(texts, { workspace: run.workspace, policyFile: files.policyFile }, caller)
  const policy = map(named, ({ policy }) => policy)
  const gitTag = gitTagOf(texts, run, caller)
  const meant = command.ok ? command.value : COMMANDS.find(name => name === nearMiss(texts.command, COMMANDS))
  const name = meant ?? 'plan'
  const wanted = requestOf(name, { gitTag, policy }, given)
  const request = meant === undefined ? withoutDoubt(wanted) : wanted
  const plan: Validated<VersionRequest & Pick<Service, 'service'>> =
    name === 'audit' ? mistaken() : all({ gitTag, policy, service: valid(texts.service) })
  return {
    request: map(all({ command, request, named }), ({ request, named }) => ({
      request,
      warnings: warningsOf(named, texts, caller),
    })),
    objections: plan.ok ? objections(plan.value) : [],
    refusal: plan.ok ? refusalOf(name, plan.value) : [],
  }
}

/**
 * Makes a validated request of the inputs and the context of the run. `before` are mistakes that were found before:
 * what follows from them, for the same input, is not told again.
 *
 * Throws one error for all mistakes, `invalid-input` if they are of several kinds: each with the input, what was given
 * and what is allowed.
 */
export const validateRequest = (
  texts: InputTexts,
  run: RunContext,
  {
    caller = workflow,
    before = [],
    objections: objectionsOf = () => [],
  }: { caller?: Caller; before?: readonly Mistake[]; objections?: Objections } = {},
): ValidRequest => {
  const showable = withoutSecrets(texts, caller)
  const files = readFiles(showable.texts, run, caller.confined)
  const { request, objections, refusal } = judge({ texts: showable.texts, run, files, caller }, objectionsOf)
  const found = toldInOrder(before, showable.mistakes)
  const mistakes = toldInOrder(found, [...objections, ...mistakesOf(request)])
  if (mistakes.length === 0) return accept(request)
  throw errorOf([...mistakes, ...notAlreadyTold(refusal, [...found, ...objections])])
}
