import { ReleaseError } from '../errors.ts'
import { requireReadableChecks } from '../gates/checks.ts'
import { publishConstraints } from '../reconcile/state.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, type ImageReference, isSameRepository, nameOfReference } from '../registry/reference.ts'
import { requireIsImage } from '../registry/require-image.ts'
import { bringImage } from './bring.ts'
import { publishCopies } from './copies.ts'
import { type Push, publishFirst } from './first-tag.ts'
import { publishMirrors, readMirrors, requireMeansToCopy } from './mirrors.ts'
import { readRegistry } from './observe.ts'
import { readOrigins, wrongOrigins } from './origins.ts'
import type { SourceImageRequest } from './request.ts'
import { openTarget, type Run, type ServiceTarget } from './run.ts'
import { commitOfTag } from './tag-commit.ts'

/** Releases an image that exists, as it is, without an engine. One that is gone serves a version that is published already. */
export async function releaseSourceImage(given: SourceImageRequest, run: Run): Promise<void> {
  const target = openTarget(given, run)
  const { repository } = given.sourceImage
  const { registry: to, desired } = target
  const isHere = isSameRepository(repository, to.repository)
  const from = isHere ? to : run.registryFor(repository, 'pull')
  await requireMeansToCopy([target], run, isHere ? [] : [from, to])
  const { digest, commit } = await readSource(given, { from, target }, run)
  const request = { ...given, revision: commit }
  const own = digest === undefined ? [] : [digest]
  const constraints = { ...publishConstraints(request, 'bring'), own }
  const next = await readRegistry(target, constraints, run)
  const { first } = next
  if (first.kind !== 'keep' && digest === undefined) throw sourceMissing(given.sourceImage)
  await readMirrors(target, { next, own }, request, run)
  if (first.kind !== 'keep' && request.checks !== undefined)
    await requireReadableChecks(request.checks, { gitTag: desired.gitTag, revision: commit }, run)
  if (first.kind === 'keep' && first.digest !== digest)
    run.log.warning(
      'The published image is another one',
      `${first.tag.tag} is kept, ${first.digest}, and source-image is ${digest ?? 'not there'}.`,
    )
  const sides = { from, to, tag: desired.first.tag }
  const push: Push = {
    name: 'Bring',
    start: untilRead => untilRead(async () => (digest === undefined ? [] : bringImage(digest, sides, run))),
  }
  const image = await publishFirst(target, { constraints, next, push }, run)
  await publishCopies(request, target, { constraints, image, copies: next.copies }, run)
  await publishMirrors([target], request, run)
}

/** The image, if it is there, and the commit of the git tag, if it is known. Throws `wrong-origin`. */
function readSource(
  request: SourceImageRequest,
  { from, target: { entry } }: { from: RegistryClient; target: ServiceTarget },
  run: Run,
): Promise<{ digest: Digest | undefined; commit: string | undefined }> {
  const { sourceImage } = request
  const name = nameOfReference(sourceImage)
  return run.log.stage('Read the source image', async conclude => {
    const manifest = await from.getManifest(sourceImage.digest ?? sourceImage.tag ?? '')
    const tag = await commitOfTag(request, run)
    const commit = tag.kind === 'known' ? tag.commit : request.revision
    if (manifest === undefined) {
      conclude(`${name} is not there`)
      return { digest: undefined, commit }
    }
    requireIsImage(manifest, name)
    const isGiven = sourceImage.digest !== undefined && request.isLookedAt
    const { service } = entry
    const image = { service, name, isGiven, origins: await readOrigins(from, manifest) }
    const wrong = wrongOrigins([image], tag, request, run).get(service)
    if (wrong !== undefined) throw wrong
    const { digest } = manifest
    conclude(`${name} is ${digest}`)
    return { digest, commit }
  })
}

function sourceMissing(reference: ImageReference) {
  return new ReleaseError('not-published', {
    what: `The source image ${nameOfReference(reference)} is not in its registry.`,
    remedy: 'Check source-image, and that what builds it has ended well.',
  })
}
