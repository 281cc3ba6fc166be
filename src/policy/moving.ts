import type { PlannedTag } from './decide.ts'
import { isReferrersTag } from './image-tag.ts'
import { ruleFor } from './match.ts'
import { type Bindings, matchTokens, render, type Token } from './pattern.ts'
import type { Policy, Rule, Template } from './policy.ts'

/** One number of a version and the text before it, such as `rc` and `1`; text at the end has no number. */
interface VersionPart {
  readonly separator: string
  readonly digits: string
}

/** The numbers of a version, with what stands between them. */
export type Version = readonly VersionPart[]

/** Whether a moving tag goes to the version that is released, or stays with a newer one. */
export type MoveDecision = { readonly kind: 'move' } | { readonly kind: 'stay'; readonly newest: string }

/**
 * Words before a number that make a version older than the same version without it; PEP 440's
 * pre-releases and development releases, and what else is common for them.
 */
const PRE_RELEASE = /^(dev|snapshot|nightly|a|alpha|b|beta|m|milestone|c|rc|cr|pre|preview)$/

const preRelease = (separator: string): string | undefined => {
  const word = separator.toLowerCase().replace(/[^a-z]/g, '')
  return PRE_RELEASE.test(word) ? word : undefined
}

const versionOf = (tokens: readonly Token[], bindings: Bindings): Version => {
  const parts: VersionPart[] = []
  let separator = ''
  for (const token of tokens) {
    if (token.kind === 'literal') {
      separator = token.text
      continue
    }
    const digits = bindings.get(token.letter)
    if (digits !== undefined) parts.push({ separator: parts.length === 0 ? '' : separator, digits })
    separator = ''
  }
  if (separator !== '' && parts.length > 0) parts.push({ separator, digits: '' })
  return parts
}

/** Compares numbers of any length by value: leading zeros do not count. */
const compareDigits = (one: string, other: string): number => {
  const [left, right] = [one.replace(/^0+(?=.)/, ''), other.replace(/^0+(?=.)/, '')]
  if (left.length !== right.length) return left.length - right.length
  return left < right ? -1 : left > right ? 1 : 0
}

const rank = (separator: string): string => {
  const word = preRelease(separator)
  if (word === undefined) return '2'
  return word === 'dev' || word === 'snapshot' || word === 'nightly' ? `0${word}` : `1${word}`
}

/**
 * Compares versions number by number from the left. With all numbers equal, the longer one is newer
 * (2.3.4.1 after 2.3.4), unless what makes it longer is a pre-release (2.3.4rc1 before 2.3.4).
 */
export const compareVersions = (one: Version, other: Version): number => {
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const [left, right] = [one[index], other[index]]
    if (left === undefined || right === undefined) {
      const extra = left ?? right
      const newer = extra !== undefined && preRelease(extra.separator) === undefined
      return (left === undefined) === newer ? -1 : 1
    }
    const [leftRank, rightRank] = [rank(left.separator), rank(right.separator)]
    if (leftRank !== rightRank) return leftRank < rightRank ? -1 : 1
    const digits = compareDigits(left.digits, right.digits)
    if (digits !== 0) return digits
  }
  return 0
}

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

/** The version of a git tag, if it is one of a rule with numbers. */
export const versionOfGitTag = (policy: Policy, gitTag: string): Version | undefined => {
  const found = ruleFor(policy, gitTag)
  if (found?.rule.pattern.kind !== 'tokens' || found.bindings.size === 0) return undefined
  return versionOf(found.rule.pattern.tokens, found.bindings)
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
  const found = ruleFor(policy, gitTag)
  if (found?.rule.pattern.kind !== 'tokens') return { kind: 'move' }
  const released = versionOf(found.rule.pattern.tokens, found.bindings)

  let newest: Candidate | undefined
  for (const tag of published) {
    for (const candidate of candidatesAt(policy, tag)) {
      if (candidate.moving !== planned.tag || compareVersions(candidate.version, released) <= 0) continue
      if (newest === undefined || compareVersions(candidate.version, newest.version) > 0) newest = candidate
    }
  }
  return newest === undefined ? { kind: 'move' } : { kind: 'stay', newest: newest.name }
}
