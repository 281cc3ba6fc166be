import type { PlannedTag } from '../policy/decide.ts'
import { decideMove } from '../policy/moving.ts'
import type { Digest } from '../registry/reference.ts'
import type { Desired } from './desired.ts'
import { digestAt, type Observed } from './observed.ts'
import { isSameCommit } from './origin.ts'
import type { Refuse, Step } from './step.ts'
import type { Constraints } from './constraints.ts'

const OTHER_VERSION = 'release a new version'
const OVERWRITE = 'set on-existing: overwrite to replace what is there'
const TWO_RUNS =
  "Two runs published this version at once, and the other run's image was kept. Keep two runs apart with a concurrency group."

const NOT_GIVEN =
  'Check that the digest is that of this service and version. If it is, the image was replaced since: find out by what.'

/** The image that the first tag has now, if it has one. */
const firstDigest = ({ first }: Desired, observed: Observed): Digest | undefined =>
  observed.content?.kind === 'leftover' ? undefined : digestAt(observed, first.tag)

/** The first tag, of which it is settled which image it must have. */
const settled = (
  desired: Desired,
  there: Digest | undefined,
  { digest, from }: NonNullable<Constraints['image']>,
): Step => {
  const { first } = desired
  if (there === digest) return { kind: 'keep', tag: first, digest }
  if (from === 'given') {
    return there === undefined
      ? notPublished(desired)
      : {
          kind: 'refuse',
          tag: first,
          error: 'not-as-planned',
          why: `${first.tag} is ${there}, and should be ${digest}`,
          remedy: NOT_GIVEN,
        }
  }
  return {
    kind: 'refuse',
    tag: first,
    error: 'not-as-planned',
    why: `${first.tag} was ${digest}, and ${there === undefined ? 'is gone' : `became ${there}`} while this run waited`,
    remedy: TWO_RUNS,
  }
}

const notPublished = ({ first, gitTag }: Desired): Refuse => ({
  kind: 'refuse',
  tag: first,
  error: 'not-published',
  why: `${first.tag} is not in the registry`,
  remedy: `Release ${gitTag} first; what is promoted is the published image.`,
})

/** The first tag, which is there, by on-existing. */
const existing = (first: PlannedTag, there: Digest, observed: Observed, constraints: Constraints): Step => {
  const keep: Step = { kind: 'keep', tag: first, digest: there }
  const { onExisting, revision, own = [] } = constraints
  if (onExisting === 'reuse') return keep
  if (onExisting === 'fail') {
    return {
      kind: 'refuse',
      tag: first,
      error: 'already-published',
      why: `${first.tag} is there already, as ${there}, and on-existing is fail`,
      remedy: `Set on-existing: same-revision to go on with an interrupted release, or ${OTHER_VERSION}.`,
    }
  }
  const published = observed.content?.kind === 'image' ? observed.content.revision : undefined
  if (own.includes(there) || isSameCommit(published, revision)) return keep
  return {
    kind: 'refuse',
    tag: first,
    error: 'already-published',
    why: [
      `${first.tag} is there already, as ${there},`,
      published === undefined ? 'without the label of its revision;' : `built from revision ${published};`,
      revision === undefined
        ? 'which commit this run would build is not known'
        : `this run is for revision ${revision}`,
    ].join(' '),
    remedy: `If it is the right image, set on-existing: reuse; if not, ${OTHER_VERSION}, or ${OVERWRITE}.`,
  }
}

const reconcileFirst = (desired: Desired, observed: Observed, constraints: Constraints): Step => {
  const { first } = desired
  const there = firstDigest(desired, observed)
  const { publishes, image, onExisting } = constraints
  if (image !== undefined) return settled(desired, there, image)
  if (publishes === 'nothing') {
    return there === undefined ? notPublished(desired) : { kind: 'keep', tag: first, digest: there }
  }
  if (there === undefined || first.moving) return { kind: publishes, tag: first, replaces: undefined }
  if (onExisting === 'overwrite') return { kind: publishes, tag: first, replaces: there }
  return existing(first, there, observed, constraints)
}

