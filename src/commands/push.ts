import type { Docker } from '../docker/docker.ts'
import { findLocalImage, type LocalImage } from '../docker/local-image.ts'
import { pushImage } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import { isSameCommit } from '../reconcile/origin.ts'
import { REVISION_LABEL } from '../registry/labels.ts'
import { announcedPlan, fixedTags, type Plan } from './plan.ts'
import { publishCopies, publishTerms, readRegistry } from './publish.ts'
import { type Push, pushFirst } from './push-first.ts'
import type { PushRequest } from './request.ts'
import type { ImageTagResult, ServiceResult } from './result.ts'
import type { ToolsForOne } from './tools.ts'
import type { Image } from './write-tags.ts'

const requireLocalImage = async (
  docker: Docker,
  { reference, stable }: ImageTagResult,
): Promise<LocalImage> => {
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

/** Throws `wrong-origin` if the image was built from another commit than that of the git tag, where both are known. */
const requireBuiltCommit = (
  { result }: Plan,
  built: string | undefined,
  { gitTag, revision }: PushRequest,
): void => {
  if (built === undefined || revision === undefined || isSameCommit(built, revision)) return
  throw new ReleaseError('wrong-origin', {
    what: `${result.tags[0].reference} was built here from ${built}, and the git tag ${gitTag} is ${revision}.`,
    remedy: 'Nothing was pushed. Build it again, with the command build, from the commit of the git tag.',
  })
}

/**
 * Publishes what `build` has built: finds it under every fixed tag, which must be one image, and of the git tag's
 * commit; pushes the first tag unless it is there, and publishes the other tags.
 */
export const push = async (request: PushRequest, tools: ToolsForOne): Promise<ServiceResult> => {
  const plan = announcedPlan(request, tools)
  const built = await builtImage(plan, tools.docker)
  const revision = built.labels[REVISION_LABEL]
  requireBuiltCommit(plan, revision, request)
  // What is pushed is what was built, if this run does not say which commit it is for.
  const terms = {
    ...publishTerms({ ...request, revision }, 'push'),
    own: built.digests,
  }
  const { first, copies, observed } = await readRegistry(plan, terms, tools)
  const push: Push = {
    name: 'Push',
    attempt: docker => pushImage(docker, plan.result.tags[0].reference, tools.temporary),
  }
  const image: Image =
    first.kind === 'keep'
      ? { digest: first.digest, manifest: observed.manifest, outcome: { outcome: 'kept' } }
      : await pushFirst(request, plan, { terms, replaces: first.replaces, push }, tools)
  return publishCopies(
    { ...request, revision: request.revision ?? revision },
    plan,
    { terms, image, copies },
    tools,
  )
}
