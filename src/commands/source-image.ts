import { bringImage } from '../docker/skopeo.ts'
import { ReleaseError } from '../errors.ts'
import { requireReadableChecks } from '../gates/checks.ts'
import { publishConstraints } from '../reconcile/state.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, isDigest, isSameRepository, nameOf } from '../registry/reference.ts'
import { requireIsImage } from '../registry/require-image.ts'
import type { Push } from './first-tag.ts'
import { nextSteps } from './observe.ts'
import { readOrigins, wrongOrigins } from './origins.ts'
import { publish, readRepositories } from './publish.ts'
import type { SourceImageRequest } from './request.ts'
import { openTarget, type Run } from './run.ts'
import { commitOfTag } from './tag-commit.ts'

/** Without an engine. If the source image is gone, a version that is published is completed. */
export async function releaseSourceImage(given: SourceImageRequest, run: Run) {
  const target = openTarget(given, run)
  const { sourceImage, checks, decision } = given
  const { registry: to } = target
  const { repository } = sourceImage
  const from = isSameRepository(repository, to.repository) ? to : run.registryFor(repository, 'pull')
  const { digest, commit, labels } = await readSource(given, from, run)
  const request = { ...given, revision: commit }
  const constraints = {
    ...publishConstraints(request, 'bring'),
    own: digest === undefined ? [] : [digest],
  }
  const next = await readRepositories(request, target, constraints, run)
  const { gitTag } = decision
  const { tag } = decision.first
  const image = next.first.kind === 'keep' ? next.first.digest : digest
  if (image === undefined)
    throw new ReleaseError('not-published', {
      what: `The source image ${nameOf(sourceImage)} is not in its registry.`,
      remedy: 'Check source-image, and that the job that builds it has succeeded.',
    })
  const kept = `${tag} is kept, ${image}`
  if (digest === undefined) run.log.notice('The source image is not there any more', `${kept}.`)
  else if (image !== digest)
    run.log.warning('The published image is another one', `${kept}, and source-image is ${digest}.`)
  if (next.first.kind !== 'keep' && checks !== undefined)
    await requireReadableChecks(checks, { gitTag, revision: commit }, run)
  const at = { from, to, tag, look: () => nextSteps(target, constraints) }
  const push: Push = { name: 'Bring', attempt: () => bringImage(image, at, run) }
  await publish(request, target, { constraints, next, push, labels }, run)
}

/** The digest and the commit, as far as they are known. Throws `wrong-origin`. */
function readSource(request: SourceImageRequest, from: RegistryClient, run: Run) {
  const { sourceImage, isLookedAt, services } = request
  const name = nameOf(sourceImage)
  const service = services[0]?.service ?? ''
  return run.log.stage('Read the source image', async conclude => {
    const manifest = await from.getManifest(sourceImage.reference)
    const tag = await commitOfTag(request, run)
    const commit = tag.kind === 'known' ? tag.commit : undefined
    if (manifest === undefined) {
      conclude(`${name} is not there`)
      return { digest: undefined, commit, labels: {} }
    }
    requireIsImage(manifest, name, 'Check source-image.')
    const isByDigest = isDigest(sourceImage.reference)
    if (tag.kind === 'unknown' && !isByDigest)
      throw new ReleaseError('commit-unreadable', {
        what: `${name} can not be compared with the git tag, whose commit is not known: ${tag.why}`,
        remedy: 'Give it with its digest, or set GITHUB_REPOSITORY and GITHUB_TOKEN.',
      })
    const { origins, labels } = await readOrigins(from, manifest)
    const wrong = wrongOrigins(
      [{ service, name, isGiven: isByDigest && isLookedAt, origins }],
      tag,
      request,
      run,
    )
    for (const error of wrong.values()) throw error
    const { digest }: { digest: Digest } = manifest
    conclude(isByDigest ? `${name} is there` : `${name} is ${digest}`)
    return { digest, commit, labels }
  })
}
