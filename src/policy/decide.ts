import { isReferrersTag, tagProblem } from './image-tag.ts'
import { matchRule, ruleFor } from './match.ts'
import { type Bindings, render } from './pattern.ts'
import type { Policy, Rule, Template } from './policy.ts'
import { stableOrigin } from './stable-tags.ts'

/** An image tag that a git tag gets. */
export interface PlannedTag {
  readonly tag: string
  readonly stable: boolean
  /** Follows the newest version; a tag that is not moving is fixed and never changes. */
  readonly moving: boolean
}

/** What the policy says of a git tag. `reason` is one sentence, for people. */
export type Decision =
  | {
      readonly kind: 'planned'
      readonly gitTag: string
      readonly rule: string
      /** The tag that is built and pushed; the others are copies of it. */
      readonly first: PlannedTag
      readonly copies: readonly PlannedTag[]
      readonly reason: string
    }
  | { readonly kind: 'refused'; readonly gitTag: string; readonly reason: string }

/** The tags of a decision in the order in which they are published: fixed before moving, the first first. */
export const allTags = ({ first, copies }: Extract<Decision, { kind: 'planned' }>): readonly PlannedTag[] => [
  first,
  ...copies,
]

const plannedTag = ({ tokens, stable, moving }: Template, bindings: Bindings): PlannedTag => ({
  tag: render(tokens, bindings),
  stable,
  moving,
})

const join = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

const stablePatterns = ({ rules }: Policy): string[] =>
  rules
    .filter(({ templates }) => templates.some(({ stable }) => stable))
    .map(({ name, pattern }) => `${pattern.source} (${name})`)

const reasonFor = (policy: Policy, rule: Rule, first: PlannedTag, copies: readonly PlannedTag[]): string => {
  const published = [first, ...copies.filter(({ stable }) => !stable)].map(({ tag }) => tag)
  const stable = copies.filter(tag => tag.stable).map(({ tag }) => tag)
  const matched = `rule ${rule.name}, ${rule.pattern.source}: it gets ${join(published)}`
  if (stable.length > 0) return `${matched}, and the stable ${join(stable)}.`
  const others = stablePatterns(policy)
  return others.length === 0
    ? `${matched}; no rule of the policy gives a stable tag.`
    : `${matched}, and no stable tag, which only ${join(others)} ${others.length === 1 ? 'gets' : 'get'}.`
}

/** The rule whose pattern fits the longest beginning of the git tag, and where it stops to fit. */
const nearest = (policy: Policy, gitTag: string): string | undefined => {
  const misses = policy.rules.flatMap(rule => {
    const match = matchRule(rule, gitTag)
    return match.kind === 'mismatch' && rule.pattern.kind === 'tokens' ? [{ rule, ...match }] : []
  })
  const best = misses.reduce<(typeof misses)[number] | undefined>(
    (found, miss) => (found === undefined || miss.at > found.at ? miss : found),
    undefined,
  )
  if (best === undefined) return undefined
  const found = best.at === gitTag.length ? 'it ends' : `it has ${JSON.stringify(gitTag.slice(best.at))}`
  const after = best.at === 0 ? 'at its beginning' : `after ${gitTag.slice(0, best.at)}`
  return `the nearest is ${best.rule.pattern.source} (${best.rule.name}), which wants ${best.wanted} ${after}, where ${found}`
}

const refusal = (policy: Policy, gitTag: string): string => {
  if (isReferrersTag(gitTag)) {
    return `${gitTag} is a tag under which signatures and attestations of an image are kept, and never a version.`
  }
  const noRule = `${JSON.stringify(gitTag)} matches no rule`
  const takesAny = policy.rules.some(({ pattern }) => pattern.kind === 'any')
  const problem = takesAny ? tagProblem(gitTag) : undefined
  const why = problem === undefined ? '' : `; * takes only what can be an image tag, and ${problem}`
  const near = nearest(policy, gitTag)
  return `${noRule}${why}${near === undefined ? '' : `; ${near}`}.`
}

/** Why a tag before the bar can't be written, if it is one that a rule gives after its bar. */
const stableProblem = (policy: Policy, { tag, stable }: PlannedTag): string | undefined => {
  const origin = stable ? undefined : stableOrigin(policy, tag)
  if (origin === undefined) return undefined
  const { rule, gitTag, pattern } = origin
  const given = `${tag} is a stable tag, which rule ${rule.name} gives to`
  if (gitTag !== undefined) return `${given} the git tag ${gitTag}: release ${gitTag}, or promote it`
  return rule.pattern.kind === 'any'
    ? `${given} any git tag: give the git tag another name`
    : `${given} git tags such as ${pattern}: release one of these, or promote it`
}

/**
 * Decides which image tags a git tag gets. The first rule that matches decides. The git tag is refused when none does,
 * when a tag that the rule gives could not be an image tag, or when a tag before its bar is stable by any rule.
 */
export const decide = (policy: Policy, gitTag: string): Decision => {
  const found = ruleFor(policy, gitTag)
  if (found === undefined) return { kind: 'refused', gitTag, reason: refusal(policy, gitTag) }
  const { rule, bindings } = found
  const [firstTemplate, ...otherTemplates] = rule.templates
  const first = plannedTag(firstTemplate, bindings)
  const others = otherTemplates.map(template => plannedTag(template, bindings))
  const copies = [...others.filter(({ moving }) => !moving), ...others.filter(({ moving }) => moving)]
  const planned = [first, ...copies]
  const tags = planned.map(({ tag }) => tag)

  const refused = (why: string): Decision => ({
    kind: 'refused',
    gitTag,
    reason: `${gitTag} matches rule ${rule.name}, ${rule.pattern.source}, but ${why}.`,
  })
  for (const tag of tags) {
    const problem = tagProblem(tag)
    if (problem !== undefined) return refused(`${tag} can't be an image tag: ${problem}`)
  }
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index)
  if (twice !== undefined) return refused(`two of its image tags are both ${twice}`)
  for (const tag of planned) {
    const problem = stableProblem(policy, tag)
    if (problem !== undefined) return refused(problem)
  }
  return {
    kind: 'planned',
    gitTag,
    rule: rule.name,
    first,
    copies,
    reason: `${gitTag} is matched by ${reasonFor(policy, rule, first, copies)}`,
  }
}
