import { bringImage } from '../docker/skopeo.ts'
import { knownFailure, ReleaseError } from '../errors.ts'
import { type Constraints, mirrorConstraints, stableConstraint } from '../reconcile/state.ts'
import type { Digest } from '../registry/reference.ts'
import { linesOfServices, remediesOf, type ServiceFailure } from '../service-errors.ts'
import { writeCopies } from './copies.ts'
import { type Push, publishFirst } from './first-tag.ts'
import { noteFailure, tryServices } from './for-services.ts'
import { isPublished } from './ledger.ts'
import { nextSteps, writableSteps } from './observe.ts'
import type { VersionRequest } from './request.ts'
import type { Run, ServiceTarget, Target } from './run.ts'

/** Without a `digest`, the image is yet to be published. */
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
  return failures.map(({ service, error: { name, what, remedy, cause } }) => {
    const without = `${remedy} Or leave this mirror out for now: a later run with it completes it.`
    return { service, error: new ReleaseError(name, { what, remedy: without, cause }) }
  })
}

/**
 * Gives every mirror the tags of its service, which is verified, with the same digest. One that fails stops no other. Throws
 * `mirror-incomplete`.
 */
export async function publishMirrors(targets: readonly ServiceTarget[], request: VersionRequest, run: Run) {
  const failures: (ServiceFailure & { what: string; remedy: string })[] = []
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
    remedy: `${remediesOf(failures)}\n${request.onExisting === 'overwrite' ? OVERWRITTEN : COMPLETED}`,
    cause: first.error.cause,
  })
}

const COMPLETED = 'A re-run completes the mirrors, and builds nothing.'
const OVERWRITTEN =
  'A re-run would overwrite all again: for the mirrors alone, give the published image, by its digest, as source-image.'

async function completeMirror(mirror: Target, main: ServiceTarget, request: VersionRequest, run: Run) {
  const { digest, image } = main.entry
  if (digest === undefined) throw new TypeError(`${image} is not verified`)
  const { registry: to, desired, entry } = mirror
  const constraints = mirrorConstraints(digest, request.onExisting, waitingIn(main))
  let next = await nextSteps(mirror, constraints)
  const look = async () => {
    next = await nextSteps(mirror, constraints)
  }
  const at = { from: main.registry, to, tag: desired.first.tag, look }
  const push: Push = { name: 'Mirror', attempt: () => bringImage(digest, at, run) }
  const brought = await publishFirst(mirror, { constraints, next, push }, run)
  entry.digest = digest
  await writeCopies([{ ...mirror, image: brought, steps: next.copies }], run, ` in ${entry.image}`)
}

/** What waits in the main repository waits in its mirrors, too. */
export function waitingIn({ entry }: ServiceTarget): Constraints['stable'] {
  const waiting = entry.tags.find(({ outcome }) => outcome === 'withheld')
  return waiting === undefined ? { kind: 'write' } : { kind: 'withhold', why: waiting.note ?? '' }
}
