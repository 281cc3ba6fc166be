import { PushInterruptedError, pushBackoff } from '../docker/push.ts'
import { knownFailure, ReleaseError } from '../errors.ts'
import { pauseBetween, shortBackoff } from '../http/retry.ts'
import { type Constraints, digestAt, type Observed } from '../reconcile/state.ts'
import type { Step } from '../reconcile/step.ts'
import type { RegistryClient } from '../registry/client.ts'
import { isIndex, listsManifest } from '../registry/image-index.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import { requireImage } from '../registry/require-image.ts'
import { noteOutcome, type RepositoryEntry, type TagOutcome } from './ledger.ts'
import { type Image, type NextSteps, nextSteps } from './observe.ts'
import type { Run, Target } from './run.ts'

export interface Push {
  /** Of the stage. */
  readonly name: string
  /** As far as is known. */
  readonly isIndex?: boolean
  /** Gives back the digests that the image may have. `again`: it was built before. */
  readonly attempt: (again: boolean) => Promise<readonly Digest[]>
  /** For other errors: waits, if it is worth another attempt. */
  readonly retry?: (error: unknown) => Promise<boolean>
}

/** The image that the first tag keeps, or that is pushed and read back. */
export async function publishFirst(
  target: Target,
  { constraints, next, push }: { constraints: Constraints; next: NextSteps; push: Push },
  { log, clock }: Run,
): Promise<Image> {
  const { first } = next
  if (first.kind === 'keep') return keptImage(first, next)
  const before = first.replaces
  const outcome = first.kind === 'build' || first.kind === 'push' ? 'built' : 'copied'
  const { registry, entry, desired } = target
  const { tag } = desired.first
  const pause = pauseBetween(pushBackoff, clock)
  const retry = async (error: unknown, attempt: number): Promise<boolean> =>
    error instanceof PushInterruptedError
      ? pause(attempt, again => log.info(`${again}: ${error.what}`))
      : ((await push.retry?.(error)) ?? false)
  return log.stage(`${push.name} ${tagged(registry.repository, tag)}`, async conclude => {
    try {
      const image = await pushUntilRead(target, constraints, { ...push, retry })
      conclude(`pushed and read back, ${image.digest}`)
      noteWritten(entry, tag, outcome, before === image.digest ? undefined : before, log)
      return image
    } catch (error) {
      await noteFailedPush(target, before)
      throw error
    }
  })
}

export function noteWritten(
  entry: RepositoryEntry,
  tag: string,
  outcome: TagOutcome,
  replaced: Digest | undefined,
  log: Run['log'],
) {
  noteOutcome(entry, tag, outcome, { replaced })
  if (replaced !== undefined)
    log.warning('A published version was overwritten', `${entry.image}:${tag} was ${replaced} before.`)
}

function keptImage({ digest }: { digest: Digest }, { observed }: NextSteps): Image {
  return { digest, manifest: observed.manifest, isBuilt: false }
}

/** After a failed push the registry is read again: nothing is pushed twice, but for an index of which it has a part. */
async function pushUntilRead(
  target: Target,
  constraints: Constraints,
  tries: Omit<Push, 'retry'> & { retry: (error: unknown, attempt: number) => Promise<boolean> },
) {
  const { registry, desired } = target
  for (let number = 1; ; number += 1) {
    try {
      const manifest = await readPushed(registry, desired.first.tag, await tries.attempt(number > 1))
      return { digest: manifest.digest, manifest, isBuilt: true }
    } catch (error) {
      const isAgain = await tries.retry(error, number)
      if (!isAgain && !(error instanceof ReleaseError && error.name === 'push-failed')) throw error
      const next = await nextSteps(target, { ...constraints, isIndex: false }).catch((failed: unknown) => {
        throw isAgain ? failed : error
      })
      const { first } = next
      if (first.kind === 'keep') {
        const isPart = tries.isIndex && !isIndex((await requireImage(registry, first.digest)).mediaType)
        if (!isPart) return { ...keptImage(first, next), isBuilt: true }
      }
      if (!isAgain) throw await withReason(error, registry)
    }
  }
}

/** With the registry's reason: docker says no more than "denied" of a full or read-only project. */
async function withReason(error: unknown, registry: RegistryClient): Promise<unknown> {
  const begun = registry.withBackoff(shortBackoff).requireWritable()
  const refusal = await begun.then(() => undefined, knownFailure)
  if (!(error instanceof ReleaseError) || refusal === undefined) return error
  return new ReleaseError('push-failed', {
    what: `${error.what} ${refusal.what}`,
    remedy: error.remedy,
    cause: error,
  })
}

/** What is there must be what docker says it pushed. Throws `not-as-planned`. */
async function readPushed(registry: RegistryClient, tag: string, pushed: readonly Digest[]) {
  const reference = tagged(registry.repository, tag)
  const manifest = await registry.getManifest(tag)
  if (manifest !== undefined && pushed.includes(manifest.digest)) return manifest
  const whole = manifest === undefined ? undefined : await putWhole(registry, tag, pushed, manifest.digest)
  if (whole !== undefined) return whole
  throw new ReleaseError('not-as-planned', {
    what:
      manifest === undefined
        ? `${reference} was pushed, and the registry does not have it.`
        : `${reference} was pushed as ${pushed.join(' or ')}, and the registry has ${manifest.digest} there.`,
    remedy:
      'Find out what else publishes this tag, keep runs apart with a concurrency group, and run it again.',
  })
}

/**
 * Gives the tag the whole index, if it has but a part: an engine with the containerd store that misses other platforms pushes
 * its own, and does not say so. BuildKit had pushed the whole index before.
 */
async function putWhole(registry: RegistryClient, tag: string, pushed: readonly Digest[], part: Digest) {
  for (const digest of pushed) {
    const whole = await registry.getManifest(digest)
    if (whole === undefined || !listsManifest(whole, part)) continue
    await registry.putManifest(tag, whole)
    return whole
  }
  return undefined
}

/** Docker failed, or was stopped: the registry tells what became of the first tag. */
async function noteFailedPush({ registry, entry, desired }: Target, replaced: Digest | undefined) {
  const { tag } = desired.first
  const state = await registry
    .withBackoff(shortBackoff)
    .headTag(tag)
    .catch(() => undefined)
  if (state === undefined) noteOutcome(entry, tag, 'unclear', { replaced })
  else if (state.kind === 'present' && state.digest !== replaced)
    noteOutcome(entry, tag, 'pushed', { note: `is ${state.digest}`, replaced })
}

/**
 * After a build: if another run has given a stable tag its own image, the first tag gets that, too, as it may be in use. If
 * another run has replaced the first tag, notes that. Throws `not-published`.
 */
export async function restoreFirst(
  { desired, entry, registry }: Target,
  observed: Observed,
  steps: readonly Step[],
) {
  const { tag } = desired.first
  const restore = steps.find(step => step.kind === 'restore')
  if (restore !== undefined) {
    await registry.putManifest(tag, await requireImage(registry, restore.digest))
    noteOutcome(entry, tag, 'different', { note: `is ${restore.digest}` })
  } else if (steps[0]?.kind === 'refuse') {
    const now = digestAt(observed, tag)
    if (now === undefined) noteOutcome(entry, tag, 'missing')
    else noteOutcome(entry, tag, 'different', { note: `is ${now}` })
  }
}
