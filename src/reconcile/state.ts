import type { PlannedTag } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { Digest, TagState } from '../registry/reference.ts'

/** What one repository should have for one git tag. */
export interface Desired {
  readonly policy: Policy
  readonly gitTag: string
  readonly first: PlannedTag
  /** Fixed before moving. */
  readonly copies: readonly PlannedTag[]
}

export interface Observed {
  readonly tags: ReadonlyMap<string, TagState>
  /** All tags, or those that show the newest version of each moving one. */
  readonly publishedTags: readonly string[]
  /** If the first manifest was read. */
  readonly content?: FirstContent | undefined
}

/** An image with the commit that it names, or what a stopped push has left. */
export type FirstContent =
  | { readonly kind: 'image'; readonly revision: string | undefined; readonly isPart?: boolean }
  | { readonly kind: 'leftover' }

/** If it was looked at and is there. */
export function digestAt({ tags }: Pick<Observed, 'tags'>, tag: string): Digest | undefined {
  const state = tags.get(tag)
  return state?.kind === 'present' ? state.digest : undefined
}

export const ON_EXISTING = ['same-revision', 'reuse', 'fail', 'overwrite'] as const
export type OnExisting = (typeof ON_EXISTING)[number]

export const STABLE = ['on-release', 'on-promotion'] as const
export type Stable = (typeof STABLE)[number]

/** The note of a stable tag that `promote` alone writes. */
export const AWAITS_PROMOTION = 'waits for its promotion'

export interface Constraints {
  /** How the first tag gets its image; a mirror is a copy of another repository. */
  readonly publishes: 'build' | 'push' | 'bring' | 'mirror' | 'nothing'
  readonly onExisting: OnExisting
  readonly stable: { readonly kind: 'write' } | { readonly kind: 'withhold'; readonly why: string }
  /** The commit of the git tag, if it is known. */
  readonly revision?: string | undefined
  /** Whether an index is published: an image that is in none may be a part of it. */
  readonly isIndex?: boolean
  /** Known digests of the image that may be pushed. */
  readonly own?: readonly Digest[]
  /** What the first tag must have: given, found before this run waited, built by it, or of a mirror's origin. */
  readonly image?:
    | { readonly digest: Digest; readonly from: 'given' | 'found' | 'built' | 'origin' }
    | undefined
}

export function stableConstraint(stable: Stable): Constraints['stable'] {
  return stable === 'on-promotion' ? { kind: 'withhold', why: AWAITS_PROMOTION } : { kind: 'write' }
}

export function constraintsOfPublished(
  digest: Digest | undefined,
  stable: Constraints['stable'],
): Constraints {
  const image = digest && { digest, from: 'given' as const }
  return { publishes: 'nothing', onExisting: 'reuse', stable, image }
}

export function publishConstraints(
  { onExisting, stable, revision }: { onExisting: OnExisting; stable: Stable; revision: string | undefined },
  publishes: 'build' | 'push' | 'bring',
): Constraints {
  return { publishes, onExisting, revision, stable: stableConstraint(stable) }
}

/** Without a `digest`, the image is yet to be published. */
export function mirrorConstraints(
  digest: Digest | undefined,
  onExisting: OnExisting,
  stable: Constraints['stable'],
): Constraints {
  const keeps = onExisting === 'overwrite' ? onExisting : 'fail'
  return { publishes: 'mirror', onExisting: keeps, stable, image: digest && { digest, from: 'origin' } }
}
