import { ruleFor } from './match.ts'
import type { Bindings, Token } from './pattern.ts'
import type { Policy } from './policy.ts'

/** One number of a version and the text before it, such as `rc` and `1`; text at the end has no number. */
interface VersionPart {
  readonly separator: string
  readonly digits: string
}

/** The numbers of a version, with what stands between them. */
export type Version = readonly VersionPart[]

/**
 * Words before a number that make a version older than the same version without it; PEP 440's
 * pre-releases and development releases, and what else is common for them.
 */
const PRE_RELEASE = /^(dev|snapshot|nightly|a|alpha|b|beta|m|milestone|c|rc|cr|pre|preview)$/

const preRelease = (separator: string): string | undefined => {
  const word = separator.toLowerCase().replace(/[^a-z]/g, '')
  return PRE_RELEASE.test(word) ? word : undefined
}

/** The version that a pattern finds in a git tag. */
export const versionOf = (tokens: readonly Token[], bindings: Bindings): Version => {
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

/** The version of a git tag, if it is one of a rule with numbers. */
export const versionOfGitTag = (policy: Policy, gitTag: string): Version | undefined => {
  const found = ruleFor(policy, gitTag)
  if (found?.rule.pattern.kind !== 'tokens' || found.bindings.size === 0) return undefined
  return versionOf(found.rule.pattern.tokens, found.bindings)
}
