import { allTags, type PlannedTag } from './decide.ts'
import type { Policy } from './policy.ts'
import { versionsShownBy } from './published.ts'
import { compareVersions, type Version, versionOfGitTag } from './version-order.ts'

export type MoveDecision = { readonly kind: 'move' } | { readonly kind: 'stay'; readonly newest: string }

/**
 * Decides whether a moving tag goes to the version that is released: if no newer version is published that gets it, by any
 * rule. What it points at does not count: that version may have been deleted.
 */
export function decideMove(
  policy: Policy,
  { gitTag, planned, published }: { gitTag: string; planned: PlannedTag; published: readonly string[] },
): MoveDecision {
  const released = versionOfGitTag(policy, gitTag)
  const newest = newestVersions(policy, published).get(planned.tag)
  return released === undefined || newest === undefined || compareVersions(newest.version, released) <= 0
    ? { kind: 'move' }
    : { kind: 'stay', newest: newest.name }
}

/** Of every moving tag, the published image tag of its newest version; these decide as all published tags do. */
export function newestOfMoving(policy: Policy, published: readonly string[]): ReadonlyMap<string, string> {
  return new Map([...newestVersions(policy, published)].map(([moving, { shownBy }]) => [moving, shownBy]))
}

interface Candidate {
  /** The published image tag that shows the version. */
  readonly shownBy: string
  /** For people: the first tag; of a stable moving tag, the stable one. */
  readonly name: string
  readonly version: Version
}

function newestVersions(policy: Policy, published: readonly string[]): ReadonlyMap<string, Candidate> {
  const newest = new Map<string, Candidate>()
  for (const shownBy of published) {
    for (const { decision, version } of versionsShownBy(policy, shownBy)) {
      const fixedStable = allTags(decision).filter(({ stable, moving }) => stable && !moving)
      const isPromoted = fixedStable.length === 0 || fixedStable.some(({ tag }) => tag === shownBy)
      for (const { tag: moving, stable } of decision.copies.filter(copy => copy.moving)) {
        // What is published and not yet promoted does not hold back a stable tag.
        if (stable && !isPromoted) continue
        const other = newest.get(moving)
        if (other !== undefined && compareVersions(version, other.version) <= 0) continue
        newest.set(moving, { shownBy, name: stable ? shownBy : decision.first.tag, version })
      }
    }
  }
  return newest
}
