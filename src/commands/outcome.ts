import { BuildFailedError } from '../docker/build-failure.ts'
import { PushRefusedError } from '../docker/push.ts'
import { type ErrorName, ReleaseError } from '../errors.ts'
import type { CopyStep } from '../reconcile/step.ts'
import type { Digest } from '../registry/reference.ts'
import { mapSome } from '../some.ts'
import type { Plan } from './plan.ts'
import type { ImageTagResult, ServiceResult } from './result.ts'

/** What became of a tag, with more about it for people. */
export type Outcome = Pick<ImageTagResult, 'outcome' | 'note' | 'replaced'>

/** What is said of a fixed tag that had another image before. */
export const replacing = (replaces: Digest | undefined, digest?: Digest): Partial<Outcome> =>
  replaces === undefined || replaces === digest ? {} : { replaced: replaces, note: `replaces ${replaces}` }

/** The errors that end a write, or keep it from being tried, so that nothing can have been written. */
const NOT_WRITTEN: readonly ErrorName[] = [
  'invalid-input',
  'docker-missing',
  'login-failed',
  'registry-denied',
  'registry-refused',
]

/** What is known of a tag when what was to write it has failed, or was stopped. */
export const outcomeOfFailed = (error: unknown): 'planned' | 'pushed' | 'unclear' => {
  if (!(error instanceof ReleaseError)) return 'unclear'
  if (error.name === 'cache-not-written') return 'pushed'
  const isSure = error instanceof BuildFailedError || error instanceof PushRefusedError
  return isSure || NOT_WRITTEN.includes(error.name) ? 'planned' : 'unclear'
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
