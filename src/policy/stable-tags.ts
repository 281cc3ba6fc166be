import { ruleFor } from './match.ts'
import { ANY, type Bindings, boundBy, matchTokens, render, type Token } from './pattern.ts'
import type { Policy, Rule, Template } from './policy.ts'

/** Where a stable tag comes from. */
export interface StableOrigin {
  readonly rule: Rule
  /** The git tag that gets it; nothing if several do, as the stable tag drops a number. */
  readonly gitTag: string | undefined
  /** What such git tags look like, with the numbers that are known. */
  readonly pattern: string
}

/** What `*` is if tokens with it give this text. Every `*` is the same, so that its length is known. */
const matchAny = (tokens: readonly Token[], text: string): Bindings | undefined => {
  const literals = tokens.reduce((sum, token) => sum + (token.kind === 'literal' ? token.text.length : 0), 0)
  const stars = tokens.filter(({ kind }) => kind === 'number').length
  const [first] = tokens
  const from = first?.kind === 'literal' ? first.text.length : 0
  const bindings = new Map([[ANY, text.slice(from, from + (text.length - literals) / stars)]])
  return render(tokens, bindings) === text ? bindings : undefined
}

const bindingsOf = ({ tokens }: Template, tag: string): Bindings | undefined => {
  if (tokens.some(token => token.kind === 'number' && token.letter === ANY)) return matchAny(tokens, tag)
  const match = matchTokens(tokens, tag)
  return match.kind === 'match' ? match.bindings : undefined
}

const originIn = (policy: Policy, rule: Rule, template: Template, tag: string): StableOrigin | undefined => {
  const bindings = bindingsOf(template, tag)
  if (bindings === undefined) return undefined
  const { pattern } = rule
  const tokens = pattern.kind === 'any' ? [{ kind: 'number', letter: ANY, at: 0 } as const] : pattern.tokens
  const letters = new Map([...boundBy(pattern)].map(letter => [letter, letter]))
  const origin = { rule, pattern: render(tokens, new Map([...letters, ...bindings])) }
  if (bindings.size < letters.size) return { ...origin, gitTag: undefined }
  // A rule above may take this git tag.
  return ruleFor(policy, origin.pattern)?.rule === rule ? { ...origin, gitTag: origin.pattern } : undefined
}

/**
 * The rule that gives an image tag after its bar, to whichever git tag; nothing if none does. What drops a number is
 * taken for given, though rules above may leave none of the git tags to its rule.
 */
export const stableOrigin = (policy: Policy, tag: string): StableOrigin | undefined => {
  for (const rule of policy.rules) {
    for (const template of rule.templates) {
      const origin = template.stable ? originIn(policy, rule, template, tag) : undefined
      if (origin !== undefined) return origin
    }
  }
  return undefined
}
