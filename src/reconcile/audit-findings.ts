import type { PlannedTag } from '../policy/decide.ts'
import type { Digest } from '../registry/reference.ts'
import { type Desired, digestAt, type Observed } from './state.ts'
import type { Step } from './step.ts'

/** One difference of a repository, or of a use, from the policy; docs/audit.md explains each kind. */
export interface Finding {
  readonly kind:
    | 'stable-missing'
    | 'stable-waiting'
    | 'stable-differs'
    | 'first-missing'
    | 'copy-missing'
    | 'copy-differs'
    | 'moving-behind'
    | 'image-lost'
    | 'version-missing'
    | 'promotion-incomplete'
    | 'used-not-stable'
    | 'used-gone'
    | 'used-without-tag'
    | 'used-unknown'
    | 'used-elsewhere'
    | 'used-not-newest'
  readonly tag: string
  /** What may wait is not wrong. */
  readonly wrong: boolean
  /** A part of a sentence. */
  readonly what: string
  readonly remedy: string
  /** Of a moving tag that is on too new a version. */
  readonly isAhead?: boolean
  /** The image that the tag has, and the one that it should have, if they differ. */
  readonly digest?: Digest | undefined
  readonly wanted?: Digest | undefined
}

export interface ImageOwner {
  readonly gitTag: string
  /** Than the one that is judged. */
  readonly isNewer: boolean
  readonly tags: readonly string[]
}

/**
 * Of a version of which a repository has at least one fixed tag. `lost`: images of tags that the registry does not have;
 * `ownerOf`: the version that has an image as its first tag.
 */
export function findingsOf(
  desired: Desired,
  known: Known & { steps: readonly Step[]; lost: ReadonlySet<string> },
): readonly Finding[] {
  const { observed, steps, lost } = known
  const { first, copies } = desired
  const image = digestAt(observed, first.tag)
  const isLost = ({ tag }: { tag: string }) => lost.has(digestAt(observed, tag) ?? '')
  // A moving tag's image is found with the version that it belongs to.
  const fixed = copies.filter(({ moving }) => !moving)
  const lostTags = [first, ...fixed].filter(isLost).map(tag => lostImage(tag, desired, observed))
  if (image === undefined) {
    const others = fixed.filter(tag => digestAt(observed, tag.tag) !== undefined && !isLost(tag))
    if (others.length > 0) return [...firstMissing(desired, others, known), ...lostTags]
    // The registry lists a tag of the version.
    return lostTags.length > 0 ? lostTags : [lostImage(first, desired, observed)]
  }
  const differing = steps.flatMap(step => findingOf(step, desired, known) ?? [])
  // No tag can be given to a lost image, nor is a lost one the right one.
  const told = differing.filter(
    found => !isLost(found) && (!lost.has(image) || found.kind.endsWith('-differs')),
  )
  return [...lostTags, ...told]
}

/** Of a version that only other services have. */
export function versionMissing(gitTag: string): Finding {
  return {
    kind: 'version-missing',
    tag: gitTag,
    wrong: true,
    what: `${gitTag} is not there, and other services have it`,
    remedy: `Run release for ${gitTag}. If it has expired, set from to a newer version; if this service never had it, audit the service by itself.`,
  }
}

export function promotionIncomplete(waiting: Finding, gitTag: string): Finding {
  return {
    ...waiting,
    kind: 'promotion-incomplete',
    what: `The promotion of ${gitTag} is incomplete: ${waiting.tag} still waits`,
    remedy: `Run promote for ${gitTag} again with all services.`,
  }
}

/** Of a version that is promoted no stable tag may wait, not even a moving one. */
export function mayWait({ tag }: Step, { first, copies }: Desired, observed: Observed) {
  const fixed = copies.filter(({ stable, moving }) => stable && !moving)
  const image = digestAt(observed, first.tag)
  const isPromoted =
    fixed.length > 0 && image !== undefined && fixed.every(each => digestAt(observed, each.tag) === image)
  return !(tag.moving && isPromoted)
}

interface Known {
  readonly observed: Observed
  readonly ownerOf: (digest: Digest) => ImageOwner | undefined
}

function lostImage(planned: PlannedTag, { first, gitTag }: Desired, observed: Observed): Finding {
  const { tag } = planned
  const digest = digestAt(observed, tag)
  const command = digest === digestAt(observed, first.tag) ? 'release' : commandFor(planned)
  return {
    kind: 'image-lost',
    tag,
    wrong: true,
    what: `${tag} leads to an image that the registry does not have`,
    remedy: `Contact the registry's administrators. If it can't be restored, delete the tag; then run ${command} for ${gitTag}.`,
    digest,
  }
}

