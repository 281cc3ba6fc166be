import type { Docker } from '../docker/docker.ts'
import { withLogin } from '../docker/login.ts'
import { PushInterruptedError, pushBackoff } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import { type Pause, pauseBetween } from '../http/retry.ts'
import type { Log } from '../log.ts'
import type { Terms } from '../reconcile/terms.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { listsManifest } from '../registry/image-index.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import { nextSteps } from './next-steps.ts'
import { outcomeInRegistry, replacing } from './outcome.ts'
import type { Plan } from './plan.ts'
import type { PublishRequest } from './request.ts'
import type { ToolsForOne } from './tools.ts'
import type { Image } from './write-tags.ts'

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
    if (whole === undefined || !listsManifest(whole, part)) continue
    await registry.putManifest(tag, whole)
    return whole
  }
  return undefined
}

/** Reads back what was pushed; it must be what docker says it pushed. Throws `not-as-planned`. */
const readPushed = async (
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
    remedy:
      'No other tag was written. Look for something else that publishes the same tag, and keep two runs apart with a concurrency group; then run it again.',
  })
}

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

/** Tries a push again that broke for a reason that may pass. */
export const afterBrokenPush =
  (pause: Pause, log: Log) =>
  async (error: unknown, attempt: number): Promise<boolean> =>
    error instanceof PushInterruptedError && pause(attempt, next => log.info(`${next}: ${error.what}`))

/**
 * Pushes and reads back, until it succeeds or there is no further attempt. Before a second attempt the registry is looked
 * at again, as the image may be there all the same: what is published is not built or pushed a second time.
 */
const pushUntilRead = async (
  plan: Plan,
  {
    terms,
    attempt,
    retry,
  }: {
    terms: Terms
    attempt: (again: boolean) => Promise<readonly Digest[]>
    retry: (error: unknown, attempt: number) => Promise<boolean>
  },
  { registry, journal }: ToolsForOne,
): Promise<{ digest: Digest; manifest: Manifest | undefined }> => {
  for (let number = 1; ; number += 1) {
    try {
      const digests = await attempt(number > 1)
      const manifest = await readPushed(registry, plan.desired.first.tag, digests)
      return { digest: manifest.digest, manifest }
    } catch (error) {
      if (!(await retry(error, number))) throw error
      const next = await nextSteps(plan, terms, { registry, journal })
      if (next.first.kind === 'keep') return { digest: next.first.digest, manifest: next.observed.manifest }
    }
  }
}

/**
 * Logs in, pushes the first tag and reads it back, as a stage of the run. `replaces` is the image that it had before. If it
 * fails, the registry is asked what it has now.
 */
export const pushFirst = async (
  { credentials, repository }: Pick<PublishRequest, 'credentials' | 'repository'>,
  plan: Plan,
  { terms, replaces, push }: { terms: Terms; replaces: Digest | undefined; push: Push },
  tools: ToolsForOne,
): Promise<Image> => {
  const { docker, log, clock, temporary, registry, journal } = tools
  const [first] = plan.result.tags
  const pause = pauseBetween(pushBackoff, clock)
  const afterPush = afterBrokenPush(pause, log)
  return log.stage(`${push.name} ${first.reference}`, async conclude => {
    const at = { registry: repository.registry, credentials }
    const { digest, manifest } = await withLogin(docker, at, { log, temporary, pause }, used =>
      pushUntilRead(
        plan,
        {
          terms,
          attempt: again => push.attempt(used, again),
          retry: async (error, attempt) =>
            (await afterPush(error, attempt)) || ((await push.retry?.(error)) ?? false),
        },
        tools,
      ).catch(async (error: unknown) => {
        journal.tag({ ...first, ...(await outcomeInRegistry(registry, first.tag, replaces)) })
        throw error
      }),
    )
    conclude(`pushed and read back, ${digest}`)
    return { digest, manifest, outcome: { outcome: 'built', ...replacing(replaces, digest) } }
  })
}
