import { isReferrersTag, tagProblem } from './image-tag.ts'
import { type Bindings, boundBy, type Match, matchTokens, render } from './pattern.ts'
import type { Policy, Rule, Template } from './policy.ts'

/** Matches one rule; `*` matches only what can be an image tag. */
export function matchRule({ pattern }: Pick<Rule, 'pattern'>, gitTag: string): Match {
  return pattern.kind === 'any' && tagProblem(gitTag) !== undefined
    ? { kind: 'mismatch', at: 0, wanted: 'a valid image tag' }
    : matchTokens(pattern.tokens, gitTag)
}

/** The first rule that matches a git tag; none matches a tag for signatures. */
export function ruleFor(
  { rules }: Policy,
  gitTag: string,
): { readonly rule: Rule; readonly bindings: Bindings } | undefined {
  if (isReferrersTag(gitTag)) return undefined
  for (const rule of rules) {
    const match = matchRule(rule, gitTag)
    if (match.kind === 'match') return { rule, bindings: match.bindings }
  }
  return undefined
}

interface Origin {
  readonly rule: Rule
  /** With letters for the numbers that the image tag drops. */
  readonly gitTag: string
  /** Whether no number is dropped. */
  readonly exact: boolean
}

/** The origin of an image tag, if this template gives it, and no rule above takes the git tag. */
export function originBy(policy: Policy, rule: Rule, { tokens }: Template, tag: string): Origin | undefined {
  const match = matchTokens(tokens, tag)
  if (match.kind === 'mismatch') return undefined
  const gitTag = render(rule.pattern.tokens, match.bindings)
  if (match.bindings.size < boundBy(rule.pattern).size) return { rule, gitTag, exact: false }
  return ruleFor(policy, gitTag)?.rule === rule ? { rule, gitTag, exact: true } : undefined
}

/** The origin of an image tag that any rule gives after its bar. */
export function stableOrigin(policy: Policy, tag: string): Origin | undefined {
  for (const rule of policy.rules) {
    for (const template of rule.templates) {
      const origin = template.stable ? originBy(policy, rule, template, tag) : undefined
      if (origin !== undefined) return origin
    }
  }
  return undefined
}
