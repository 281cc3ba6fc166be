import type { PlannedTag } from '../policy/decide.ts'
import { decideMove } from '../policy/moving.ts'
import type { Digest } from '../registry/reference.ts'
import type { Constraints } from './constraints.ts'
import type { Desired } from './desired.ts'
import { digestAt, type Observed } from './observed.ts'
import { isSameCommit } from './origin.ts'
import type { CopyStep, FirstStep, Refuse, Step } from './step.ts'

/** All that is decided from; `there` is the image that the first tag has now, if it has one. */
interface Known {
  readonly desired: Desired
  readonly observed: Observed
  readonly constraints: Constraints
  readonly there: Digest | undefined
}

/**
 * What is to be done so that a repository has what is desired: one step a tag, the first tag first, fixed before moving.
 * Where a step is `refuse`, none is to be carried out but `restore`. Once they are carried out, `keep`, `stay` and `withhold` are
 * all that is left.
 */
export function reconcile(desired: Desired, observed: Observed, constraints: Constraints): readonly Step[] {
  const there = observed.content?.kind === 'leftover' ? undefined : digestAt(observed, desired.first.tag)
  const known: Known = { desired, observed, constraints, there }
  const first = reconcileFirst(known)
  const isNew = first.kind === 'build' || first.kind === 'push'
  const image = constraints.image?.digest ?? (isNew ? undefined : there)
  const copies = desired.copies.map(tag => reconcileCopy(tag, image, known))
  const obstacle = copies.find(({ kind }) => kind === 'refuse')
  const theirs = obstacle === undefined ? undefined : digestAt(observed, obstacle.tag.tag)
  if (constraints.image?.from !== 'built' || first.kind !== 'keep' || theirs === undefined)
    return [first, ...copies]
  return [first, { kind: 'restore', tag: desired.first, digest: theirs }, ...copies]
}

/** Whether a step depends on what the first tag's image says of itself: only then is its manifest worth reading. */
export function needsFirstContent(
  { first }: Desired,
  tags: Observed['tags'],
  { publishes, onExisting, own = [], image }: Constraints,
): boolean {
  const state = tags.get(first.tag)
  const mayBeKept = publishes !== 'nothing' && image === undefined && onExisting === 'same-revision'
  return mayBeKept && !first.moving && state?.kind === 'present' && !own.includes(state.digest)
}

const OTHER_VERSION = 'release a new version'
const OVERWRITE = 'set on-existing: overwrite to replace what is there'
const TWO_RUNS =
  "Two runs published this version at once, and the other run's image was kept. Keep two runs apart with a concurrency group."
const NOT_GIVEN =
  'Check that the digest is that of this service and version. If it is, find out what replaced the image since.'

function reconcileFirst(known: Known): FirstStep | Refuse {
  const { desired, constraints, there } = known
  const { first: tag, gitTag } = desired
  const { publishes, image, onExisting } = constraints
  if (image !== undefined && there === image.digest) return { kind: 'keep', tag, digest: there }
  if (image !== undefined && image.from !== 'given') {
    const why = `${tag.tag} was ${image.digest}, and ${there === undefined ? 'is gone' : `became ${there}`} while this run waited`
    return { kind: 'refuse', tag, error: 'not-as-planned', why, remedy: TWO_RUNS }
  }
  if (image !== undefined && there !== undefined) {
    const why = `${tag.tag} is ${there}, and should be ${image.digest}`
    return { kind: 'refuse', tag, error: 'not-as-planned', why, remedy: NOT_GIVEN }
  }
  if (publishes === 'nothing' || image !== undefined) {
    if (there !== undefined) return { kind: 'keep', tag, digest: there }
    const why = `${tag.tag} is not in the registry`
    const remedy = `Check project and service; if they are right, release ${gitTag} first.`
    return { kind: 'refuse', tag, error: 'not-published', why, remedy }
  }
  if (there === undefined || tag.moving) return { kind: publishes, tag, replaces: undefined }
  return onExisting === 'overwrite'
    ? { kind: publishes, tag, replaces: there }
    : reconcileExisting(there, known)
}

