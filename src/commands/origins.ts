import { ReleaseError } from '../errors.ts'
import { repositoryAt } from '../git/remote.ts'
import type { TagCommit } from '../git/source.ts'
import { objectionsTo, type PublishedImage } from '../reconcile/origin.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { REVISION_LABEL, readLabels, SOURCE_LABEL } from '../registry/labels.ts'
import type { GitTagRequest } from './request.ts'
import type { Run } from './run.ts'

/** Of each platform, and the labels of the first. */
export async function readOrigins(registry: RegistryClient, manifest: Manifest) {
  const labels = await readLabels(registry, manifest)
  const origins = labels.map(({ [REVISION_LABEL]: revision, [SOURCE_LABEL]: source }) => ({
    revision,
    repository: source === undefined ? undefined : repositoryAt(source),
  }))
  return { origins, labels: labels[0] ?? {} }
}

/** Why images are not of the git tag's commit, by service: errors `wrong-origin`. `name` is as given, or without digest. */
export function wrongOrigins(
  images: readonly (PublishedImage & { name: string })[],
  tag: TagCommit,
  { source, decision, command }: GitTagRequest,
  { log }: Pick<Run, 'log'>,
): ReadonlyMap<string, ReleaseError> {
  const revision = tag.kind === 'known' ? tag.commit : undefined
  const objections = objectionsTo(images, { revision, repository: source.address })
  const unknown = tag.kind === 'known' ? '' : `The commit of the git tag is not known: ${tag.why}`
  // Somebody has looked at an image that was given by its digest.
  if (unknown !== '' && objections.size === 0 && images.some(({ isGiven }) => !isGiven))
    log.warning(
      'The images were not compared with the git tag',
      `${unknown} To be sure that they are of it, give each with its digest.`,
    )
  const errors = images.flatMap(({ service, name }) => {
    const objection = objections.get(service)
    if (objection === undefined) return []
    const as = command === 'promote' ? 'promoted for' : 'released as'
    const remedy = objection.mayBeGiven ? GIVE_DIGEST : command === 'promote' ? PUBLISHED : TESTED
    const error = new ReleaseError('wrong-origin', {
      what: `${name} can not be ${as} ${decision.gitTag}: ${objection.why}.`,
      remedy: `${remedy} ${unknown}`.trim(),
    })
    return [[service, error] as const]
  })
  return new Map(errors)
}

const GIVE_DIGEST = 'If it is the right image, give it with its digest.'
const PUBLISHED =
  'Find out which is right. If not this one, release a new version; or, if nobody uses it yet, release again with on-existing: overwrite, then promote.'
const TESTED = "Build and test an image of the git tag's commit, and release that one."
