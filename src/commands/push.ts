import type { Docker } from '../docker/docker.ts'
import { findLocalImage, type LocalImage } from '../docker/local-image.ts'
import { pushImage } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import { publishConstraints } from '../reconcile/constraints.ts'
import { isSameCommit } from '../reconcile/origin.ts'
import { publishCopies } from './copies.ts'
import { publishFirst } from './first-tag.ts'
import type { ServiceEntry, TagEntry } from './ledger.ts'
import { readRegistry } from './observe.ts'
import type { PushRequest } from './request.ts'
import { openTarget, type Run } from './run.ts'

/** Publishes what `build` has built, which must be one image under every fixed tag, and of the git tag's commit. */
export async function push(given: PushRequest, run: Run): Promise<void> {
  const target = openTarget(given, run)
  const [reference = ''] = target.entry.tags.map(tag => tag.reference)
  const built = await requireOneImage(target.entry, run)
  requireBuiltCommit(reference, built, given)
  const request = { ...given, revision: given.revision ?? built.revision }
  // What is pushed is what was built.
  const constraints = {
    ...publishConstraints({ ...given, revision: built.revision }, 'push'),
    own: built.digests,
  }
  const next = await readRegistry(target, constraints, run)
  const attempt = (docker: Docker) => pushImage(docker, reference, run.temporary)
  const at = { constraints, next, push: { name: 'Push', attempt } }
  const image = await publishFirst(request, target, at, run)
  await publishCopies(request, target, { constraints, image, copies: next.copies }, run)
}

/**
 * The one image that the engine has under every fixed tag of the plan, each found by its exact name.
 *
 * Throws `image-missing`, `stable-image-missing` or `images-differ`.
 */
async function requireOneImage({ tags }: ServiceEntry, run: Run): Promise<LocalImage> {
  const [first, ...copies] = tags
  if (first === undefined) throw new TypeError('a plan without a tag')
  const image = await requireLocalImage(first, run)
  for (const tag of copies.filter(({ moving }) => !moving)) {
    const other = await requireLocalImage(tag, run)
    if (other.id === image.id) continue
    throw new ReleaseError('images-differ', {
      what: `${tag.reference} is ${other.id}, and ${first.reference} is ${image.id}: they are not the same image.`,
      remedy: 'Build them again with the command build, which builds once.',
    })
  }
  return image
}

async function requireLocalImage({ reference, stable }: TagEntry, { docker }: Run): Promise<LocalImage> {
  const image = await findLocalImage(docker, reference)
  if (image !== undefined) return image
  throw new ReleaseError(stable ? 'stable-image-missing' : 'image-missing', {
    what: `The engine has no image ${reference}.`,
    remedy: 'Build it first, with the command build and the same service, tag, registry, project and policy.',
  })
}

/** Throws `wrong-origin` if the image was built from another commit than that of the git tag, where both are known. */
function requireBuiltCommit(
  reference: string,
  { revision: built }: LocalImage,
  { revision, decision }: PushRequest,
): void {
  if (built === undefined || revision === undefined || isSameCommit(built, revision)) return
  throw new ReleaseError('wrong-origin', {
    what: `${reference} was built here from ${built}, and the git tag ${decision.gitTag} is ${revision}.`,
    remedy: 'Build it again, with the command build, from the commit of the git tag.',
  })
}
