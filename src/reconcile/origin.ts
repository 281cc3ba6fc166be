/** What an image says of where it comes from; what it does not say is missing. */
export interface Origin {
  /** The commit that it was built from. */
  readonly revision: string | undefined
  /** The repository of that commit, in one spelling. */
  readonly repository: string | undefined
}

/** The image of a service that is to be promoted. */
export interface PublishedImage {
  readonly service: string
  /** Whether the caller gave its digest: somebody has looked at it. */
  readonly isGiven: boolean
  /** Of each platform. */
  readonly origins: readonly Origin[]
}

/** What stands against an image, as a part of a sentence, and what the reader can do. */
export interface Objection {
  readonly why: string
  readonly remedy: string
}

const LOOK = 'If it is the right image, give it with its digest'
const REBUILD =
  'Find out which is right: what is wrong must be released again before anything becomes stable.'

/** Whether two commits are known, and the same: whoever writes a label may write it in capitals. */
export const isSameCommit = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && one.toLowerCase() === other?.toLowerCase()

/** The origin of the platforms of an image that name one, and whether that are all. */
interface CommonOrigin extends Origin {
  readonly isOfAll: boolean
}

/** The one origin of an image whose platforms are of one commit: of the git tag's repository, if one of them says so. */
const commonOrigin = (origins: readonly Origin[], tag: Origin): CommonOrigin => {
  const naming = origins.filter(({ revision }) => revision !== undefined)
  const repositories = naming.flatMap(({ repository }) => repository ?? [])
  return {
    revision: naming[0]?.revision,
    repository: repositories.find(repository => repository === tag.repository) ?? repositories[0],
    isOfAll: naming.length === origins.length,
  }
}

const differentPlatforms = (origins: readonly Origin[]): Objection | undefined => {
  const revisions = [...new Set(origins.flatMap(({ revision }) => revision ?? []))]
  return revisions.length > 1
    ? { why: `its platforms were built from different commits, ${revisions.join(' and ')}`, remedy: REBUILD }
    : undefined
}

/** What stands against an image, the commit of the git tag being known. */
const besideCommit = (
  { revision, repository, isOfAll }: CommonOrigin,
  { isGiven, tag, commit }: { isGiven: boolean; tag: Origin; commit: string },
): Objection | undefined => {
  if (revision === undefined) return withoutRevision(isGiven)
  if (isSameCommit(revision, commit)) return isOfAll ? undefined : withoutRevision(isGiven)
  if (repository !== undefined && tag.repository !== undefined && repository !== tag.repository) {
    return ofAnotherRepository(repository, isGiven)
  }
  return { why: `it was built from ${revision}, and the git tag is ${commit}`, remedy: REBUILD }
}

const withoutRevision = (isGiven: boolean): Objection | undefined =>
  isGiven ? undefined : { why: 'it does not say which commit it was built from', remedy: `${LOOK}.` }

const ofAnotherRepository = (repository: string | undefined, isGiven: boolean): Objection | undefined => {
  if (isGiven) return undefined
  const why =
    repository === undefined
      ? 'it does not say which repository it was built from'
      : `it was built from another repository, ${repository}`
  return { why, remedy: `${LOOK}.` }
}

const named = (repository: string | undefined): string => repository ?? 'a repository that it does not name'

/** What stands against images that can only be compared with one another. */
const besideOthers = (
  { origins, isGiven }: PublishedImage,
  images: readonly PublishedImage[],
  tag: Origin,
): Objection | undefined => {
  const { revision, repository, isOfAll } = commonOrigin(origins, tag)
  if (revision === undefined) return withoutRevision(isGiven)
  if (tag.repository !== undefined && repository !== tag.repository) {
    return ofAnotherRepository(repository, isGiven)
  }
  const others = images
    .map(({ service, origins }) => ({ service, ...commonOrigin(origins, tag) }))
    .filter(other => other.revision !== undefined)
  const other = others.find(
    each =>
      each.repository === repository && each.revision !== undefined && !isSameCommit(each.revision, revision),
  )
  if (other !== undefined) {
    return {
      why: `it was built from ${revision}, and ${other.service} from ${other.revision}`,
      remedy: REBUILD,
    }
  }
  if (!isOfAll) return withoutRevision(isGiven)
  if (isGiven || tag.repository !== undefined) return undefined
  const foreign = others.find(each => each.repository !== repository)
  return foreign === undefined
    ? undefined
    : {
        why: `it was built from ${named(repository)}, and ${foreign.service} from ${named(foreign.repository)}`,
        remedy: `${LOOK}.`,
      }
}

/**
 * What stands against the promotion of images that are to be of one git tag, by service: none may be of another commit. An
 * image that does not say which commit it is of, or that is of another repository, is accepted if its digest was given.
 * Where the commit of the git tag is not known, it must be the same for all.
 */
export const objectionsTo = (
  images: readonly PublishedImage[],
  tag: Origin,
): ReadonlyMap<string, Objection> => {
  const objectionTo = (image: PublishedImage): Objection | undefined => {
    const { isGiven, origins } = image
    const platforms = differentPlatforms(origins)
    if (platforms !== undefined) return platforms
    const commit = tag.revision
    return commit === undefined
      ? besideOthers(image, images, tag)
      : besideCommit(commonOrigin(origins, tag), { isGiven, tag, commit })
  }
  return new Map(
    images.flatMap(image => {
      const objection = objectionTo(image)
      return objection === undefined ? [] : [[image.service, objection] as const]
    }),
  )
}
