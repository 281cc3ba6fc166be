import type { PlannedTag } from './decide.ts'
import { isReferrersTag } from './image-tag.ts'
import { matchTokens, render } from './pattern.ts'
import type { Policy, Rule, Template } from './policy.ts'
import { compareVersions, type Version, versionOf, versionOfGitTag } from './version-order.ts'

/** Whether a moving tag goes to the version that is released, or stays with a newer one. */
export type MoveDecision = { readonly kind: 'move' } | { readonly kind: 'stay'; readonly newest: string }

/**
 * The tags that show that a version is there: any of its fixed tags, as the first may have expired; for a stable moving tag
 * its fixed stable tags, so that a version that is published but not yet promoted does not hold back one that is.
 */
const witnesses = ({ templates }: Rule, stable: boolean): readonly Template[] => {
  const fixed = templates.filter(({ moving }) => !moving)
  const promoted = fixed.filter(template => template.stable)
  return stable && promoted.length > 0 ? promoted : fixed
}

/** A moving tag, and a version that it could lead to. */
interface Candidate {
  readonly moving: string
  /** The published image tag that shows that the version is there. */
  readonly tag: string
  /** The tag by which people know it: the first; of a stable moving tag, the stable one. */
  readonly name: string
  readonly version: Version
}

/** The moving tags that could lead to the version which a published image tag shows, by every rule. */
const candidatesAt = ({ rules }: Policy, tag: string): readonly Candidate[] => {
  const candidates: Candidate[] = []
  if (isReferrersTag(tag)) return candidates
  for (const rule of rules) {
    const { pattern, templates } = rule
    if (pattern.kind === 'any') continue
    for (const template of templates) {
      if (!template.moving) continue
      for (const { tokens } of witnesses(rule, template.stable)) {
        const match = matchTokens(tokens, tag)
        if (match.kind === 'mismatch') continue
        const { bindings } = match
        const moving = render(template.tokens, bindings)
        const name = template.stable ? tag : render(templates[0].tokens, bindings)
        candidates.push({ moving, tag, name, version: versionOf(pattern.tokens, bindings) })
        break
      }
    }
  }
  return candidates
}

/**
 * Of every moving tag, the published image tag that shows the newest version which it could lead to. Which way a moving
 * tag goes is the same among all published tags and among these.
 */
export const newestOfMoving = (policy: Policy, published: readonly string[]): ReadonlyMap<string, string> => {
  const newest = new Map<string, Candidate>()
  for (const tag of published) {
    for (const candidate of candidatesAt(policy, tag)) {
      const other = newest.get(candidate.moving)
      if (other === undefined || compareVersions(candidate.version, other.version) > 0)
        newest.set(candidate.moving, candidate)
    }
  }
  return new Map([...newest].map(([moving, { tag }]) => [moving, tag]))
}

/**
 * Decides whether a moving tag goes to the version that is released: only if the registry has no newer
 * version that would get the same moving tag, from whichever rule.
 *
 * It looks at the versions that are there, not at what the moving tag points to, so that it decides right
 * after the newest version was deleted.
 */
export const decideMove = (
  policy: Policy,
  { gitTag, planned, published }: { gitTag: string; planned: PlannedTag; published: readonly string[] },
): MoveDecision => {
  const released = versionOfGitTag(policy, gitTag)
  if (released === undefined) return { kind: 'move' }

  let newest: Candidate | undefined
  for (const tag of published) {
    for (const candidate of candidatesAt(policy, tag)) {
      if (candidate.moving !== planned.tag || compareVersions(candidate.version, released) <= 0) continue
      if (newest === undefined || compareVersions(candidate.version, newest.version) > 0) newest = candidate
    }
  }
  return newest === undefined ? { kind: 'move' } : { kind: 'stay', newest: newest.name }
}
