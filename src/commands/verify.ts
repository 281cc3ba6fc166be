import type { Log } from '../log.ts'
import type { PlannedTag } from '../policy/decide.ts'
import type { RegistryClient, TagState } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import type { Journal } from './journal.ts'
import { NotAsPlannedError } from './not-as-planned.ts'
import { announcedPlan } from './plan.ts'
import type { VerifyRequest } from './request.ts'
import { AWAITS_PROMOTION, type Result, type TagOutcome } from './result.ts'
import { keeperOf, readPlanned, type States, withOutcomes } from './tags.ts'

/** What `verify` works with. */
export interface VerifyPorts {
  readonly registry: RegistryClient
  readonly log: Log
  readonly journal: Journal
}

/** What `verify` says of one tag. */
type Finding = { readonly outcome: TagOutcome; readonly note?: string }

/** What a tag is compared with. */
interface Expected {
  readonly digest: Digest | undefined
  readonly withheld: boolean
  /** The newer version that the tag belongs to. */
  readonly newest: string | undefined
  /** Digests that tags have, and the registry does not. */
  readonly lost: ReadonlySet<Digest>
}

/** Compares one tag of the registry with the plan. */
const findingFor = (
  planned: PlannedTag,
  state: TagState | undefined,
  { digest, withheld, newest, lost }: Expected,
): Finding => {
  if (newest !== undefined) return { outcome: 'stayed', note: `belongs to ${newest}, which is newer` }
  if (state?.kind === 'present' && lost.has(state.digest)) {
    return { outcome: 'missing', note: `is ${state.digest}, which the registry does not have` }
  }
  if (state?.kind !== 'present') {
    return withheld ? { outcome: 'withheld', note: AWAITS_PROMOTION } : { outcome: 'missing' }
  }
  if (digest !== undefined && state.digest === digest) return { outcome: 'kept' }
  // A moving stable tag is another version's until this one is promoted.
  if (withheld && planned.moving) return { outcome: 'withheld', note: AWAITS_PROMOTION }
  return { outcome: 'different', note: `is ${state.digest}` }
}

/**
 * The digests of tags that the registry does not have. A HEAD of a tag is believed when a HEAD by that digest finds the
 * image, too; a GET would count as a pull.
 */
const lostDigests = async (registry: RegistryClient, states: States): Promise<ReadonlySet<Digest>> => {
  const digests = new Set(
    [...states.values()].flatMap(state => (state.kind === 'present' ? [state.digest] : [])),
  )
  const looked = await Promise.all(
    [...digests].map(async digest => ({ digest, isThere: await registry.hasManifest(digest) })),
  )
  return new Set(looked.filter(({ isThere }) => !isThere).map(({ digest }) => digest))
}

/** Compares the registry with the plan; changes nothing. Throws `NotAsPlannedError`. */
export const verify = async (
  request: VerifyRequest,
  { registry, log, journal }: VerifyPorts,
): Promise<Result> => {
  const { policy, gitTag, digest: pinned } = request
  const plan = announcedPlan(request, 'verify', { log, journal })
  const { first, copies } = plan
  const all = [first, ...copies]
  const { states, versions, lost } = await log.stage('Read the registry', async conclude => {
    const read = await readPlanned(registry, all)
    const lost = await lostDigests(registry, read.states)
    conclude(`looked for ${all.map(({ tag }) => tag).join(', ')}`)
    return { ...read, lost }
  })

  const firstState = states.get(first.tag)
  const digest = pinned ?? (firstState?.kind === 'present' ? firstState.digest : undefined)
  const findings = new Map(
    all.map(planned => {
      const withheld = planned.stable && request.stable === 'on-promotion'
      const newest = keeperOf(planned, { policy, gitTag, versions })
      return [
        planned.tag,
        findingFor(planned, states.get(planned.tag), { digest, withheld, newest, lost }),
      ] as const
    }),
  )
  const tags = withOutcomes(plan, findings)
  for (const tag of tags) journal.tag(tag)
  const there = digest !== undefined && lost.has(digest) ? undefined : digest
  if (there !== undefined) journal.image(there)
  const result: Result = { ...plan.result, digest: there, tags }
  const wrong = tags
    .filter(({ outcome }) => outcome === 'missing' || outcome === 'different')
    .map(({ tag, outcome, note }) => `${tag} is ${outcome}${note === undefined ? '' : ` (${note})`}`)
  if (wrong.length > 0) throw new NotAsPlannedError(result, wrong)
  return result
}
