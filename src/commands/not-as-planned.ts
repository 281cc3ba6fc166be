import { ReleaseError } from '../errors.ts'
import type { Result } from './result.ts'

/** A finding that the plan did not want. The result goes along, so that it can be reported. */
export class NotAsPlannedError extends ReleaseError {
  readonly result: Result

  constructor(result: Result, wrong: readonly string[]) {
    super('not-as-planned', {
      what: `${result.image} is not as planned for ${result.gitTag}: ${wrong.join(', ')}.`,
      remedy: result.tags.every(({ outcome }) => outcome === 'missing')
        ? `Nothing of ${result.gitTag} is there: check service and project, or run release.`
        : `Run release for ${result.gitTag} again to add what is missing, or promote for stable tags that wait (with stable: on-promotion, verify lets them); what is different, look at before you change it.`,
    })
    this.result = result
  }
}
