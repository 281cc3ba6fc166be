import type { CheckState } from '../gates/check-state.ts'
import { checksNotPassed, openChecks, waitForChecks } from '../gates/checks.ts'
import { termsOfPublished } from '../reconcile/terms.ts'
import { mapSome } from '../some.ts'
import { type Candidate, hasTagsToWrite, observeCandidate, requireReady } from './all-or-none.ts'
import { mapServices } from './concurrency.ts'
import { announcedPlans, decisionOf, requireCopies, resultOf } from './plan.ts'
import { recordDecision } from './record.ts'
import type { PromoteRequest } from './request.ts'
import type { Result } from './result.ts'
import type { ToolsForMany } from './tools.ts'
import { writeTags } from './write-tags.ts'

/**
 * Gives the published first tag of a git tag its other tags, by digest: nothing is built, pulled or pushed, and no engine
 * is needed. Of several services, nothing is written until all of them are ready. A tag that is promoted already is left
 * alone.
 */
export const promote = async (request: PromoteRequest, tools: ToolsForMany): Promise<Result> => {
  const { journal } = tools
  const { gitTag, checks } = request
  const plans = announcedPlans(request, request.services, tools)
  requireCopies(decisionOf(request))
  const candidates = mapSome(
    plans,
    (plan): Candidate => ({
      plan,
      registry: tools.registryFor(plan.of.repository),
      terms: termsOfPublished(plan.of.digest, { kind: 'write' }),
    }),
  )
  let { found, manifests, commit } = await requireReady(request, candidates, tools)
  for (const { plan } of found) journal.tag({ ...plan.result.tags[0], outcome: 'kept' })
  let states: readonly CheckState[] | undefined
  if (checks !== undefined && found.some(hasTagsToWrite)) {
    states = await waitForChecks(checks, { gitTag, revision: commit }, tools)
    const open = openChecks(states)
    if (open.length > 0) throw checksNotPassed(gitTag, open)
    // Meanwhile something else may have written these tags, or released a newer version.
    found = await mapServices(found, one =>
      observeCandidate(one, { ...one.terms, image: { digest: one.digest, from: 'found' } }, tools),
    )
  }
  const written = await writeTags(
    mapSome(found, ({ plan, registry, digest, steps }) => ({
      plan,
      registry,
      steps,
      image: { digest, manifest: manifests.get(plan.of.service), outcome: { outcome: 'kept' } as const },
    })),
    tools,
  )
  const recordable = mapSome(found, ({ plan, registry }) => {
    const result = written.find(({ service }) => service === plan.of.service)
    if (result === undefined) throw new TypeError('a service was left out')
    return { result, registry }
  })
  return resultOf(request, await recordDecision(recordable, { ...request, commit, states }, tools))
}
