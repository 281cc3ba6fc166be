import type { PlannedTag } from '../policy/decide.ts'
import type { Digest } from '../registry/reference.ts'
import type { Desired } from './desired.ts'
import { digestAt, type Observed } from './observed.ts'
import type { Step } from './step.ts'
import { mayWait } from './waiting.ts'

/** How a repository differs from the policy. */
export type FindingKind =
  /** A fixed stable tag is not there. */
  | 'stable-missing'
  /** The same, while it may wait for its promotion. */
  | 'stable-waiting'
  /** A stable tag is another image than the first tag. */
  | 'stable-differs'
  /** Other tags of the version are there, and the first is not. */
  | 'first-missing'
  /** Another fixed tag is not there. */
  | 'copy-missing'
  /** Another fixed tag is another image than the first tag. */
  | 'copy-differs'
  /** A moving tag does not lead to the newest version. */
  | 'moving-behind'
  /** A tag leads to an image that the registry does not have. */
  | 'image-lost'
  /** Other services have the version, and this one does not. */
  | 'version-missing'
  /** A stable tag waits, and other services, or other stable tags of the version, are promoted. */
  | 'promotion-incomplete'

/** One thing in which a repository differs from the policy, with what a reader can do. */
export interface Finding {
  readonly kind: FindingKind
  readonly tag: string
  /** Whether it must not be so; what may wait, or may have expired, is shown all the same. */
  readonly wrong: boolean
  /** What is found, as a part of a sentence that is the same for every service. */
  readonly what: string
  /** What the reader can do, as sentences. */
  readonly remedy: string
  /** Whether a moving tag is on a newer version than it should be. */
  readonly isAhead?: boolean
  /** The image that the tag has, and the one that it should have, where they are different. */
  readonly digest?: Digest
  readonly wanted?: Digest
}

/** The version that has an image. */
export interface ImageOwner {
  readonly gitTag: string
  /** Whether it is newer than the one that is judged. */
  readonly isNewer: boolean
  /** The tags that the policy gives it. */
  readonly tags: readonly string[]
}

/**
 * What is found of a version in one repository that has at least one of its fixed tags: what is to be done says how it
 * differs. `lost` are the images that tags lead to, and the registry does not have; `ownerOf` names the version that has an
 * image as its first, or under another fixed tag, if one has.
 */
export function findingsOf(
  desired: Desired,
  known: Known & { readonly steps: readonly Step[]; readonly lost: ReadonlySet<string> },
): readonly Finding[] {
  const { observed, steps, lost } = known
  const { first, copies } = desired
  const image = digestAt(observed, first.tag)
  const isLost = (tag: string): boolean => lost.has(digestAt(observed, tag) ?? '')
  // What a moving tag leads to is found with the version that it belongs to.
  const lostTags = [first, ...copies]
    .filter(({ tag, moving }, index) => (index === 0 || !moving) && isLost(tag))
    .map(tag => lostImage(tag, desired, known))
  if (image === undefined) return [firstMissing(desired, observed), ...lostTags]
  const differing = steps.flatMap(step => findingOf(step, desired, known) ?? [])
  // No tag can be given to an image that is lost, nor can a lost one be the right one.
  const told = differing.filter(
    ({ kind, tag }) => !isLost(tag) && (!lost.has(image) || kind.endsWith('-differs')),
  )
  return [...lostTags, ...told]
}

/** What is found of a version that a service should have, as others have it and it has an older one. */
export function versionMissing(gitTag: string): Finding {
  return {
    kind: 'version-missing',
    tag: gitTag,
    wrong: true,
    what: `${gitTag} is not there, and other services have it`,
    remedy: `Run release for ${gitTag}. If it has expired, let from begin with a newer version; if it was never meant for this service, audit the service by itself.`,
  }
}

/** What a finding is made from. */
interface Known {
  readonly observed: Observed
  readonly ownerOf: (digest: Digest) => ImageOwner | undefined
}

function firstMissing({ first, gitTag, copies }: Desired, observed: Observed): Finding {
  const there = copies.flatMap(({ tag, moving }) => {
    const digest = moving ? undefined : digestAt(observed, tag)
    return digest === undefined ? [] : [{ tag, digest }]
  })
  const tags = there.map(({ tag }) => tag)
  const differ = new Set(there.map(({ digest }) => digest)).size > 1
  const image = differ ? 'the right one of these images' : `the image of ${tags[0] ?? gitTag}`
  return {
    kind: 'first-missing',
    tag: first.tag,
    wrong: true,
    what: `${first.tag} is not there, and ${tags.join(', ') || 'its image'} ${tags.length > 1 ? 'are' : 'is'}${differ ? ', which are different images' : ''}`,
    remedy: `If ${first.tag} has expired, let from begin with a newer version. Otherwise give it back to ${image} in the registry.`,
  }
}

