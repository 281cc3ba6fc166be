import type { Docker } from '../docker/docker.ts'
import { findLocalImage, type LocalImage } from '../docker/local-image.ts'
import { withLogin } from '../docker/login.ts'
import { push as pushImage } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import { pauseBetween, pushBackoff } from '../http/retry.ts'
import type { Terms } from '../reconcile/terms.ts'
import { REVISION_LABEL } from '../registry/labels.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import { announcedPlan, fixedTags, type Plan } from './plan.ts'
import { publishCopies, publishTerms, readRegistry } from './publish.ts'
import { afterBrokenPush, type Push, pushFirst } from './push-first.ts'
import type { PushRequest } from './request.ts'
import type { Result, TagResult } from './result.ts'
import type { Run, Services } from './run.ts'
import type { Image } from './write-tags.ts'

const requireLocalImage = async (docker: Docker, { reference, stable }: TagResult): Promise<LocalImage> => {
  const image = await findLocalImage(docker, reference)
  if (image !== undefined) return image
  throw new ReleaseError(stable ? 'stable-image-missing' : 'image-missing', {
    what: `The engine has no image ${reference}.`,
    remedy:
      'Nothing was pushed. Build it first, with the command build and the same service, tag, registry, project and policy.',
  })
}

/**
 * The one image that the engine has under every fixed tag of the plan, each found by its exact name.
 *
 * Throws `image-missing`, `stable-image-missing` or `images-differ`.
 */
const builtImage = async (plan: Plan, docker: Docker): Promise<LocalImage> => {
  const [first, ...others] = fixedTags(plan)
  const image = await requireLocalImage(docker, first)
  for (const tag of others) {
    const other = await requireLocalImage(docker, tag)
    if (other.id === image.id) continue
    throw new ReleaseError('images-differ', {
      what: `${tag.reference} is ${other.id}, and ${first.reference} is ${image.id}: they are not the same image.`,
      remedy: 'Nothing was pushed. Build them again with the command build, which builds once.',
    })
  }
  return image
}

/** Pushes the image that was built under the first tag, as a stage of the run. */
const pushBuilt = async (
  { credentials }: PushRequest,
  plan: Plan,
  { terms, replaces }: { terms: Terms; replaces: Digest | undefined },
  tools: Services & Run,
): Promise<Image> => {
  const { registry, docker, log, clock, temporary } = tools
  const reference = tagged(registry.repository, plan.desired.first.tag)
  const pause = pauseBetween(pushBackoff, clock)
  return log.stage(`Push ${reference}`, async conclude => {
    const at = { registry: registry.repository.registry, credentials }
    const image = await withLogin(docker, at, { log, temporary, pause }, used => {
      const push: Push = {
        attempt: () => pushImage(used, reference, temporary),
        retry: afterBrokenPush(pause, log),
      }
      return pushFirst(plan, { terms, replaces, push }, tools)
    })
    conclude(`pushed and read back, ${image.digest}`)
    return image
  })
}

/**
 * Publishes what `build` has built: finds it under every fixed tag, insists that it is one image, pushes the first tag
 * unless it is there, and publishes the other tags.
 */
export const push = async (request: PushRequest, tools: Services & Run): Promise<Result> => {
  const plan = announcedPlan(request, 'push', tools)
  const built = await builtImage(plan, tools.docker)
  // What is pushed is what was built, whichever commit this run is for.
  const terms = {
    ...publishTerms({ ...request, revision: built.labels[REVISION_LABEL] }, 'push'),
    own: built.digests,
  }
  const { first, copies, sight } = await readRegistry(plan, terms, tools)
  const image: Image =
    first.kind === 'keep'
      ? { digest: first.digest, manifest: sight.manifest, first: { outcome: 'kept' } }
      : await pushBuilt(request, plan, { terms, replaces: first.replaces }, tools)
  return { ...plan.result, ...(await publishCopies(request, plan, { terms, image, copies }, tools)) }
}
