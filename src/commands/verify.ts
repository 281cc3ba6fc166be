import type { Observed } from '../reconcile/observed.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { Step } from '../reconcile/step.ts'
import type { Terms } from '../reconcile/terms.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import { NotAsPlannedError } from './not-as-planned.ts'
import { observe } from './observe.ts'
import { type Outcome, withOutcomes } from './outcome.ts'
import { announcedPlan } from './plan.ts'
import type { VerifyRequest } from './request.ts'
import { AWAITS_PROMOTION, type Result } from './result.ts'
import type { Run, Services } from './run.ts'

/**
 * The digests of tags that the registry does not have. A HEAD of a tag is believed when a HEAD by that digest finds the
 * image, too; a GET would count as a pull.
 */
const lostDigests = async (registry: RegistryClient, { tags }: Observed): Promise<ReadonlySet<Digest>> => {
  const digests = new Set(
    [...tags.values()].flatMap(state => (state.kind === 'present' ? [state.digest] : [])),
  )
  const looked = await Promise.all(
    [...digests].map(async digest => ({ digest, isThere: await registry.hasManifest(digest) })),
  )
  return new Set(looked.filter(({ isThere }) => !isThere).map(({ digest }) => digest))
}

/** What is found of a tag: what is to be done says how it differs from the plan. */
const findingFor = (step: Step, { tags }: Observed, lost: ReadonlySet<Digest>): Outcome => {
  const state = tags.get(step.tag.tag)
  const there = state?.kind === 'present' ? state.digest : undefined
  if (step.kind === 'stay') return { outcome: 'stayed', note: `belongs to ${step.newest}, which is newer` }
  if (there !== undefined && lost.has(there)) {
    return { outcome: 'missing', note: `is ${there}, which the registry does not have` }
  }
  if (step.kind === 'keep') return { outcome: 'kept' }
  if (step.kind === 'withhold') return { outcome: 'withheld', note: step.why }
  return there === undefined ? { outcome: 'missing' } : { outcome: 'different', note: `is ${there}` }
}

/** Compares the registry with the plan of one git tag; changes nothing. Throws `NotAsPlannedError`. */
export const verify = async (request: VerifyRequest, tools: Services & Run): Promise<Result> => {
  const { registry, log, journal } = tools
  const { digest: given } = request
  const plan = announcedPlan(request, 'verify', tools)
  const { first, copies } = plan.desired
  const terms: Terms = {
    may: 'neither',
    onExisting: 'reuse',
    stable:
      request.stable === 'on-promotion' ? { kind: 'withhold', why: AWAITS_PROMOTION } : { kind: 'write' },
    image: given === undefined ? undefined : { digest: given, from: 'given' },
  }
  const { observed, lost } = await log.stage('Read the registry', async conclude => {
    const observed = await observe(plan.desired, terms, registry)
    const lost = await lostDigests(registry, observed)
    conclude(`looked for ${[first, ...copies].map(({ tag }) => tag).join(', ')}`)
    return { observed, lost }
  })
  const steps = reconcile(plan.desired, observed, terms)
  const tags = withOutcomes(
    plan,
    new Map(steps.map(step => [step.tag.tag, findingFor(step, observed, lost)] as const)),
  )
  for (const tag of tags) journal.tag(tag)
  const state = observed.tags.get(first.tag)
  const wanted = given ?? (state?.kind === 'present' ? state.digest : undefined)
  const digest = wanted !== undefined && lost.has(wanted) ? undefined : wanted
  if (digest !== undefined) journal.image(digest)
  const result: Result = { ...plan.result, digest, tags }
  const wrong = tags
    .filter(({ outcome }) => outcome === 'missing' || outcome === 'different')
    .map(({ tag, outcome, note }) => `${tag} is ${outcome}${note === undefined ? '' : ` (${note})`}`)
  if (wrong.length > 0) throw new NotAsPlannedError(result, wrong)
  return result
}
