import { knownFailure, type ReleaseError } from '../errors.ts'
import type { Desired } from '../reconcile/desired.ts'
import { digestAt, type Observed } from '../reconcile/observed.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { Step } from '../reconcile/step.ts'
import { stableTerms, type Terms, termsOfPublished } from '../reconcile/terms.ts'
import { mayWait } from '../reconcile/waiting.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import { mapSome } from '../some.ts'
import { mapServices } from './concurrency.ts'
import { observe } from './observe.ts'
import { type Outcome, withOutcomes } from './outcome.ts'
import { announcedPlans, type Plan, resultOf } from './plan.ts'
import { type RecordsReader, recordsReader } from './read-records.ts'
import type { PublishedService, VerifyRequest } from './request.ts'
import type { ImageTagResult, Result, ServiceResult, TagOutcome } from './result.ts'
import { ResultError } from './result-error.ts'
import type { Run, ToolsForMany } from './tools.ts'

/**
 * The digests of tags that the registry does not have. A HEAD of a tag is believed when a HEAD by that digest finds the
 * image, too; a GET would count as a pull.
 */
const lostDigests = async (registry: RegistryClient, observed: Observed): Promise<ReadonlySet<Digest>> => {
  const digests = new Set([...observed.tags.keys()].flatMap(tag => digestAt(observed, tag) ?? []))
  const looked = await Promise.all(
    [...digests].map(async digest => ({ digest, isThere: await registry.hasManifest(digest) })),
  )
  return new Set(looked.filter(({ isThere }) => !isThere).map(({ digest }) => digest))
}

/** What is found of a tag: what is to be done says how it differs from the plan. */
const outcomeFound = (
  step: Step,
  { desired, observed, lost }: { desired: Desired; observed: Observed; lost: ReadonlySet<Digest> },
): Outcome => {
  const there = digestAt(observed, step.tag.tag)
  if (step.kind === 'stay') return { outcome: 'stayed', note: `belongs to ${step.newest}, which is newer` }
  if (there !== undefined && lost.has(there)) {
    return { outcome: 'missing', note: `is ${there}, which the registry does not have` }
  }
  if (step.kind === 'keep') return { outcome: 'kept' }
  if (step.kind === 'withhold' && mayWait(step, desired, observed))
    return { outcome: 'withheld', note: step.why }
  return there === undefined ? { outcome: 'missing' } : { outcome: 'different', note: `is ${there}` }
}

const NO_RECORDS = 'No records are shown: the registry has no referrers API.'

interface Target {
  readonly plan: Plan & { readonly of: PublishedService }
  readonly registry: RegistryClient
  readonly terms: Terms
  /** Missing if records are not looked for. */
  readonly records: RecordsReader | undefined
}

/** Compares what the registry has of one service with its plan. */
const compare = async (
  { plan, registry, terms, records: reader }: Target,
  { journal, log }: Run,
): Promise<ServiceResult> => {
  const { desired, of } = plan
  const observed = await observe(desired, terms, registry)
  const lost = await lostDigests(registry, observed)
  const steps = reconcile(desired, observed, terms)
  const tags = withOutcomes(
    plan,
    new Map(steps.map(step => [step.tag.tag, outcomeFound(step, { desired, observed, lost })] as const)),
  )
  for (const tag of tags) journal.tag(tag)
  const wanted = digestAt(observed, desired.first.tag)
  const digest = wanted !== undefined && lost.has(wanted) ? undefined : wanted
  if (digest !== undefined) journal.image(of.service, digest)
  const stable = tags.filter(tag => tag.stable && tag.outcome === 'kept')
  const records =
    reader === undefined || digest === undefined || stable.length === 0
      ? []
      : await reader.read(
          registry,
          digest,
          stable.map(({ reference }) => reference),
        )
  if (typeof records === 'string') log.info(`Records are not shown: ${records}`)
  return {
    ...plan.result,
    digest,
    tags,
    ...(typeof records === 'string' || records.length === 0 ? {} : { records }),
  }
}

/** Whether a tag is not as the plan has it. */
const isWrong = ({ outcome }: ImageTagResult): boolean => outcome === 'missing' || outcome === 'different'

/** Whether a tag leads to an image that the registry does not have. */
const isLost = ({ outcome, note }: ImageTagResult): boolean => outcome === 'missing' && note !== undefined

