import { ReleaseError } from '../errors.ts'
import type { CopyStep } from '../reconcile/step.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import { mapSome } from '../some.ts'
import type { Plan } from './plan.ts'
import type { ImageTagResult, ServiceResult } from './result.ts'

/** What became of a tag, with more about it for people. */
export type Outcome = Pick<ImageTagResult, 'outcome' | 'note' | 'replaced'>

/** What is said of a fixed tag that had another image before. */
export const replacing = (replaces: Digest | undefined, digest?: Digest): Partial<Outcome> =>
  replaces === undefined || replaces === digest ? {} : { replaced: replaces, note: `replaces ${replaces}` }

/** What is known of a tag when the request that was to write it has failed, or was stopped. */
export const outcomeOfFailed = (error: unknown): 'planned' | 'unclear' =>
  error instanceof ReleaseError && ['registry-denied', 'registry-refused'].includes(error.name)
    ? 'planned'
    : 'unclear'

/** What became of a tag when docker failed to push it, or was stopped: the registry tells, not docker. */
export const outcomeInRegistry = async (
  registry: RegistryClient,
  tag: string,
  before: Digest | undefined,
): Promise<Outcome> => {
  const state = await registry.impatient.headTag(tag).catch(() => undefined)
  if (state === undefined) return { outcome: 'unclear', ...replacing(before) }
  if (state.kind === 'absent' || state.digest === before) return { outcome: 'planned' }
  const was = before === undefined ? '' : `, was ${before}`
  return { outcome: 'pushed', ...replacing(before), note: `is ${state.digest}${was}` }
}

/** What became of a tag once its step was carried out, for a tag beside the first. */
export const outcomeOf = (step: CopyStep, digest: Digest): Outcome => {
  switch (step.kind) {
    case 'keep':
      return { outcome: 'kept' }
    case 'copy':
      return { outcome: 'copied', ...replacing(step.replaces, digest) }
    case 'move':
      return { outcome: 'moved' }
    case 'stay':
      return { outcome: 'stayed', note: `stays with ${step.newest}, which is newer` }
    case 'withhold':
      return { outcome: 'withheld', note: step.why }
  }
}

/** The results of the planned tags with what became of each. */
export const withOutcomes = (
  { result }: Plan,
  outcomes: ReadonlyMap<string, Outcome>,
): ServiceResult['tags'] => {
  const withOutcome = (tag: ImageTagResult): ImageTagResult => ({ ...tag, ...outcomes.get(tag.tag) })
  return mapSome(result.tags, withOutcome)
}