function lostImage({ tag, stable }: PlannedTag, { first, gitTag }: Desired, { observed }: Known): Finding {
  const digest = digestAt(observed, tag)
  const isFirstLost = digest === digestAt(observed, first.tag)
  return {
    kind: 'image-lost',
    tag,
    wrong: true,
    what: `${tag} leads to an image that the registry does not have`,
    remedy: `Contact the registry's administrators; if it can't be restored, delete the tag, then run ${stable && !isFirstLost ? 'promote' : 'release'} for ${gitTag}.`,
    ...(digest === undefined ? {} : { digest }),
  }
}

/** What a step says of a tag beside the first: nothing if it is as it should be. */
function findingOf(step: Step, desired: Desired, known: Known): Finding | undefined {
  const { tag } = step
  const { first, gitTag } = desired
  const { observed, ownerOf } = known
  const digest = digestAt(observed, tag.tag)
  const owner = digest === undefined ? undefined : ownerOf(digest)
  const images = imagesOf(tag.tag, desired, observed)
  if (step.kind === 'move') return movingBehind(tag, desired, owner, images)
  if (step.kind === 'withhold') {
    if (!mayWait(step, desired, observed)) return movingBehind(tag, desired, owner, images)
    const until =
      owner === undefined ? ', and is an image of no version that is judged' : `, and is ${owner.gitTag}`
    const what = tag.moving
      ? `${tag.tag} waits for the promotion of ${gitTag}${digest === undefined ? '' : until}`
      : `${tag.tag} waits for its promotion`
    const remedy = `Run promote for ${gitTag} when it may go to production.`
    return {
      kind: 'stable-waiting',
      tag: tag.tag,
      wrong: false,
      what,
      remedy,
      ...(digest === undefined ? {} : { digest }),
    }
  }
  if (step.kind === 'copy') {
    const kind = tag.stable ? 'stable-missing' : 'copy-missing'
    return {
      kind,
      tag: tag.tag,
      wrong: true,
      what: `${tag.tag} is not there`,
      remedy: writeRemedy(tag, gitTag),
    }
  }
  if (step.kind !== 'refuse') return undefined
  const other = owner === undefined || owner.gitTag === gitTag ? undefined : owner.gitTag
  return {
    kind: tag.stable ? 'stable-differs' : 'copy-differs',
    tag: tag.tag,
    wrong: true,
    what: `${tag.tag} is another image than ${first.tag}${other === undefined ? '' : `: that of ${other}`}`,
    remedy: `Find out which is right. If it is ${first.tag}, delete only the tag ${tag.tag} in the registry, not its image${other === undefined ? '' : `, which is that of ${other}`}; then run ${tag.stable ? 'promote' : 'release'} for ${gitTag}. If it is ${tag.tag}, give ${first.tag} to its image there.`,
    ...images,
  }
}

/** The image that a tag has, and the one that it should have. */
function imagesOf(tag: string, { first }: Desired, observed: Observed): Pick<Finding, 'digest' | 'wanted'> {
  const [digest, wanted] = [digestAt(observed, tag), digestAt(observed, first.tag)]
  return { ...(digest === undefined ? {} : { digest }), ...(wanted === undefined ? {} : { wanted }) }
}

/** What writes a tag that is not there, or behind. */
function writeRemedy({ stable }: PlannedTag, gitTag: string): string {
  return `Run ${stable ? 'promote' : 'release'} for ${gitTag}${stable ? '' : ' again'}, which gives it to the published image.`
}

/** A moving tag that is not on the newest version. `owner` is the version that it leads to, if there is one. */
function movingBehind(
  tag: PlannedTag,
  { gitTag }: Desired,
  owner: ImageOwner | undefined,
  images: Pick<Finding, 'digest' | 'wanted'>,
): Finding {
  const about = { kind: 'moving-behind', tag: tag.tag, wrong: true, ...images } as const
  if (owner?.isNewer === true) {
    const newer = owner.gitTag
    return {
      ...about,
      isAhead: true,
      what: `${tag.tag} is ${newer}, and the newest that it may follow is ${gitTag}`,
      remedy: owner.tags.includes(tag.tag)
        ? `Find out what is missing of ${newer}, and add that if ${newer} is right. Only if it is not, run ${tag.stable ? 'promote' : 'release'} for ${gitTag}, which moves ${tag.tag} back.`
        : `The policy gives ${newer} no ${tag.tag}. ${writeRemedy(tag, gitTag)}`,
    }
  }
  const what =
    images.digest === undefined
      ? `${tag.tag} is not there, and belongs to ${gitTag}`
      : `${tag.tag} is not ${gitTag}, which is the newest that it follows`
  return { ...about, what, remedy: writeRemedy(tag, gitTag) }
}
