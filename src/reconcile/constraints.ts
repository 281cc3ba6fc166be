import type { Digest } from '../registry/reference.ts'

/** What to do when the first tag is already there. */
export const ON_EXISTING = ['same-revision', 'reuse', 'fail', 'overwrite'] as const
export type OnExisting = (typeof ON_EXISTING)[number]

/** When stable tags are written. */
export const STABLE = ['on-release', 'on-promotion'] as const
export type Stable = (typeof STABLE)[number]

/** The note of a stable tag that `promote` alone writes. */
export const AWAITS_PROMOTION = 'waits for its promotion'

/** What the caller allows and knows, beside what it desires and has observed. */
export interface Constraints {
  readonly publishes: 'build' | 'push' | 'nothing'
  readonly onExisting: OnExisting
  /** Whether stable tags are written now, or why they are not. */
  readonly stable: { readonly kind: 'write' } | { readonly kind: 'withhold'; readonly why: string }
  /** The commit of the git tag, if it is known. */
  readonly revision?: string | undefined
  /** Digests under which the image that may be pushed is known already. */
  readonly own?: readonly Digest[]
  /** The image that the first tag must have: given by the caller, found by this run before it waited, or built by this run. */
  readonly image?: { readonly digest: Digest; readonly from: 'given' | 'found' | 'built' } | undefined
}

/** Whether stable tags are written, before any check was asked for. */
export function stableConstraint(stable: Stable): Constraints['stable'] {
  return stable === 'on-promotion' ? { kind: 'withhold', why: AWAITS_PROMOTION } : { kind: 'write' }
}

/** Of a caller that neither builds nor pushes. */
export function constraintsOfPublished(
  digest: Digest | undefined,
  stable: Constraints['stable'],
): Constraints {
  const image = digest === undefined ? undefined : ({ digest, from: 'given' } as const)
  return { publishes: 'nothing', onExisting: 'reuse', stable, image }
}

/** Of a caller that publishes: what it allows and knows before it has looked. */
export function publishConstraints(
  { onExisting, stable, revision }: { onExisting: OnExisting; stable: Stable; revision: string | undefined },
  publishes: 'build' | 'push',
): Constraints {
  return { publishes, onExisting, revision, stable: stableConstraint(stable) }
}