/** What a reader can do about the tags of a service that are missing or different. */
const remedyFor = ({ tags }: ServiceResult, gitTag: string): string => {
  const [first, ...copies] = tags
  const every = (...outcomes: readonly TagOutcome[]): boolean =>
    tags.every(({ outcome }) => outcomes.includes(outcome))
  if (tags.some(isLost)) {
    return `Contact the registry's administrators. If the image can't be restored, delete the tags that lead to it, then run release for ${gitTag} again.`
  }
  if (every('missing', 'withheld')) {
    return `Nothing of ${gitTag} is there: check the git tag, registry, project and service, or run release.`
  }
  if (first.outcome === 'different') {
    return `Check the digest that was given: ${first.tag} is another image.`
  }
  const fixed = copies.filter(({ moving }) => !moving)
  if (first.outcome === 'missing' && fixed.some(({ outcome }) => outcome === 'different')) {
    return `Give ${first.tag} back to the right image of its other tags in the registry; release does not overwrite them.`
  }
  return tags.some(({ outcome }) => outcome === 'missing')
    ? `Run release for ${gitTag} again to add what is missing, or promote for stable tags that wait (with stable: on-promotion, verify lets them); what is different, look at before you change it.`
    : 'Find out which image is right before you change what is different: audit says how.'
}

/** The same for all that are wrong, each remedy once. */
const remediesFor = ({ services, gitTag }: Result): string[] => {
  const remedies = new Map<string, string[]>()
  for (const service of services) {
    if (service.problem !== undefined || !service.tags.some(isWrong)) continue
    const remedy = remedyFor(service, gitTag)
    remedies.set(remedy, [...(remedies.get(remedy) ?? []), service.service])
  }
  return [...remedies].map(([remedy, names]) =>
    remedies.size === 1 ? remedy : `For ${names.join(', ')}: ${remedy}`,
  )
}

/** What is wrong with a service, as a part of a sentence; nothing if it is as planned. */
const problemOf = ({ tags, problem }: ServiceResult): string | undefined => {
  if (problem !== undefined) return problem
  const wrong = tags
    .filter(isWrong)
    .map(({ tag, outcome, note }) => `${tag} is ${outcome}${note === undefined ? '' : ` (${note})`}`)
  return wrong.length === 0 ? undefined : wrong.join(', ')
}

/** The error for what was found. It has the name of what could not be read, if nothing else is wrong. */
const errorFor = (result: Result, unreadable: readonly ReleaseError[]): ResultError | undefined => {
  const wrong = result.services.flatMap(each => {
    const problem = problemOf(each)
    return problem === undefined ? [] : [{ image: each.image, problem }]
  })
  const [first] = wrong
  if (first === undefined) return undefined
  const isRead = wrong.length > unreadable.length
  const remedies = [...remediesFor(result), ...unreadable.map(({ remedy }) => remedy)]
  return new ResultError(isRead ? 'not-as-planned' : (unreadable[0]?.name ?? 'not-as-planned'), result, {
    what:
      result.services.length === 1
        ? `${first.image} is not as planned for ${result.gitTag}: ${first.problem}.`
        : `Of ${result.services.length} services, ${wrong.length} ${wrong.length === 1 ? 'is' : 'are'} not as planned for ${result.gitTag}:\n${wrong.map(({ image, problem }) => `- ${image}: ${problem}`).join('\n')}\n`,
    remedy: [...new Set(remedies)].join(' '),
  })
}

/** What was found of a service, or what kept it from being read. */
interface Looked {
  readonly service: ServiceResult
  readonly error?: ReleaseError
}

/** Compares a service of several: one that can not be read hides nothing of the others. */
const compareAmongOthers = async (target: Target, run: Run): Promise<Looked> => {
  try {
    return { service: await compare(target, run) }
  } catch (caught) {
    const error = knownFailure(caught)
    const problem = run.secrets.mask(error.what.replace(/\.$/, ''))
    return { service: { ...target.plan.result, problem }, error }
  }
}

/**
 * Compares the registry with the plan of one git tag, for one service or many; changes nothing.
 *
 * Throws an error with the result, `not-as-planned`, or what could not be read.
 */
export const verify = async (request: VerifyRequest, tools: ToolsForMany): Promise<Result> => {
  const plans = announcedPlans(request, request.services, tools)
  const stable = stableTerms(request.stable)
  const records = request.withRecords ? recordsReader(tools) : undefined
  const targets = mapSome(
    plans,
    (plan): Target => ({
      plan,
      registry: tools.registryFor(plan.of.repository),
      terms: termsOfPublished(plan.of.digest, stable),
      records,
    }),
  )
  const looked = await tools.log.stage('Read the registry', async conclude => {
    const found =
      targets.length === 1
        ? mapSome([await compare(targets[0], tools)], (service): Looked => ({ service }))
        : await mapServices(targets, target => compareAmongOthers(target, tools))
    const { first, copies } = plans[0].desired
    const of = plans.length === 1 ? '' : ` of ${plans.length} services`
    if (records?.isSupported === false) tools.log.info(NO_RECORDS)
    conclude(`looked for ${[first, ...copies].map(({ tag }) => tag).join(', ')}${of}`)
    return found
  })
  const result = resultOf(
    request,
    mapSome(looked, ({ service }) => service),
  )
  const error = errorFor(
    result,
    looked.flatMap(({ error }) => error ?? []),
  )
  if (error !== undefined) throw error
  return result
}
