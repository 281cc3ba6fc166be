import type { Docker } from '../docker/docker.ts'
import { withLogin } from '../docker/login.ts'
import { PushInterruptedError, pushBackoff } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import { pauseBetween, shortBackoff } from '../http/retry.ts'
import type { Constraints } from '../reconcile/constraints.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { listsManifest } from '../registry/image-index.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import type { Image } from './copies.ts'
import { noteOutcome, type TagEntry } from './ledger.ts'
import { type NextSteps, nextSteps } from './observe.ts'
import type { VersionRequest } from './request.ts'
import type { Run, Target } from './run.ts'

/** How the image of the first tag gets into the registry. */
export interface Push {
  /** What is done, for the name of the stage, such as `Build and push`. */
  readonly name: string
  /**
   * Builds or pushes with a docker that is logged in: gives back the digests that docker says the image has in the
   * registry. `again`: it was tried before, and what was built then is still there.
   */
  readonly attempt: (docker: Docker, again: boolean) => Promise<readonly Digest[]>
  /** Waits before another attempt after an error that is not of the push; false if there is to be none. */
  readonly retry?: (error: unknown) => Promise<boolean>
}

/** The image that the first tag has already. */
function keptImage({ first, observed }: NextSteps): Image | undefined {
  if (first.kind !== 'keep') return undefined
  return { digest: first.digest, manifest: observed.manifest, isBuilt: false }
}

/**
 * The image of the first tag: the one that is there and is kept, or else it logs in, pushes and reads back, as a stage of the run. If it
 * fails, the registry is asked what it has now.
 */
export async function pushFirst(
  { credentials }: VersionRequest,
  target: Target,
  { constraints, next, push }: { constraints: Constraints; next: NextSteps; push: Push },
  run: Run,
): Promise<Image> {
  const kept = keptImage(next)
  if (kept !== undefined) return kept
  const replaces = next.first.kind === 'keep' ? undefined : next.first.replaces
  const { log, clock } = run
  const { registry, entry, desired } = target
  const { tag } = desired.first
  const at = { registry: registry.repository.registry, credentials }
  const pause = pauseBetween(pushBackoff, clock)
  return log.stage(`${push.name} ${tagged(registry.repository, tag)}`, async conclude => {
    try {
      const image = await withLogin(run, at, docker =>
        pushUntilRead(
          target,
          constraints,
          again => push.attempt(docker, again),
          async (error, attempt) => {
            if (!(error instanceof PushInterruptedError)) return (await push.retry?.(error)) ?? false
            return pause(attempt, next => log.info(`${next}: ${error.what}`))
          },
        ),
      )
      conclude(`pushed and read back, ${image.digest}`)
      const replaced = replaces === image.digest ? undefined : replaces
      noteOutcome(entry, tag, { outcome: 'built', ...(replaced === undefined ? {} : { replaced }) })
      return image
    } catch (error) {
      noteOutcome(entry, tag, await outcomeInRegistry(registry, tag, replaces))
      throw error
    }
  })
}

/**
 * Pushes and reads back, until it succeeds or there is no further attempt. After a push that failed the registry is looked at
 * again, as the image may be there all the same: what is published is not built or pushed a second time.
 */
async function pushUntilRead(
  target: Target,
  constraints: Constraints,
  attempt: (again: boolean) => Promise<readonly Digest[]>,
  retry: (error: unknown, attempt: number) => Promise<boolean>,
): Promise<Image> {
  const { registry, desired } = target
  for (let number = 1; ; number += 1) {
    try {
      const manifest = await readPushed(registry, desired.first.tag, await attempt(number > 1))
      return { digest: manifest.digest, manifest, isBuilt: true }
    } catch (error) {
      const isAgain = await retry(error, number)
      if (!isAgain && !(error instanceof ReleaseError && error.name === 'push-failed')) throw error
      const next = await nextSteps(target, constraints).catch((failed: unknown) => {
        throw isAgain ? failed : error
      })
      const image = keptImage(next)
      if (image !== undefined) return { ...image, isBuilt: true }
      if (!isAgain) throw error
    }
  }
}

/** Reads back what was pushed; it must be what docker says it pushed. Throws `not-as-planned`. */
async function readPushed(
  registry: RegistryClient,
  tag: string,
  pushed: readonly Digest[],
): Promise<Manifest> {
  const reference = tagged(registry.repository, tag)
  const manifest = await registry.getManifest(tag)
  if (manifest !== undefined && pushed.includes(manifest.digest)) return manifest
  const whole =
    manifest === undefined ? undefined : await putWhole(registry, tag, { pushed, part: manifest.digest })
  if (whole !== undefined) return whole
  throw new ReleaseError('not-as-planned', {
    what:
      manifest === undefined
        ? `${reference} was pushed, and the registry does not have it.`
        : `${reference} was pushed as ${pushed.join(' or ')}, and the registry has ${manifest.digest} there.`,
    remedy:
      'Find out what else publishes this tag, and keep two runs apart with a concurrency group; then run it again.',
  })
}

/**
 * Gives the tag to the index that was built, if the tag has but a part of it. An engine with the containerd store pushes the
 * image that is for its own platform, and says nothing of it, when it misses content of the others; BuildKit had pushed the
 * whole index before.
 */
async function putWhole(
  registry: RegistryClient,
  tag: string,
  { pushed, part }: { pushed: readonly Digest[]; part: Digest },
): Promise<Manifest | undefined> {
  for (const digest of pushed) {
    const whole = await registry.getManifest(digest)
    if (whole === undefined || !listsManifest(whole, part)) continue
    await registry.putManifest(tag, whole)
    return whole
  }
  return undefined
}

/** What became of a tag when docker failed to push it, or was stopped: the registry tells, not docker. */
async function outcomeInRegistry(
  registry: RegistryClient,
  tag: string,
  before: Digest | undefined,
): Promise<Pick<TagEntry, 'outcome' | 'note' | 'replaced'>> {
  const replaced = before === undefined ? {} : { replaced: before }
  const state = await registry
    .withBackoff(shortBackoff)
    .headTag(tag)
    .catch(() => undefined)
  if (state === undefined) return { outcome: 'unclear', ...replaced }
  if (state.kind === 'absent' || state.digest === before) return { outcome: 'planned' }
  return { outcome: 'pushed', note: `is ${state.digest}`, ...replaced }
}
