import { ruleFor } from './match.ts'
import type { Policy } from './policy.ts'

/** The numbers of a version, each with the text before it, such as `rc` and `1`; text at the end has no number. */
export type Version = readonly { readonly separator: string; readonly digits: string }[]

/** The version of a git tag, if it is one of a rule with numbers. */
export function versionOfGitTag(policy: Policy, gitTag: string): Version | undefined {
  const found = ruleFor(policy, gitTag)
  if (found?.rule.pattern.kind !== 'tokens' || found.bindings.size === 0) return undefined
  const version: { separator: string; digits: string }[] = []
  let separator = ''
  for (const token of found.rule.pattern.tokens) {
    if (token.kind === 'literal') {
      separator += token.text
      continue
    }
    // What stands before the first number is the same in every version.
    version.push({
      separator: version.length === 0 ? '' : separator,
      digits: found.bindings.get(token.letter) ?? '',
    })
    separator = ''
  }
  if (separator !== '') version.push({ separator, digits: '' })
  return version
}

/** Compares versions number by number. A longer one is newer (2.3.4.1 after 2.3.4), but not as a pre-release (2.3.4rc1). */
export function compareVersions(one: Version, other: Version): number {
  const end = { separator: '', digits: '' }
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const [left, right] = [one[index] ?? end, other[index] ?? end]
    const order =
      compareTexts(rank(left.separator), rank(right.separator)) || compareDigits(left.digits, right.digits)
    if (order !== 0) return order
  }
  return one.length - other.length
}

/** Development releases come first, then pre-releases, as in PEP 440, with other words that are common for them. */
function rank(separator: string): string {
  const word = separator.toLowerCase().replace(/[^a-z]/g, '')
  if (/^(dev|snapshot|nightly)$/.test(word)) return `0${word}`
  return /^(a|alpha|b|beta|m|milestone|c|rc|cr|pre|preview)$/.test(word) ? `1${word}` : '2'
}

/** Compares numbers of any length by value: leading zeros do not count. */
function compareDigits(one: string, other: string): number {
  const [left, right] = [one.replace(/^0+(?=.)/, ''), other.replace(/^0+(?=.)/, '')]
  return left.length - right.length || compareTexts(left, right)
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
