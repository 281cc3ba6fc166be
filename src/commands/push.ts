import { findLocalImage, type LocalImage } from '../docker/local-image.ts'
import { pushImage } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import { isSameCommit } from '../reconcile/origin.ts'
import { pushFirst } from './first-tag.ts'
import type { TagEntry } from './ledger.ts'
import { readRegistry } from './observe.ts'
import { publishConstraints, publishCopies } from './publish.ts'
import type { PushRequest } from './request.ts'
import { openTarget, type Run, type Target } from './run.ts'

/**
 * Publishes what `build` has built: finds it under every fixed tag, which must be one image, and of the git tag's commit;
 * pushes the first tag unless it is there, and publishes the other tags.
 */
export async function push(request: PushRequest, run: Run): Promise<void> {
  const target = openTarget(request, run)
  const { temporary } = run
  const built = await builtImage(target, run)
  const { revision } = built
  requireBuiltCommit(target, revision, request)
  // What is pushed is what was built, if this run does not say which commit it is for.
  const constraints = { ...publishConstraints({ ...request, revision }, 'push'), own: built.digests }
  const next = await readRegistry(target, constraints, run)
  const { copies } = next
  const reference = target.entry.tags[0]?.reference ?? ''
  const image = await pushFirst(
    request,
    target,
    {
      constraints,
      next,
      push: { name: 'Push', attempt: used => pushImage(used, reference, temporary) },
    },
    run,
  )
  const known = { ...request, revision: request.revision ?? revision }
  await publishCopies(known, target, { constraints, image, copies }, run)
}

/**
 * The one image that the engine has under every fixed tag of the plan, each found by its exact name.
 *
 * Throws `image-missing`, `stable-image-missing` or `images-differ`.
 */
async function builtImage({ entry }: Target, run: Run): Promise<LocalImage> {
  const [first, ...copies] = entry.tags
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
  { entry, desired }: Target,
  built: string | undefined,
  { revision }: PushRequest,
): void {
  if (built === undefined || revision === undefined || isSameCommit(built, revision)) return
  throw new ReleaseError('wrong-origin', {
    what: `${entry.tags[0]?.reference} was built here from ${built}, and the git tag ${desired.gitTag} is ${revision}.`,
    remedy: 'Build it again, with the command build, from the commit of the git tag.',
  })
}