/** The first tag, which is there, by on-existing. */
function reconcileExisting(
  there: Digest,
  { desired: { first: tag }, observed: { content }, constraints }: Known,
): FirstStep | Refuse {
  const { onExisting, revision, own = [] } = constraints
  const published = content?.kind === 'image' ? content.revision : undefined
  const isOwn = own.includes(there) || isSameCommit(published, revision)
  if (onExisting === 'reuse' || (onExisting !== 'fail' && isOwn)) return { kind: 'keep', tag, digest: there }
  const is = `${tag.tag} is there already, as ${there}`
  const error = 'already-published'
  if (onExisting === 'fail') {
    const remedy = `Set on-existing: same-revision to resume an interrupted release, or ${OTHER_VERSION}.`
    return { kind: 'refuse', tag, error, why: `${is}, and on-existing is fail`, remedy }
  }
  const built =
    published === undefined ? 'without the label of its revision' : `built from revision ${published}`
  const wanted =
    revision === undefined
      ? 'which commit this run would build is not known'
      : `this run is for revision ${revision}`
  const remedy = `If it is the right image, set on-existing: reuse; if not, ${OTHER_VERSION}, or ${OVERWRITE}.`
  return { kind: 'refuse', tag, error, why: `${is}, ${built}; ${wanted}`, remedy }
}

/** A tag that becomes a copy of the first: of `image`, or of what is yet to be built. */
function reconcileCopy(tag: PlannedTag, image: Digest | undefined, known: Known): CopyStep | Refuse {
  const { desired, observed, constraints, there } = known
  const { policy, gitTag, first } = desired
  const { stable, onExisting, publishes } = constraints
  const other = digestAt(observed, tag.tag)
  const waits = tag.stable && stable.kind === 'withhold' ? stable.why : undefined
  const overwrites = onExisting === 'overwrite' && publishes !== 'nothing'
  if (tag.moving) {
    const move = decideMove(policy, { gitTag, planned: tag, published: observed.publishedTags })
    if (move.kind === 'stay') return { kind: 'stay', tag, newest: move.newest }
  }
  if (other !== undefined && other === image) return { kind: 'keep', tag, digest: other }
  // What it leads to is the image that is about to be overwritten: it would no longer be that of the first tag.
  if (waits !== undefined && overwrites && other !== undefined && (!tag.moving || other === there)) {
    const why = `${tag.tag} ${waits}; it is there already, and would no longer be the same image as ${first.tag}`
    const remedy = `A version that is stable can only be overwritten when its stable tag may be written: ${OTHER_VERSION}.`
    return { kind: 'refuse', tag, error: 'already-published', why, remedy }
  }
  if (!tag.moving && other !== undefined && !overwrites) return refuseOther(tag, other, known)
  if (waits !== undefined) return { kind: 'withhold', tag, why: waits }
  return tag.moving
    ? { kind: 'move', tag, digest: image }
    : { kind: 'copy', tag, digest: image, replaces: other }
}

/** A fixed tag that has another image keeps it. */
function refuseOther(tag: PlannedTag, other: Digest, { desired, constraints, there }: Known): Refuse {
  const { first } = desired
  const { publishes, image } = constraints
  if (image?.from === 'built' || image?.from === 'found') {
    const meanwhile =
      image.from === 'built'
        ? `built ${image.digest}, so ${first.tag} was given back to it`
        : `waited, and ${first.tag} is ${image.digest}`
    const why = `${tag.tag} became ${other} while this run ${meanwhile}`
    return { kind: 'refuse', tag, error: 'not-as-planned', why, remedy: TWO_RUNS }
  }
  if (image?.from === 'given' && other === there) {
    const why = `${tag.tag} is ${other}, and should be ${image.digest}`
    return { kind: 'refuse', tag, error: 'not-as-planned', why, remedy: NOT_GIVEN }
  }
  const is = there === undefined ? 'not there' : there
  const why = `${first.tag} is ${is}, but ${tag.tag} is there already, as ${other}`
  const ways = publishes === 'nothing' ? `or ${OTHER_VERSION}` : `${OTHER_VERSION}, or ${OVERWRITE}`
  const remedy =
    there === undefined
      ? `Find out whose image that is. If it is that of ${first.tag}, give ${first.tag} back to it in the registry; if not, delete only the tag ${tag.tag}, not the image, ${ways}.`
      : `Find out which is right: delete only the wrong tag in the registry, not the image, ${ways}.`
  return { kind: 'refuse', tag, error: 'already-published', why, remedy }
}