/** Why a fixed tag that has another image keeps it, and what to do. */
const obstacle = (
  tag: PlannedTag,
  other: Digest,
  { first, there, constraints }: { first: PlannedTag; there: Digest | undefined; constraints: Constraints },
): Refuse => {
  const { publishes, image } = constraints
  const kind = 'refuse'
  const is = `${tag.tag} is there already, as ${other}`
  if (image?.from === 'built' || image?.from === 'found') {
    const meanwhile =
      image.from === 'built'
        ? `built ${image.digest}, so ${first.tag} was given back to it`
        : `waited, and ${first.tag} is ${image.digest}`
    const why = `${tag.tag} became ${other} while this run ${meanwhile}`
    return { kind, tag, error: 'not-as-planned', why, remedy: TWO_RUNS }
  }
  if (image?.from === 'given' && other === there) {
    const why = `${tag.tag} is ${other}, and should be ${image.digest}`
    return { kind, tag, error: 'not-as-planned', why, remedy: NOT_GIVEN }
  }
  const right =
    'Find out which is right: delete the wrong tag in the registry, and no image that another tag has'
  if (there === undefined) {
    const others = publishes === 'nothing' ? `or ${OTHER_VERSION}` : `${OTHER_VERSION}, or ${OVERWRITE}`
    const remedy = `Give ${first.tag} back to the image of ${tag.tag} in the registry if that is the right one, ${others}.`
    return { kind, tag, error: 'already-published', why: `${first.tag} is not there, but ${is}`, remedy }
  }
  const remedy = publishes === 'nothing' ? `${right}.` : `${right}, ${OVERWRITE}, or ${OTHER_VERSION}.`
  return { kind, tag, error: 'already-published', why: `${first.tag} is ${there}, but ${is}`, remedy }
}

/** A promoted image that would no longer be the one of the first tag, and is not promoted again by this run. */
const promotedAlready = (tag: PlannedTag, first: PlannedTag): Refuse => ({
  kind: 'refuse',
  tag,
  error: 'already-published',
  why: `${tag.tag} is there already, and would no longer be the same image as ${first.tag}`,
  remedy: `With stable: on-promotion a promoted version can not be overwritten: ${OTHER_VERSION}.`,
})

/** A tag that becomes a copy of the first: of `image`, or of what is yet to be built. */
const reconcileCopy = (
  tag: PlannedTag,
  image: Digest | undefined,
  { desired, observed, constraints }: { desired: Desired; observed: Observed; constraints: Constraints },
): Step => {
  const { policy, gitTag, first } = desired
  const other = digestAt(observed, tag.tag)
  const there = firstDigest(desired, observed)
  const { stable, onExisting, publishes } = constraints
  const waits = tag.stable && stable.kind === 'withhold' ? stable.why : undefined
  const overwrites = onExisting === 'overwrite' && publishes !== 'nothing'
  if (tag.moving) {
    const move = decideMove(policy, { gitTag, planned: tag, published: observed.publishedTags })
    if (move.kind === 'stay') return { kind: 'stay', tag, newest: move.newest }
  }
  if (other !== undefined && other === image) return { kind: 'keep', tag, digest: other }
  // What it leads to is the image that is about to be overwritten.
  if (waits !== undefined && overwrites && other !== undefined && (!tag.moving || other === there)) {
    return promotedAlready(tag, first)
  }
  if (!tag.moving && other !== undefined && !overwrites) {
    return obstacle(tag, other, { first, there, constraints })
  }
  if (waits !== undefined) return { kind: 'withhold', tag, why: waits }
  return tag.moving
    ? { kind: 'move', tag, digest: image, from: other }
    : { kind: 'copy', tag, digest: image, replaces: other }
}

/**
 * What is to be done so that a repository has what is desired: one step a tag, the first tag first, fixed before moving.
 * Where a step is `refuse`, none is to be carried out but `restore`, which stands before it.
 *
 * Pure: the same arguments give the same steps. When they have been carried out, and the registry is observed again, all
 * that is left is `keep`, `stay` and `withhold`.
 */
export const reconcile = (desired: Desired, observed: Observed, constraints: Constraints): readonly Step[] => {
  const first = reconcileFirst(desired, observed, constraints)
  const isNew = first.kind === 'build' || first.kind === 'push'
  const image = constraints.image?.digest ?? (isNew ? undefined : firstDigest(desired, observed))
  const copies = desired.copies.map(tag => reconcileCopy(tag, image, { desired, observed, constraints }))
  const obstacleToBuilt = copies.find(({ kind }) => kind === 'refuse')
  const other = obstacleToBuilt === undefined ? undefined : digestAt(observed, obstacleToBuilt.tag.tag)
  const restores = constraints.image?.from === 'built' && first.kind === 'keep' && other !== undefined
  return [
    first,
    ...(restores ? [{ kind: 'restore', tag: desired.first, digest: other } as const] : []),
    ...copies,
  ]
}

/** Whether a step depends on what the first tag's image says of itself: only then is its manifest worth reading. */
export const needsFirstContent = (
  { first }: Desired,
  tags: Observed['tags'],
  { publishes, onExisting, own = [], image }: Constraints,
): boolean => {
  const state = tags.get(first.tag)
  const mayBeKept = publishes !== 'nothing' && image === undefined && onExisting === 'same-revision'
  return mayBeKept && !first.moving && state?.kind === 'present' && !own.includes(state.digest)
}
