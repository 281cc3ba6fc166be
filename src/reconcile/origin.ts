export interface Origin {
  readonly revision: string | undefined
  /** The repository of that commit, in one spelling. */
  readonly repository: string | undefined
}

export interface PublishedImage {
  readonly service: string
  /** Whether the caller gave its digest: somebody has looked at it. */
  readonly isGiven: boolean
  /** Of each platform. */
  readonly origins: readonly Origin[]
}

/**
 * What stands against images of one git tag, by service. None may be of another commit than the git tag or, where that is not
 * known, than the others. One that names no commit, or another repository, must be given by its digest.
 */
export function objectionsTo(images: readonly PublishedImage[], tag: Origin) {
  return new Map(
    images.flatMap(image => {
      const objection = objectionTo(image, images, tag)
      return objection === undefined ? [] : [[image.service, objection] as const]
    }),
  )
}

/** Of known commits; a label may have capitals. */
export function isSameCommit(one: string | undefined, other: string | undefined) {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase()
}

function objectionTo(image: PublishedImage, images: readonly PublishedImage[], tag: Origin) {
  const revisions = [...new Set(image.origins.flatMap(({ revision }) => revision ?? []))]
  if (revisions.length > 1)
    return wrongImage(`its platforms were built from different commits, ${revisions.join(' and ')}`)
  const { revision, repository, isOfAll } = commonOrigin(image.origins, tag)
  if (revision === undefined) return unlessGiven(image, 'it does not say which commit it was built from')
  const isForeign = tag.repository !== undefined && repository !== tag.repository
  const from =
    repository === undefined ? 'a repository that it does not name' : `another repository, ${repository}`
  if (tag.revision === undefined) {
    if (isForeign) return unlessGiven(image, `it was built from ${from}`)
    const objection = compareWithOthers(image, images, tag)
    if (objection !== undefined) return objection
  } else if (!isSameCommit(revision, tag.revision)) {
    return isForeign && repository !== undefined
      ? unlessGiven(image, `it was built from ${from}`)
      : wrongImage(`it was built from ${revision}, and the git tag is ${tag.revision}`)
  }
  return isOfAll
    ? undefined
    : unlessGiven(image, 'not each of its platforms says which commit it was built from')
}

function compareWithOthers(image: PublishedImage, images: readonly PublishedImage[], tag: Origin) {
  const { revision, repository } = commonOrigin(image.origins, tag)
  const others = images
    .map(({ service, origins }) => ({ service, ...commonOrigin(origins, tag) }))
    .filter(other => other.revision !== undefined)
  const other = others.find(each => each.repository === repository && !isSameCommit(each.revision, revision))
  if (other !== undefined)
    return wrongImage(`it was built from ${revision}, and ${other.service} from ${other.revision}`)
  const foreign = others.find(each => each.repository !== repository)
  return tag.repository !== undefined || foreign === undefined
    ? undefined
    : unlessGiven(image, `it was built from another repository than ${foreign.service}`)
}

function unlessGiven({ isGiven }: PublishedImage, why: string) {
  return isGiven ? undefined : { why, mayBeGiven: true }
}

function wrongImage(why: string) {
  return { why, mayBeGiven: false }
}

/** Of an image of one commit; and whether all of its platforms name it. */
function commonOrigin(origins: readonly Origin[], tag: Origin) {
  const naming = origins.filter(({ revision }) => revision !== undefined)
  const repositories = naming.flatMap(({ repository }) => repository ?? [])
  return {
    revision: naming[0]?.revision,
    repository: repositories.find(repository => repository === tag.repository) ?? repositories[0],
    isOfAll: naming.length === origins.length,
  }
}
