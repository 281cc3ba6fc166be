import type { PlannedTag } from '../policy/decide.ts'
import type { TagState } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'

/** What to do when the first tag is already there. */
export const ON_EXISTING = ['same-revision', 'reuse', 'fail', 'overwrite'] as const
export type OnExisting = (typeof ON_EXISTING)[number]

/** What the registry has of a plan, before anything is done. */
export interface Situation {
  readonly first: PlannedTag
  readonly copies: readonly PlannedTag[]
  readonly states: ReadonlyMap<string, TagState>
  /** Whether stable tags wait for a promotion. */
  readonly stableLater: boolean
  /** Digests that are the image to be published, as far as that is known before it is. */
  readonly own?: readonly Digest[]
}

/** How a release goes on. */
export type Course =
  | { readonly kind: 'build' }
  /** The first tag is there, and is what the others become copies of. */
  | { readonly kind: 'reuse'; readonly digest: Digest }
  | { readonly kind: 'refuse'; readonly why: string; readonly wayOut: string }

const digestAt = (states: Situation['states'], tag: string): Digest | undefined => {
  const state = states.get(tag)
  return state?.kind === 'present' ? state.digest : undefined
}

const OTHER_VERSION = 'release a new version'
const OVERWRITE = 'set on-existing: overwrite to replace what is there'

/** A fixed tag that stands in the way of copies of `digest`; of an image that is yet to be built, any. */
const obstacle = ({ copies, states }: Situation, digest: Digest | undefined): string | undefined => {
  for (const { tag, moving } of copies) {
    const there = digestAt(states, tag)
    if (!moving && there !== undefined && there !== digest) return `${tag} is there already, as ${there}`
  }
  return undefined
}

const overwriting = (situation: Situation): Course => {
  const left = situation.copies.find(
    ({ tag, stable }) => stable && situation.stableLater && digestAt(situation.states, tag) !== undefined,
  )
  return left === undefined
    ? { kind: 'build' }
    : {
        kind: 'refuse',
        why: `${left.tag} is there already, and would no longer be the same image as ${situation.first.tag}`,
        wayOut: `With stable: on-promotion a promoted version can not be overwritten: ${OTHER_VERSION}.`,
      }
}

const reusing = (situation: Situation, digest: Digest): Course => {
  const why = obstacle(situation, digest)
  return why === undefined
    ? { kind: 'reuse', digest }
    : {
        kind: 'refuse',
        why: `${situation.first.tag} is ${digest}, but ${why}`,
        wayOut: `Find out which is right: delete the wrong one in the registry, ${OVERWRITE}, or ${OTHER_VERSION}.`,
      }
}

/** What `same-revision` compares: the commit of the published image, and that of the run. */
export interface Revisions {
  readonly published: string | undefined
  readonly wanted: string | undefined
}

/** Whether what is published is the very image that is to be. */
const isOwn = ({ own = [] }: Situation, digest: Digest): boolean => own.includes(digest)

const bySameRevision = (situation: Situation, digest: Digest, { published, wanted }: Revisions): Course => {
  if (isOwn(situation, digest) || (published !== undefined && published === wanted)) {
    return reusing(situation, digest)
  }
  const { tag } = situation.first
  const there = `${tag} is there already, as ${digest}, ${published === undefined ? 'without the label of its revision' : `built from revision ${published}`}`
  return {
    kind: 'refuse',
    why: `${there}; ${wanted === undefined ? 'which commit this run would build is not known' : `this run is for revision ${wanted}`}`,
    wayOut: `If it is the right image, set on-existing: reuse; if not, ${OTHER_VERSION}, or ${OVERWRITE}.`,
  }
}

/**
 * Whether the course depends on the revision of what is published: it is worth reading only then.
 */
export const needsRevision = (situation: Situation, onExisting: OnExisting): boolean => {
  const { first, states } = situation
  const digest = digestAt(states, first.tag)
  return onExisting === 'same-revision' && !first.moving && digest !== undefined && !isOwn(situation, digest)
}

/**
 * Decides, before anything is built or written, whether the image is built, what is published is reused, or
 * the run stops.
 */
export const courseOf = (situation: Situation, onExisting: OnExisting, revisions: Revisions): Course => {
  const { first, states } = situation
  if (onExisting === 'overwrite') return overwriting(situation)
  const digest = first.moving ? undefined : digestAt(states, first.tag)
  if (digest === undefined) {
    const why = obstacle(situation, undefined)
    return why === undefined
      ? { kind: 'build' }
      : {
          kind: 'refuse',
          why: `${first.tag} is not there, but ${why}`,
          wayOut: `Give ${first.tag} back to that image in the registry if it is the right one, ${OTHER_VERSION}, or ${OVERWRITE}.`,
        }
  }
  switch (onExisting) {
    case 'reuse':
      return reusing(situation, digest)
    case 'same-revision':
      return bySameRevision(situation, digest, revisions)
    case 'fail':
      return {
        kind: 'refuse',
        why: `${first.tag} is there already, as ${digest}, and on-existing is fail`,
        wayOut: `Set on-existing: same-revision to go on with an interrupted release, or ${OTHER_VERSION}.`,
      }
  }
}
