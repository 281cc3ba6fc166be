import { isReferrersTag, tagProblem } from './image-tag.ts'
import type { Policy, Rule, Template } from './policy.ts'
import { type Bindings, boundBy, type Match, matchTokens, render } from './tokens.ts'

/** `*` matches only what can be an image tag. */
export function matchRule({ pattern }: Rule, gitTag: string): Match {
  return pattern.kind === 'any' && tagProblem(gitTag) !== undefined
    ? { kind: 'mismatch', at: 0, wanted: 'a valid image tag' }
    : matchTokens(pattern.tokens, gitTag)
}

/** The first matching rule; none matches a tag of signatures. */
export function ruleFor(policy: Policy, gitTag: string): { rule: Rule; bindings: Bindings } | undefined {
  if (isReferrersTag(gitTag)) return undefined
  for (const rule of policy.rules) {
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

/** If this template gives the image tag and no rule above takes the git tag. */
export function originBy(policy: Policy, rule: Rule, { tokens }: Template, tag: string): Origin | undefined {
  const match = matchTokens(tokens, tag)
  if (match.kind === 'mismatch') return undefined
  const gitTag = render(rule.pattern.tokens, match.bindings)
  if (match.bindings.size < boundBy(rule.pattern).size) return { rule, gitTag, exact: false }
  return ruleFor(policy, gitTag)?.rule === rule ? { rule, gitTag, exact: true } : undefined
}

/** The origin of a tag that any rule gives after its bar. */
export function stableOrigin(policy: Policy, tag: string): Origin | undefined {
  const origins = policy.rules.flatMap(rule =>
    rule.templates.map(template => (template.stable ? originBy(policy, rule, template, tag) : undefined)),
  )
  return origins.find(origin => origin !== undefined)
}
