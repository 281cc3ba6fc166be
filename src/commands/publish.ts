import { checksInFull } from '../gates/check-state.ts'
import { openChecks, waitForChecks } from '../gates/checks.ts'
import { type Constraints, stableConstraint } from '../reconcile/constraints.ts'
import type { CopyStep } from '../reconcile/step.ts'
import { type Image, writeCopies } from './copies.ts'
import { noteOutcome } from './ledger.ts'
import { nextSteps } from './observe.ts'
import { recordDecision } from './record.ts'
import type { PushRequest, ReleaseRequest } from './request.ts'
import type { Run, Target } from './run.ts'

/** What a release, or a push, allows and knows before it has looked. */
export function publishConstraints(
  { onExisting, stable, revision }: Pick<ReleaseRequest, 'onExisting' | 'stable' | 'revision'>,
  publishes: 'build' | 'push',
): Constraints {
  return { publishes, onExisting, revision, stable: stableConstraint(stable) }
}

/**
 * Publishes the other tags of an image that the first tag has: looks again after a build, waits for what is required for
 * stable tags and looks once more, writes, reads every tag back, and records the decision.
 */
export async function publishCopies(
  request: ReleaseRequest | PushRequest,
  target: Target,
  { constraints, image, copies }: { constraints: Constraints; image: Image; copies: readonly CopyStep[] },
  run: Run,
): Promise<void> {
  const { entry, desired } = target
  const { digest, isBuilt } = image
  const { checks } = request
  const known: Constraints = { ...constraints, image: { digest, from: isBuilt ? 'built' : 'found' } }
  entry.digest = digest
  if (!isBuilt) noteOutcome(entry, desired.first.tag, { outcome: 'kept' })
  let steps = isBuilt ? (await nextSteps(target, known, digest)).copies : copies
  let states: Awaited<ReturnType<typeof waitForChecks>> | undefined
  if (checks !== undefined && steps.some(writesStable)) {
    states = await waitForChecks(checks, { gitTag: desired.gitTag, revision: request.revision }, run)
    const open = openChecks(states)
    const stable: Constraints['stable'] =
      open.length === 0 ? { kind: 'write' } : { kind: 'withhold', why: checksInFull(open) }
    steps = (await nextSteps(target, { ...known, stable })).copies
  }
  await writeCopies([{ target, image, steps }], run)
  await recordDecision([target], { ...request, commit: request.revision, states }, run)
  const withheld = entry.tags.filter(({ outcome }) => outcome === 'withheld')
  if (withheld.length === 0) return
  if (checks !== undefined) entry.checks = checks.names
  run.log.warning(
    'Stable tags are withheld',
    `${withheld.map(({ reference, note }) => `${reference}: ${note}`).join(', ')}. To write them, promote ${entry.service}@${digest} for ${desired.gitTag} (command: promote).`,
  )
}

/** Whether a stable tag is about to be written. */
function writesStable({ kind, tag }: CopyStep): boolean {
  return tag.stable && (kind === 'copy' || kind === 'move')
}
