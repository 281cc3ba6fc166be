import { requireSkopeo } from '../docker/skopeo.ts'
import { knownFailure, ReleaseError } from '../errors.ts'
import { mirrorConstraints, stableConstraint } from '../reconcile/state.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import { errorOfServices, linesOfServices, remediesOf, type ServiceFailure } from '../service-errors.ts'
import { bringImage } from './bring.ts'
import { writeCopies } from './copies.ts'
import { type Push, publishFirst } from './first-tag.ts'
import { noteFailure, tryServices } from './for-services.ts'
import { isPublished, nameOf, noteOutcome } from './ledger.ts'
import { type NextSteps, nextSteps, writableSteps } from './observe.ts'
import type { VersionRequest } from './request.ts'
import type { Run, ServiceTarget, Target } from './run.ts'

/** Throws `skopeo-missing` or `credentials-unreadable` if there are mirrors, or `others`, that it can't copy between. */
export async function requireMeansToCopy(
  targets: readonly ServiceTarget[],
  run: Run,
  others: readonly RegistryClient[] = [],
): Promise<void> {
  const mirrored = targets.filter(({ mirrors }) => mirrors.length > 0)
  const all = mirrored.flatMap(target => [target, ...target.mirrors]).map(({ registry }) => registry)
  if (all.length + others.length > 0) await requireSkopeo([...all, ...others], run)
}

/** Throws what stands against the mirrors of a service, as a stage of the run. `own`: what its image may become. */
export async function readMirrors(
  target: ServiceTarget,
  { next: { first }, own }: { next: NextSteps; own: readonly Digest[] },
  request: VersionRequest,
  run: Run,
): Promise<void> {
  const count = target.mirrors.length
  if (count === 0) return
  await run.log.stage('Read the mirrors', async conclude => {
    const digests = first.kind === 'keep' ? [first.digest] : own
    const failures = await unreadyMirrors([{ target, digests }], request, run)
    const [failure] = failures
    const what = `Of ${count} mirrors, ${failures.length} can not be written`
    if (failure !== undefined)
      throw errorOfServices(failures, { name: failure.error.name, what, count, noun: 'mirrors' })
    conclude(target.mirrors.map(({ entry }) => entry.image).join(', '))
  })
}

/** What stands against mirrors, whose image is, or may be, one of `digests`. */
export async function unreadyMirrors(
  all: readonly { readonly target: ServiceTarget; readonly digests: readonly Digest[] }[],
  request: VersionRequest,
  { secrets }: Run,
): Promise<readonly ServiceFailure[]> {
  const failures: ServiceFailure[] = []
  const mirrors = all.flatMap(({ target, digests }) => target.mirrors.map(mirror => ({ ...mirror, digests })))
  const { onExisting, stable } = request
  await tryServices(mirrors, { failures, secrets }, mirror =>
    writableSteps(
      mirror,
      mirrorConstraints({ onExisting, stable: stableConstraint(stable) }, mirror.digests),
    ),
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
  const failures: { failure: ServiceFailure; has: string }[] = []
  for (const target of targets) {
    for (const mirror of target.mirrors) {
      try {
        await completeMirror(mirror, target, request, run)
      } catch (error) {
        const failure = noteFailure(mirror.entry, knownFailure(error), run.secrets)
        const has = mirror.entry.tags.filter(isPublished).map(({ tag }) => tag)
        failures.push({ failure, has: has.length === 0 ? 'none of the tags' : has.join(', ') })
      }
    }
  }
  const [first] = failures
  if (first === undefined) return
  const facts = failures.map(({ failure: { service, error }, has }) => {
    return { service, what: `it has ${has}. ${error.what}`, remedy: error.remedy }
  })
  const images = targets.map(({ entry }) => entry.image)
  const published = images.length > 3 ? `All ${images.length} services are` : `${images.join(', ')} is`
  throw new ReleaseError('mirror-incomplete', {
    what: `${published} published and verified. Not complete:\n${linesOfServices(facts)}`,
    remedy: `${remediesOf(facts)}\nThen run it again: it completes the mirrors, and builds nothing.`,
    cause: first.failure.error.cause,
  })
}

async function completeMirror(given: Target, main: ServiceTarget, request: VersionRequest, run: Run) {
  const { digest } = main.entry
  if (digest === undefined) throw new TypeError(`${nameOf(main.entry)} is not verified`)
  const mirror = dueMirror(given, main)
  const { registry: to, desired, entry } = mirror
  const constraints = mirrorConstraints({ ...request, stable: { kind: 'write' } }, [digest])
  const next = await nextSteps(mirror, constraints)
  const sides = { from: main.registry, to, tag: desired.first.tag }
  const push: Push = { name: 'Mirror', start: untilRead => untilRead(() => bringImage(digest, sides, run)) }
  const image = await publishFirst(mirror, { constraints, next, push }, run)
  entry.digest = digest
  await writeCopies([{ ...mirror, image, steps: next.copies }], run, ` in ${entry.image}`)
}

/** What a mirror should have now: what waits in the main repository waits there, too. */
export function dueMirror(mirror: Target, { entry }: ServiceTarget): Target {
  const waiting = entry.tags.filter(({ outcome }) => outcome === 'withheld')
  for (const { tag, note } of waiting) noteOutcome(mirror.entry, tag, 'withheld', { note })
  const copies = mirror.desired.copies.filter(copy => waiting.every(({ tag }) => tag !== copy.tag))
  return { ...mirror, desired: { ...mirror.desired, copies } }
}
