import { bringImage } from '../docker/skopeo.ts'
import { ReleaseError } from '../errors.ts'
import { requireReadableChecks } from '../gates/checks.ts'
import { publishConstraints } from '../reconcile/state.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, isSameRepository, nameOfReference } from '../registry/reference.ts'
import { requireIsImage } from '../registry/require-image.ts'
import type { Push } from './first-tag.ts'
import { readOrigins, wrongOrigins } from './origins.ts'
import { publish, readRepositories } from './publish.ts'
import type { SourceImageRequest } from './request.ts'
import { openTarget, type Run } from './run.ts'
import { commitOfTag } from './tag-commit.ts'

/** Releases an image that exists, as it is, without an engine. If it is gone, a version that is published is completed. */
export async function releaseSourceImage(given: SourceImageRequest, run: Run): Promise<void> {
  const target = openTarget(given, run)
  const { sourceImage, checks, decision } = given
  const { registry: to } = target
  const { repository } = sourceImage
  const from = isSameRepository(repository, to.repository) ? to : run.registryFor(repository, 'pull')
  const { digest, commit } = await readSource(given, from, run)
  const request = { ...given, revision: commit }
  const own = digest === undefined ? [] : [digest]
  const constraints = { ...publishConstraints(request, 'bring'), own }
  const next = await readRepositories(request, target, constraints, run)
  const { tag } = decision.first
  if (next.first.kind !== 'keep') {
    if (digest === undefined) throw sourceMissing(given)
    const { gitTag } = decision
    if (checks !== undefined) await requireReadableChecks(checks, { gitTag, revision: commit }, run)
  } else if (next.first.digest !== digest) {
    const is = `${tag} is kept, ${next.first.digest}, and source-image is ${digest ?? 'not there'}.`
    run.log.warning('The published image is another one', is)
  }
  const bring = async () => (digest === undefined ? [] : bringImage(digest, { from, to, tag }, run))
  const push: Push = { name: 'Bring', start: untilRead => untilRead(bring) }
  await publish(request, target, { constraints, next, push }, run)
}

/** The digest of the image, if it is there, and the commit of the git tag, if it is known. Throws `wrong-origin`. */
function readSource(request: SourceImageRequest, from: RegistryClient, run: Run) {
  const { sourceImage, isLookedAt, services } = request
  const name = nameOfReference(sourceImage)
  const service = services[0]?.service ?? ''
  return run.log.stage('Read the source image', async conclude => {
    const manifest = await from.getManifest(sourceImage.digest ?? sourceImage.tag ?? '')
    const tag = await commitOfTag(request, run)
    const commit = tag.kind === 'known' ? tag.commit : request.revision
    if (manifest === undefined) {
      conclude(`${name} is not there`)
      return { digest: undefined, commit }
    }
    requireIsImage(manifest, name)
    const isByDigest = sourceImage.digest !== undefined
    const image = {
      service,
      name,
      isGiven: isByDigest && isLookedAt,
      origins: await readOrigins(from, manifest),
    }
    for (const error of wrongOrigins([image], tag, request, run).values()) throw error
    const { digest }: { digest: Digest } = manifest
    conclude(isByDigest ? `${name} is there` : `${name} is ${digest}`)
    return { digest, commit }
  })
}

function sourceMissing({ sourceImage }: SourceImageRequest) {
  return new ReleaseError('not-published', {
    what: `The source image ${nameOfReference(sourceImage)} is not in its registry.`,
    remedy: 'Check source-image, and that what builds it has ended well.',
  })
}
