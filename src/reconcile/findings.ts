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

/** What writes a tag that is not there, or behind. */
const writeRemedy = ({ stable }: PlannedTag, gitTag: string): string =>
  stable
    ? `Run promote for ${gitTag}, which gives it to the published image.`
    : `Run release for ${gitTag} again, which gives it to the published image.`

const firstMissing = ({ first, gitTag, copies }: Desired, observed: Observed): Finding => {
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
    remedy: `If ${first.tag} has expired, let "from" begin with a newer version. Otherwise give it back to ${image} in the registry.`,
  }
}

/** A moving tag that is not on the newest version. `owner` is the version that it leads to, if there is one. */
const movingBehind = (
  tag: PlannedTag,
  { first, gitTag }: Desired,
  { observed, owner }: { observed: Observed; owner: ImageOwner | undefined },
): Finding => {
  const [digest, wanted] = [digestAt(observed, tag.tag), digestAt(observed, first.tag)]
  const about = { kind: 'moving-behind', tag: tag.tag, wrong: true } as const
  const found = { ...(digest === undefined ? {} : { digest }), ...(wanted === undefined ? {} : { wanted }) }
  if (owner?.isNewer === true) {
    const newer = owner.gitTag
    const mayBe = owner.tags.includes(tag.tag)
    return {
      ...about,
      ...found,
      isAhead: true,
      what: `${tag.tag} is ${newer}, and the newest that it may follow is ${gitTag}`,
      remedy: mayBe
        ? `Find out what is missing of ${newer}, and add that if ${newer} is right. Only if it is not, run ${tag.stable ? 'promote' : 'release'} for ${gitTag}, which moves ${tag.tag} back.`
        : `The policy gives ${newer} no ${tag.tag}. ${writeRemedy(tag, gitTag)}`,
    }
  }
  return {
    ...about,
    ...found,
    what:
      digest === undefined
        ? `${tag.tag} is not there, and belongs to ${gitTag}`
        : `${tag.tag} is not ${gitTag}, which is the newest that it follows`,
    remedy: writeRemedy(tag, gitTag),
  }
}

/** What a moving tag is while it waits. */
const until = (there: Digest | undefined, owner: ImageOwner | undefined): string => {
  if (there === undefined) return ''
  return owner === undefined ? ', and is an image of no version that is judged' : `, and is ${owner.gitTag}`
}

/** What a step says of a tag beside the first: nothing if it is as it should be. */
const findingOf = (
  step: Step,
  desired: Desired,
  { observed, ownerOf }: { observed: Observed; ownerOf: (digest: Digest) => ImageOwner | undefined },
): Finding | undefined => {
  const { tag } = step
  const { first, gitTag } = desired
  const about = { tag: tag.tag, wrong: true }
  const there = digestAt(observed, tag.tag)
  const owner = there === undefined ? undefined : ownerOf(there)
  switch (step.kind) {
    case 'withhold':
      if (!mayWait(step, desired, observed)) return movingBehind(tag, desired, { observed, owner })
      return {
        ...about,
        kind: 'stable-waiting',
        wrong: false,
        what: tag.moving
          ? `${tag.tag} waits for the promotion of ${gitTag}${until(there, owner)}`
          : `${tag.tag} waits for its promotion`,
        remedy: `Run promote for ${gitTag} when it may go to production.`,
        ...(there === undefined ? {} : { digest: there }),
      }
    case 'copy':
      return {
        ...about,
        kind: tag.stable ? 'stable-missing' : 'copy-missing',
        what: `${tag.tag} is not there`,
        remedy: writeRemedy(tag, gitTag),
      }
    case 'move':
      return movingBehind(tag, desired, { observed, owner })
    case 'refuse': {
      const [digest, wanted] = [there, digestAt(observed, first.tag)]
      const other = owner === undefined || owner.gitTag === gitTag ? undefined : owner.gitTag
      return {
        ...about,
        kind: tag.stable ? 'stable-differs' : 'copy-differs',
        what: `${tag.tag} is another image than ${first.tag}${other === undefined ? '' : `: that of ${other}`}`,
        remedy: `Find out which is right. If it is ${first.tag}, delete the tag ${tag.tag} in the registry, and not its image${other === undefined ? '' : `, which is that of ${other}`}; then run ${tag.stable ? 'promote' : 'release'} for ${gitTag}. If it is ${tag.tag}, give ${first.tag} to its image there.`,
        ...(digest === undefined ? {} : { digest }),
        ...(wanted === undefined ? {} : { wanted }),
      }
    }
    default:
      return undefined
  }
}

/** What is another image than the first tag's. */
const DIFFERS: readonly FindingKind[] = ['stable-differs', 'copy-differs']

const lostImage = (
  { tag, stable }: PlannedTag,
  digest: Digest,
  { gitTag, isFirst }: { gitTag: string; isFirst: boolean },
): Finding => ({
  kind: 'image-lost',
  tag,
  wrong: true,
  what: `${tag} leads to an image that the registry does not have`,
  remedy: `Contact the registry's administrators; if it can't be restored, delete the tag, then run ${stable && !isFirst ? 'promote' : 'release'} for ${gitTag}.`,
  digest,
})

/**
 * What is found of a version in one repository that has at least one of its fixed tags: what is to be done says how it
 * differs. `lost` are the images that tags lead to, and the registry does not have; `ownerOf` names the version that has an image
 * as its first, or under another fixed tag, if one has.
 */
export const findingsOf = (
  desired: Desired,
  {
    observed,
    steps,
    lost,
    ownerOf,
  }: {
    observed: Observed
    steps: readonly Step[]
    lost: ReadonlySet<string>
    ownerOf: (digest: Digest) => ImageOwner | undefined
  },
): readonly Finding[] => {
  const { first, copies, gitTag } = desired
  // What a moving tag leads to is found with the version that it belongs to.
  const image = digestAt(observed, first.tag)
  const isLost = (tag: string): boolean => lost.has(digestAt(observed, tag) ?? '')
  const isFirst = image !== undefined && lost.has(image)
  const lostTags = [first, ...copies.filter(({ moving }) => !moving)].flatMap(tag => {
    const digest = digestAt(observed, tag.tag)
    return digest !== undefined && lost.has(digest) ? [lostImage(tag, digest, { gitTag, isFirst })] : []
  })
  if (image === undefined) return [firstMissing(desired, observed), ...lostTags]
  const differing = steps.flatMap(step => findingOf(step, desired, { observed, ownerOf }) ?? [])
  // No tag can be given to an image that is lost, nor can a lost one be the right one.
  const told = differing.filter(({ kind, tag }) => !isLost(tag) && (!isFirst || DIFFERS.includes(kind)))
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
