import type { CheckState } from '../gates/check-state.ts'
import { checksNotPassed, openChecks, waitForChecks } from '../gates/checks.ts'
import { hasTagsToWrite, writeCopies } from './copies.ts'
import { readCandidate, requireReady } from './ready.ts'
import { recordDecision } from './record.ts'
import type { PromoteRequest } from './request.ts'
import { openTargets, type Run } from './run.ts'
import { forServices } from './services.ts'

/**
 * Gives the published first tag of a git tag its other tags, by digest, without an engine. Of several services, nothing is
 * written until all of them are ready.
 */
export async function promote(request: PromoteRequest, run: Run): Promise<void> {
  const { checks, decision } = request
  const targets = openTargets(request, run)
  const { commit, ready } = await requireReady(request, targets, run)
  let copies = ready
  let states: readonly CheckState[] | undefined
  if (checks !== undefined && ready.some(hasTagsToWrite)) {
    states = await waitForChecks(checks, { gitTag: decision.gitTag, revision: commit }, run)
    const open = openChecks(states)
    if (open.length > 0) throw checksNotPassed(decision.gitTag, open)
    // Meanwhile something else may have written these tags, or released a newer version.
    copies = await forServices(ready, async one => {
      const { steps } = await readCandidate(one, { digest: one.image.digest, from: 'found' })
      return { ...one, steps }
    })
  }
  await writeCopies(copies, run)
  await recordDecision(targets, { ...request, commit, states }, run)
}
