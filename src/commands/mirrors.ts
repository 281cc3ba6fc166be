import { bringImage } from '../docker/skopeo.ts'
import { knownFailure, ReleaseError } from '../errors.ts'
import { mirrorConstraints, stableConstraint } from '../reconcile/state.ts'
import type { Digest } from '../registry/reference.ts'
import { linesOfServices, remediesOf, type ServiceFailure } from '../service-errors.ts'
import { writeCopies } from './copies.ts'
import { type Push, publishFirst } from './first-tag.ts'
import { noteFailure, tryServices } from './for-services.ts'
import { isPublished, noteOutcome } from './ledger.ts'
import { nextSteps, writableSteps } from './observe.ts'
import type { VersionRequest } from './request.ts'
import type { Run, ServiceTarget, Target } from './run.ts'

/** What stands against mirrors that are to have the image `digest`, or one that is yet to be published. */
export async function unreadyMirrors(
  all: readonly { readonly target: ServiceTarget; readonly digest: Digest | undefined }[],
  { onExisting, stable }: VersionRequest,
  { secrets }: Run,
): Promise<readonly ServiceFailure[]> {
  const failures: ServiceFailure[] = []
  const mirrors = all.flatMap(({ target, digest }) => target.mirrors.map(mirror => ({ ...mirror, digest })))
  await tryServices(mirrors, { failures, secrets }, mirror =>
    writableSteps(mirror, mirrorConstraints(mirror.digest, onExisting, stableConstraint(stable))),
  )
  return failures
}

/**
 * Gives every mirror the tags of its service, which is verified, with the same digest. One that fails keeps no other from it.
 *
 * Throws `mirror-incomplete`.
 */
export async function publishMirrors(
  targets: readonly ServiceTarget[],
  request: VersionRequest,
  run: Run,
): Promise<void> {
  const failures: { service: string; error: ReleaseError; what: string; remedy: string }[] = []
  for (const target of targets) {
    for (const mirror of target.mirrors) {
      try {
        await completeMirror(mirror, target, request, run)
      } catch (caught) {
        const failure = noteFailure(mirror.entry, knownFailure(caught), run.secrets)
        const has = mirror.entry.tags.filter(isPublished).map(({ tag }) => tag)
        const { what, remedy } = failure.error
        const state = has.length === 0 ? '' : `it has ${has.join(', ')}. `
        failures.push({ ...failure, what: `${state}${what}`, remedy })
      }
    }
  }
  const [first] = failures
  if (first === undefined) return
  const images = targets.map(({ entry }) => entry.image)
  const published = images.length > 1 ? `All ${images.length} services are` : `${images[0]} is`
  throw new ReleaseError('mirror-incomplete', {
    what: `${published} published and verified. Not complete:\n${linesOfServices(failures)}`,
    remedy: `${remediesOf(failures)}\nA re-run completes the mirrors, and builds nothing.`,
    cause: first.error.cause,
  })
}

async function completeMirror(given: Target, main: ServiceTarget, request: VersionRequest, run: Run) {
  const { digest, image } = main.entry
  if (digest === undefined) throw new TypeError(`${image} is not verified`)
  const mirror = dueMirror(given, main)
  const { registry: to, desired, entry } = mirror
  const constraints = mirrorConstraints(digest, request.onExisting)
  const next = await nextSteps(mirror, constraints)
  const sides = { from: main.registry, to, tag: desired.first.tag }
  const push: Push = { name: 'Mirror', start: untilRead => untilRead(() => bringImage(digest, sides, run)) }
  const brought = await publishFirst(mirror, { constraints, next, push }, run)
  entry.digest = digest
  await writeCopies([{ ...mirror, image: brought, steps: next.copies }], run, ` in ${entry.image}`)
}

/** What a mirror should have now: what waits in the main repository waits there, too. */
export function dueMirror(mirror: Target, { entry }: ServiceTarget): Target {
  const waiting = entry.tags.filter(({ outcome }) => outcome === 'withheld')
  for (const { tag, note } of waiting) noteOutcome(mirror.entry, tag, 'withheld', { note })
  const copies = mirror.desired.copies.filter(copy => waiting.every(({ tag }) => tag !== copy.tag))
  return { ...mirror, desired: { ...mirror.desired, copies } }
}
