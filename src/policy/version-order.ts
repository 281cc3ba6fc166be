import { ruleFor } from './match.ts'
import type { Policy } from './policy.ts'

/** Numbers, each with the text before it; text at the end has no digits. */
export type Version = readonly { readonly separator: string; readonly digits: string }[]

/** If a rule with numbers matches. */
export function versionOfGitTag(policy: Policy, gitTag: string): Version | undefined {
  const found = ruleFor(policy, gitTag)
  if (found?.rule.pattern.kind !== 'tokens' || found.bindings.size === 0) return undefined
  const version: Version[number][] = []
  let separator = ''
  for (const token of found.rule.pattern.tokens) {
    if (token.kind === 'literal') {
      separator += token.text
      continue
    }
    // The text before the first number is the same in every version.
    const digits = found.bindings.get(token.letter) ?? ''
    version.push({ separator: version.length === 0 ? '' : separator, digits })
    separator = ''
  }
  if (separator !== '') version.push({ separator, digits: '' })
  return version
}

/** A longer version is newer (2.3.4.1), unless it is a pre-release (2.3.4rc1). */
export function compareVersions(one: Version, other: Version): number {
  const end = { separator: '', digits: '' }
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const [left, right] = [one[index] ?? end, other[index] ?? end]
    const order =
      compare(rank(left.separator), rank(right.separator)) ||
      compare(BigInt(left.digits), BigInt(right.digits))
    if (order !== 0) return order
  }
  return one.length - other.length
}

/** Development releases come first, then pre-releases, as in PEP 440, with more words for them. */
function rank(separator: string) {
  const word = separator.toLowerCase().replace(/[^a-z]/g, '')
  if (/^(dev|snapshot|nightly)$/.test(word)) return `0${word}`
  return /^(a|alpha|b|beta|m|milestone|c|rc|cr|pre|preview)$/.test(word) ? `1${word}` : '2'
}

function compare<T extends string | bigint>(one: T, other: T) {
  return Number(one > other) - Number(one < other)
}
