import { isReferrersTag, tagProblem } from './image-tag.ts'
import { ANY, type Bindings, type Match, matchTokens } from './pattern.ts'
import type { Policy, Rule } from './policy.ts'

/** Matches one rule; under `*`, text that is no image tag does not match. */
export const matchRule = ({ pattern }: Pick<Rule, 'pattern'>, gitTag: string): Match => {
  if (pattern.kind === 'tokens') return matchTokens(pattern.tokens, gitTag)
  const problem = tagProblem(gitTag)
  return problem === undefined
    ? { kind: 'match', bindings: new Map([[ANY, gitTag]]) }
    : { kind: 'mismatch', at: 0, wanted: 'a valid image tag' }
}

/**
 * The rule that decides about a git tag, the first that matches, with what it binds; nothing if none does, or if it is a
 * tag for signatures.
 */
export const ruleFor = (
  { rules }: Policy,
  gitTag: string,
): { readonly rule: Rule; readonly bindings: Bindings } | undefined => {
  if (isReferrersTag(gitTag)) return undefined
  for (const rule of rules) {
    const match = matchRule(rule, gitTag)
    if (match.kind === 'match') return { rule, bindings: match.bindings }
  }
  return undefined
}