/** Without the first tag, the others may have the image of another version. */
function firstMissing(
  { first, gitTag }: Desired,
  others: readonly PlannedTag[],
  { observed, ownerOf }: Known,
): Finding[] {
  const about = { kind: 'first-missing', tag: first.tag, wrong: true } as const
  const there = others.map(({ tag }) => {
    const digest = digestAt(observed, tag)
    return { tag, digest, owner: (digest && ownerOf(digest)?.gitTag) ?? gitTag }
  })
  const own = there.filter(({ owner }) => owner === gitTag)
  const tags = own.map(({ tag }) => tag).join(', ')
  const differ = new Set(own.map(({ digest }) => digest)).size > 1
  const rest = {
    ...about,
    what: `${first.tag} is not there, and ${tags} ${own.length > 1 ? 'are' : 'is'}`,
    remedy: `If ${first.tag} has expired and is not in use, set from to a newer version. If ${differ ? 'one of these images' : 'this image'} is that of ${gitTag}, give it the tag ${first.tag} in the registry; else delete only the tags.`,
  }
  const strays = there.filter(({ owner }) => owner !== gitTag)
  return [
    ...(own.length > 0 ? [rest] : []),
    ...strays.map(({ tag, owner, digest }) => ({
      ...about,
      what: `${first.tag} is not there, and ${tag} is the image of ${owner}`,
      remedy: `Delete only the tag ${tag} in the registry, not the image; then run release for ${gitTag}.`,
      digest,
    })),
  ]
}

function findingOf(step: Step, desired: Desired, { observed, ownerOf }: Known): Finding | undefined {
  const { first, gitTag } = desired
  const { tag, stable } = step.tag
  const digest = digestAt(observed, tag)
  const owner = digest && ownerOf(digest)
  const about = { tag, wrong: true, digest, wanted: digestAt(observed, first.tag) }
  const command = commandFor(step.tag)
  if (step.kind === 'withhold' && mayWait(step, desired, observed)) {
    const now = owner?.gitTag ?? 'of no version that is judged'
    const what = `${tag} waits for the promotion of ${gitTag}${digest === undefined ? '' : `, and is ${now}`}`
    const remedy = `When it may go to production, run promote for ${gitTag} with all services.`
    return { kind: 'stable-waiting', tag, wrong: false, what, remedy, digest }
  }
  if (step.kind === 'move' || step.kind === 'withhold')
    return { kind: 'moving-behind', ...about, ...movingBehind(step.tag, gitTag, { owner, digest }) }
  if (step.kind === 'copy') {
    const kind = stable ? 'stable-missing' : 'copy-missing'
    return { kind, tag, wrong: true, what: `${tag} is not there`, remedy: writeRemedy(step.tag, gitTag) }
  }
  if (step.kind !== 'refuse') return undefined
  const kind = stable ? 'stable-differs' : 'copy-differs'
  const what = `${tag} is another image than ${first.tag}`
  if (owner !== undefined && owner.gitTag !== gitTag) {
    const remedy = `Delete only the tag ${tag}, not the image, which is that of ${owner.gitTag}; then run ${command} for ${gitTag}.`
    return { kind, ...about, what: `${what}: that of ${owner.gitTag}`, remedy }
  }
  const remedy = `Find out which is right. If it is ${first.tag}, delete only the tag ${tag}, not the image; then run ${command} for ${gitTag}. If it is ${tag}, give ${first.tag} to its image.`
  return { kind, ...about, what, remedy }
}

function movingBehind(
  planned: PlannedTag,
  gitTag: string,
  { owner, digest }: { owner: ImageOwner | undefined; digest: Digest | undefined },
) {
  const { tag } = planned
  const remedy = writeRemedy(planned, gitTag)
  if (digest === undefined) return { what: `${tag} is not there, and belongs to ${gitTag}`, remedy }
  if (owner?.isNewer !== true) return { what: `${tag} is not ${gitTag}, the newest that it follows`, remedy }
  const newer = owner.gitTag
  return {
    isAhead: true,
    what: `${tag} is ${newer}, and the newest that it may follow is ${gitTag}`,
    remedy: owner.tags.includes(tag)
      ? `If ${newer} is right, add what it lacks. If not, run ${commandFor(planned)} for ${gitTag}, which moves ${tag} back.`
      : `The policy gives ${newer} no ${tag}. ${remedy}`,
  }
}

function writeRemedy(tag: PlannedTag, gitTag: string) {
  const [again, unless] = tag.stable
    ? ['', ' If it waits for tests, set stable: on-promotion.']
    : [' again', '']
  return `Run ${commandFor(tag)} for ${gitTag}${again}, which gives it to the published image.${unless}`
}

function commandFor({ stable }: PlannedTag) {
  return stable ? 'promote' : 'release'
}
