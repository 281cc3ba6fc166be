import { PushInterruptedError } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import type { Pause } from '../http/retry.ts'
import type { Log } from '../log.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import { lookAhead, type Outlook } from './outlook.ts'
import type { Plan } from './plan.ts'
import type { PublishRequest } from './request.ts'
import type { TagOutcome } from './result.ts'
import { type Reading, readPlanned, requireManifest } from './tags.ts'

/** The first tag as it is in the registry now, how it came there, and what is beside it. */
export interface First {
  readonly digest: Digest
  readonly manifest: () => Promise<Manifest>
  readonly outcome: TagOutcome
  readonly others: Reading
}

/** A first tag that is there already; its manifest is fetched when it is needed and was not read before. */
export const existing = (
  registry: RegistryClient,
  digest: Digest,
  { published, states, versions }: Outlook,
): First => ({
  digest,
  manifest: async () => published ?? requireManifest(registry, digest),
  outcome: 'kept',
  others: { states, versions },
})

/** Reads back what was pushed; it must be what docker says it pushed. */
const readBack = async (
  registry: RegistryClient,
  tag: string,
  pushed: readonly Digest[],
): Promise<Manifest> => {
  const reference = tagged(registry.repository, tag)
  const manifest = await registry.getManifest(tag)
  if (manifest !== undefined && pushed.includes(manifest.digest)) return manifest
  throw new ReleaseError('not-as-planned', {
    what:
      manifest === undefined
        ? `${reference} was pushed, and the registry does not have it.`
        : `${reference} was pushed as ${pushed.join(' or ')}, and the registry has ${manifest.digest} there.`,
    wayOut:
      'No other tag was written. Look for something else that publishes the same tag, and keep two runs apart with a concurrency group; then run the job again.',
  })
}

/**
 * Insists that no fixed tag became something else's while this run built. Throws `not-as-planned` if one did: then
 * another run was faster, and the first tag, which was its before this run pushed, is given back to it.
 */
const requireUntouched = async (
  { onExisting }: PublishRequest,
  { first, copies }: Plan,
  { digest, others }: First,
  registry: RegistryClient,
): Promise<void> => {
  for (const { tag, moving } of copies) {
    const state = others.states.get(tag)
    if (moving || onExisting === 'overwrite' || state?.kind !== 'present' || state.digest === digest) continue
    await registry.putManifest(first.tag, await requireManifest(registry, state.digest))
    throw new ReleaseError('not-as-planned', {
      what: `${tagged(registry.repository, tag)} became ${state.digest} while this run built ${digest}, so ${first.tag} was given back to it.`,
      wayOut:
        'Two runs published this version at once, and the image of the other one stays. Keep two runs apart with a concurrency group.',
    })
  }
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
    log.info(error.message)
    return pause(attempt)
  }

/**
 * Brings the first tag into the registry and reads it back, with the other tags: a build takes time, in which
 * something else may have written these, or released a newer version. Before a second attempt the registry is looked
 * at again, as the image may be there all the same: what is published is not built or pushed a second time.
 */
export const bringFirst = async (
  request: PublishRequest,
  plan: Plan,
  { registry, bring, retry }: { registry: RegistryClient; bring: Bring; retry: Retry },
): Promise<First> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const pushed = await bring(attempt > 1)
      const [manifest, others] = await Promise.all([
        readBack(registry, plan.first.tag, pushed),
        readPlanned(registry, plan.copies),
      ])
      const { digest } = manifest
      const image: First = { digest, manifest: async () => manifest, outcome: 'built', others }
      await requireUntouched(request, plan, image, registry)
      return image
    } catch (error) {
      if (!(await retry(error, attempt))) throw error
      const outlook = await lookAhead(request, plan, registry)
      const { course } = outlook
      if (course.kind === 'reuse') return { ...existing(registry, course.digest, outlook), outcome: 'built' }
    }
  }
}
