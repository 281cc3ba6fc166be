import { ReleaseError } from '../errors.ts'
import { checksInShort, describeCheck } from '../gates/check-state.ts'
import { awaitChecks, type ChecksGate } from '../gates/checks.ts'
import type { CopyStep } from '../reconcile/step.ts'
import type { Terms } from '../reconcile/terms.ts'
import { nextSteps } from './next-steps.ts'
import { announcedPlan, decisionOf, requireCopies } from './plan.ts'
import type { PromoteRequest } from './request.ts'
import type { Result } from './result.ts'
import type { Run, Services } from './run.ts'
import { writeTags } from './write-tags.ts'

/** Insists that every required check has passed. Throws `checks-not-passed`. */
const requireChecks = (checks: ChecksGate, gitTag: string, tools: Services & Run): Promise<void> =>
  tools.log.stage('Check what is required', async conclude => {
    const states = await awaitChecks(checks, gitTag, tools)
    const open = states.filter(({ kind }) => kind !== 'passed')
    if (open.length === 0) return conclude(checksInShort(states))
    throw new ReleaseError('checks-not-passed', {
      what: `${gitTag} is not promoted: ${open.map(describeCheck).join('; ')}.`,
      remedy:
        'Nothing was written. Let the checks pass on the commit of the tag, then run it again; checks-timeout makes it wait for them.',
    })
  })

const writes = (copies: readonly CopyStep[]): boolean =>
  copies.some(({ kind }) => kind === 'copy' || kind === 'move')

/**
 * Gives the published first tag of a git tag its other tags, by digest: nothing is built, pulled or pushed,
 * and no engine is needed. A tag that is promoted already is left alone.
 */
export const promote = async (request: PromoteRequest, tools: Services & Run): Promise<Result> => {
  const { log, journal } = tools
  const { gitTag, checks, digest: given } = request
  const plan = announcedPlan(request, 'promote', tools)
  requireCopies(decisionOf(request))
  const terms: Terms = {
    may: 'neither',
    onExisting: 'reuse',
    stable: { kind: 'write' },
    image: given === undefined ? undefined : { digest: given, from: 'given' },
  }
  const { digest, copies } = await log.stage('Read the registry', async conclude => {
    const { first, copies } = await nextSteps(plan, terms, tools)
    if (first.kind !== 'keep') throw new TypeError('a promotion can not build')
    conclude(`${first.tag.tag} is ${first.digest}`)
    return { digest: first.digest, copies }
  })
  journal.image(digest)
  journal.tag({ ...plan.result.tags[0], outcome: 'kept' })
  let steps = copies
  if (checks !== undefined && writes(steps)) {
    await requireChecks(checks, gitTag, tools)
    // Meanwhile something else may have written these tags, or released a newer version.
    steps = (await nextSteps(plan, { ...terms, image: { digest, from: 'found' } }, tools)).copies
  }
  const image = { digest, manifest: undefined, first: { outcome: 'kept' } } as const
  return { ...plan.result, ...(await writeTags(plan, { steps, image }, tools)) }
}
