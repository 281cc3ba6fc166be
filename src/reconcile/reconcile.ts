import type { PlannedTag } from '../policy/decide.ts'
import { staysWith } from '../policy/moving.ts'
import type { Digest } from '../registry/reference.ts'
import { isSameCommit } from './origin.ts'
import { type Constraints, type Desired, digestAt, type Observed } from './state.ts'
import type { CopyStep, FirstStep, Refuse, Step } from './step.ts'

/** `there`: the image that the first tag has now. */
interface Known {
  readonly desired: Desired
  readonly observed: Observed
  readonly constraints: Constraints
  readonly there: Digest | undefined
}

/**
 * One step a tag, in the order of `desired`. If one is `refuse`, only `restore` may be carried out. When all are carried out,
 * `keep`, `stay` and `withhold` are all that is left.
 */
export function reconcile(desired: Desired, observed: Observed, constraints: Constraints): readonly Step[] {
  const there = observed.content?.kind === 'leftover' ? undefined : digestAt(observed, desired.first.tag)
  const known: Known = { desired, observed, constraints, there }
  const first = reconcileFirst(known)
  const isNew = first.kind !== 'keep' && first.kind !== 'refuse'
  const image = constraints.image?.digest ?? (isNew ? undefined : there)
  const copies = desired.copies.map(tag => reconcileCopy(tag, image, known))
  const obstacle = copies.find(({ kind }) => kind === 'refuse')
  const theirs = obstacle === undefined ? undefined : digestAt(observed, obstacle.tag.tag)
  if (constraints.image?.from !== 'built' || first.kind !== 'keep' || theirs === undefined)
    return [first, ...copies]
  return [first, { kind: 'restore', tag: desired.first, digest: theirs }, ...copies]
}

export function needsFirstContent(
  { first }: Desired,
  tags: Observed['tags'],
  { publishes, onExisting, own = [], image }: Constraints,
) {
  const state = tags.get(first.tag)
  const mayBeKept = publishes !== 'nothing' && image === undefined && onExisting === 'same-revision'
  return mayBeKept && !first.moving && state?.kind === 'present' && !own.includes(state.digest)
}

const TWO_RUNS =
  "Two runs published this version at once, and the other run's image was kept. Keep them apart with a concurrency group."

function reconcileFirst(known: Known): FirstStep | Refuse {
  const { desired, constraints, there } = known
  const { first: tag, gitTag } = desired
  const { publishes, image, onExisting } = constraints
  if (image !== undefined && there === image.digest) return { kind: 'keep', tag, digest: there }
  if (image?.from === 'found' || image?.from === 'built') {
    const why = `${tag.tag} was ${image.digest}, and ${there === undefined ? 'is gone' : `became ${there}`} while this run waited`
    return { kind: 'refuse', tag, error: 'not-as-planned', why, remedy: TWO_RUNS }
  }
  if (image?.from === 'given' && there !== undefined) return refuseGiven(tag, there, image.digest)
  if (publishes === 'nothing' || image?.from === 'given') {
    if (there !== undefined) return { kind: 'keep', tag, digest: there }
    const why = `${tag.tag} is not in the registry`
    const remedy = `Check project, service and policy, or release ${gitTag} first.`
    return { kind: 'refuse', tag, error: 'not-published', why, remedy }
  }
  if (there === undefined || tag.moving) return { kind: publishes, tag, replaces: undefined }
  return onExisting === 'overwrite'
    ? { kind: publishes, tag, replaces: there }
    : reconcileExisting(there, known)
}

function refuseGiven(tag: PlannedTag, is: Digest, wanted: Digest): Refuse {
  const why = `${tag.tag} is ${is}, and should be ${wanted}`
  const remedy =
    'Check that the digest is of this service and version. If it is, find out what replaced the image.'
  return { kind: 'refuse', tag, error: 'not-as-planned', why, remedy }
}

