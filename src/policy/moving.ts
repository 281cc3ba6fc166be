import { allTags } from './decide.ts'
import type { Policy } from './policy.ts'
import { versionsShownBy } from './published.ts'
import { compareVersions, type Version, versionOfGitTag } from './version-order.ts'

/** The newer version with which a moving tag stays, whatever it points at: that may have been deleted. */
export function staysWith(
  policy: Policy,
  { gitTag, moving, published }: { gitTag: string; moving: string; published: readonly string[] },
): string | undefined {
  const released = versionOfGitTag(policy, gitTag)
  const newest = newestVersions(policy, published).get(moving)
  if (released === undefined || newest === undefined) return undefined
  return compareVersions(newest.version, released) > 0 ? newest.name : undefined
}

/** They decide as all published tags do. */
export function newestOfMoving(policy: Policy, published: readonly string[]): ReadonlyMap<string, string> {
  return new Map([...newestVersions(policy, published)].map(([moving, { shownBy }]) => [moving, shownBy]))
}

interface Candidate {
  readonly shownBy: string
  /** For people: the first tag; of a stable moving tag, the stable one. */
  readonly name: string
  readonly version: Version
}

function newestVersions(policy: Policy, published: readonly string[]) {
  const newest = new Map<string, Candidate>()
  for (const shownBy of published) {
    for (const { decision, version } of versionsShownBy(policy, shownBy)) {
      const fixedStable = allTags(decision).filter(({ stable, moving }) => stable && !moving)
      const isPromoted = fixedStable.length === 0 || fixedStable.some(({ tag }) => tag === shownBy)
      for (const { tag: moving, stable } of decision.copies.filter(copy => copy.moving)) {
        // A version that is not promoted yet holds back no stable tag.
        if (stable && !isPromoted) continue
        const other = newest.get(moving)
        if (other !== undefined && compareVersions(version, other.version) <= 0) continue
        newest.set(moving, { shownBy, name: stable ? shownBy : decision.first.tag, version })
      }
    }
  }
  return newest
}
