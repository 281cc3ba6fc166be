import { PushInterruptedError } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import type { Pause } from '../http/retry.ts'
import type { Log } from '../log.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { names } from '../registry/image-index.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import type { Journal } from './journal.ts'
import { lookAhead } from './outlook.ts'
import type { Plan } from './plan.ts'
import type { PublishRequest } from './request.ts'
import type { TagOutcome } from './result.ts'
import { requireTagged } from './tags.ts'

/** The first tag as it is in the registry now, and how it came there. */
export interface First {
  readonly digest: Digest
  readonly manifest: () => Promise<Manifest>
  readonly outcome: TagOutcome
}

const read = (manifest: Manifest, outcome: TagOutcome): First => ({
  digest: manifest.digest,
  manifest: () => Promise.resolve(manifest),
  outcome,
})

/** A first tag that is there already; its manifest is fetched when it is needed and was not read before. */
export const existing = (
  registry: RegistryClient,
  tag: string,
  digest: Digest,
  published: Manifest | undefined,
): First =>
  published === undefined
    ? { digest, manifest: () => requireTagged(registry, tag, digest), outcome: 'kept' }
    : read(published, 'kept')

/**
 * Gives the tag to the index that was built, if the tag has but a part of it. An engine with the containerd store
 * pushes the image that is for its own platform, and says nothing of it, when it misses content of the others; BuildKit
 * had pushed the whole index before.
 */
const putWhole = async (
  registry: RegistryClient,
  tag: string,
  { pushed, part }: { pushed: readonly Digest[]; part: Digest },
): Promise<Manifest | undefined> => {
  for (const digest of pushed) {
    const whole = await registry.getManifest(digest)
    if (whole === undefined || !names(whole, part)) continue
    await registry.putManifest(tag, whole)
    return whole
  }
  return undefined
}

/** Reads back what was pushed; it must be what docker says it pushed. */
const readBack = async (
  registry: RegistryClient,
  tag: string,
  pushed: readonly Digest[],
): Promise<Manifest> => {
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
    wayOut:
      'No other tag was written. Look for something else that publishes the same tag, and keep two runs apart with a concurrency group; then run it again.',
  })
}

/**
 * Brings the image of the first tag into the registry: gives back the digests that docker says it has there.
 * `again`: it was tried before, and what was built then is still there.
 */
export type Bring = (again: boolean) => Promise<readonly Digest[]>

/** Waits before the next attempt, if there is to be one after this error; else gives back false. */
export type Retry = (error: unknown, attempt: number) => Promise<boolean>

/** Tries a push again that broke for a reason that may pass. */
export const afterBrokenPush =
  (pause: Pause, log: Log): Retry =>
  async (error, attempt) => {
    if (!(error instanceof PushInterruptedError)) return false
    return pause(attempt, next => log.info(`${next}: ${error.what}`))
  }

/**
 * Brings the first tag into the registry and reads it back. Before a second attempt the registry is looked at
 * again, as the image may be there all the same: what is published is not built or pushed a second time.
 */
export const bringFirst = async (
  request: PublishRequest,
  plan: Plan,
  ports: { registry: RegistryClient; journal: Journal; bring: Bring; retry: Retry },
): Promise<First> => {
  const { registry, journal, bring, retry } = ports
  const pushed = { ...plan.result.tags[0], outcome: 'pushed' } as const
  for (let attempt = 1; ; attempt += 1) {
    try {
      const digests = await bring(attempt > 1)
      // Reading back may fail; that docker pushed is known by then.
      journal.tag(pushed)
      return read(await readBack(registry, plan.first.tag, digests), 'built')
    } catch (error) {
      if (error instanceof ReleaseError && error.name === 'cache-not-written') journal.tag(pushed)
      if (!(await retry(error, attempt))) throw error
      const { course, published } = await lookAhead(request, plan, registry)
      if (course.kind === 'reuse')
        return { ...existing(registry, plan.first.tag, course.digest, published), outcome: 'built' }
    }
  }
}