function reconcileExisting(
  there: Digest,
  { desired: { first: tag }, observed: { content }, constraints }: Known,
): FirstStep | Refuse {
  const { onExisting, revision, own = [], publishes, image } = constraints
  const { revision: published, isPart = false } = content?.kind === 'image' ? content : {}
  const isOwn = own.includes(there) || (isSameCommit(published, revision) && !isPart)
  if (onExisting === 'reuse' || (onExisting !== 'fail' && isOwn)) return { kind: 'keep', tag, digest: there }
  const is = `${tag.tag} is there already, as ${there}`
  const error = 'already-published'
  if (publishes === 'mirror') return refuseMirrored(tag, there, image?.digest)
  if (onExisting === 'fail') {
    const remedy =
      'To resume an interrupted release, set on-existing: same-revision; or release a new version.'
    return { kind: 'refuse', tag, error, why: `${is}, and on-existing is fail`, remedy }
  }
  const built = published === undefined ? 'without its revision label' : `built from revision ${published}`
  const ours =
    revision === undefined ? "this run's revision is not known" : `this run is for revision ${revision}`
  const wanted = isPart ? 'it has one platform, and several are asked for' : ours
  const remedy = `If it is the right image, set on-existing: reuse; if not, release a new version, or set on-existing: overwrite.`
  return { kind: 'refuse', tag, error, why: `${is}, ${built}; ${wanted}`, remedy }
}

function refuseMirrored(tag: PlannedTag, is: Digest, image: Digest | undefined): Refuse {
  const wanted = image ?? 'yet to be published'
  const why = `${tag.tag} is there already, as ${is}, and the image to be mirrored is ${wanted}`
  const remedy = 'Find out what writes this tag in the mirror, and delete only the tag there.'
  return { kind: 'refuse', tag, error: 'already-published', why, remedy }
}

/** Without an `image`, it is yet to be built. */
function reconcileCopy(tag: PlannedTag, image: Digest | undefined, known: Known): CopyStep | Refuse {
  const { desired, observed, constraints, there } = known
  const { stable, onExisting, publishes } = constraints
  const other = digestAt(observed, tag.tag)
  const waits = tag.stable && stable.kind === 'withhold' ? stable.why : undefined
  const overwrites = onExisting === 'overwrite' && publishes !== 'nothing'
  if (tag.moving) {
    const { policy, gitTag } = desired
    const newest = staysWith(policy, { gitTag, moving: tag.tag, published: observed.publishedTags })
    if (newest !== undefined) return { kind: 'stay', tag, newest }
  }
  if (other !== undefined && other === image) return { kind: 'keep', tag, digest: other }
  // The tag leads to the image that this run would overwrite.
  if (waits !== undefined && overwrites && other !== undefined && (!tag.moving || other === there)) {
    const why = `${tag.tag} ${waits}; it is there already, and would no longer be the image of ${desired.first.tag}`
    const remedy = 'A version is only overwritten together with its stable tag: release a new version.'
    return { kind: 'refuse', tag, error: 'already-published', why, remedy }
  }
  if (!tag.moving && other !== undefined && !overwrites) return refuseOther(tag, other, known)
  if (waits !== undefined) return { kind: 'withhold', tag, why: waits }
  return tag.moving
    ? { kind: 'move', tag, digest: image }
    : { kind: 'copy', tag, digest: image, replaces: other }
}

function refuseOther(tag: PlannedTag, other: Digest, { desired, constraints, there }: Known): Refuse {
  const { first } = desired
  const { publishes, image } = constraints
  if (publishes === 'mirror') return refuseMirrored(tag, other, image?.digest)
  if (image?.from === 'built' || image?.from === 'found') {
    const meanwhile =
      image.from === 'built'
        ? `built ${image.digest}, so ${first.tag} was given back to it`
        : `waited, and ${first.tag} is ${image.digest}`
    const why = `${tag.tag} became ${other} while this run ${meanwhile}`
    return { kind: 'refuse', tag, error: 'not-as-planned', why, remedy: TWO_RUNS }
  }
  if (image?.from === 'given' && other === there) return refuseGiven(tag, other, image.digest)
  const why = `${first.tag} is ${there ?? 'not there'}, but ${tag.tag} is there already, as ${other}`
  const ways = `or release a new version${publishes === 'nothing' ? '' : ', or set on-existing: overwrite'}`
  const remedy =
    there === undefined
      ? `Find out whose image that is. If it is that of ${first.tag}, give it that tag in the registry; if not, delete only the tag ${tag.tag}, not the image, ${ways}.`
      : `Find out which is right: delete only the wrong tag, not the image, ${ways}.`
  return { kind: 'refuse', tag, error: 'already-published', why, remedy }
}
