import { isReferrersTag, tagProblem } from './image-tag.ts'
import { matchRule, ruleFor, stableOrigin } from './match.ts'
import { parsePolicy } from './parse-policy.ts'
import type { Policy, Template } from './policy.ts'
import { presets } from './presets.ts'
import { render } from './tokens.ts'

export interface PlannedTag {
  readonly tag: string
  readonly stable: boolean
  /** Follows the newest version; any other tag is fixed. */
  readonly moving: boolean
}

type Decision = Planned | { readonly kind: 'refused'; readonly reason: string }

export interface Planned {
  readonly kind: 'planned'
  readonly gitTag: string
  readonly rule: string
  readonly first: PlannedTag
  readonly copies: readonly PlannedTag[]
  readonly reason: string
}

/** In the order of publication: the first, fixed, then moving ones. */
export function allTags({ first, copies }: Planned): readonly PlannedTag[] {
  return [first, ...copies]
}

/** By the first matching rule, if all its image tags may be written. */
export function decide(policy: Policy, gitTag: string): Decision {
  const found = ruleFor(policy, gitTag)
  if (found === undefined) return { kind: 'refused', reason: noRule(policy, gitTag) }
  const { rule, bindings } = found
  const plannedTag = ({ tokens, stable, moving }: Template) => {
    return { tag: render(tokens, bindings), stable, moving }
  }
  const [template, ...others] = rule.templates
  const first = plannedTag(template)
  const copies = others.map(plannedTag).toSorted((one, other) => Number(one.moving) - Number(other.moving))
  const matched = `rule ${rule.name}, ${rule.pattern.source}`
  const obstacle = obstacleTo([first, ...copies], policy)
  if (obstacle !== undefined)
    return { kind: 'refused', reason: `${gitTag} matches ${matched}, but ${obstacle}.` }
  const isVersion = rule.pattern.kind === 'tokens' || rule.templates.some(({ stable }) => stable)
  const names = `${namesOf([first, ...copies], policy)}${isVersion ? '' : fittingPreset(gitTag)}`
  const reason = `${gitTag} is matched by ${matched}: it gets ${names}.`
  return { kind: 'planned', gitTag, rule: rule.name, first, copies, reason }
}

function obstacleTo(planned: readonly PlannedTag[], policy: Policy) {
  const tags = planned.map(({ tag }) => tag)
  for (const [index, { tag, stable }] of planned.entries()) {
    const problem = tagProblem(tag)
    if (problem !== undefined) return `${tag} can't be an image tag: ${problem}`
    if (tags.indexOf(tag) !== index) return `two of its image tags are both ${tag}`
    const origin = stable ? undefined : stableOrigin(policy, tag)
    if (origin === undefined) continue
    const { rule, gitTag, exact } = origin
    const advice = exact ? `release ${gitTag}, or promote it` : 'give the git tag another name'
    return `${tag} is a stable tag of rule ${rule.name}, for ${gitTag}: ${advice}`
  }
  return undefined
}

function namesOf(planned: readonly PlannedTag[], { rules }: Policy) {
  const [published, stable] = [false, true].map(isStable =>
    LIST.format(planned.flatMap(tag => (tag.stable === isStable ? [tag.tag] : []))),
  )
  if (stable !== '') return `${published}, and the stable ${stable}`
  const others = rules.filter(({ templates }) => templates.some(template => template.stable))
  const only = LIST.format(others.map(({ name, pattern }) => `${pattern.source} (${name})`))
  return `${published}, and no stable tag${only && `: those are for ${only}`}`
}

const LIST = new Intl.ListFormat('en')

function noRule(policy: Policy, gitTag: string) {
  if (isReferrersTag(gitTag)) return `${gitTag} is a tag for signatures or attestations, never a version.`
  const problem = policy.rules.some(({ pattern }) => pattern.kind === 'any') ? tagProblem(gitTag) : undefined
  const why = problem === undefined ? '' : `; * takes only image tags, and ${problem}`
  return `${JSON.stringify(gitTag)} matches no rule${why}${nearest(policy, gitTag)}${fittingPreset(gitTag)}.`
}

function nearest({ rules }: Policy, gitTag: string) {
  const [miss] = rules
    .flatMap(rule => {
      const match = matchRule(rule, gitTag)
      return match.kind === 'mismatch' && rule.pattern.kind === 'tokens' ? [{ ...rule, ...match }] : []
    })
    .toSorted((one, other) => other.at - one.at)
  if (miss === undefined) return ''
  const { name, pattern, wanted, at } = miss
  const after = at === 0 ? 'at its beginning' : `after ${gitTag.slice(0, at)}`
  const found = at === gitTag.length ? 'it ends' : `it has ${JSON.stringify(gitTag.slice(at))}`
  return `; the nearest is ${pattern.source} (${name}), which wants ${wanted} ${after}, where ${found}`
}

/** A preset that has a rule with numbers for a git tag, as the end of a sentence. */
function fittingPreset(gitTag: string) {
  for (const { name, policy } of PRESETS) {
    const rule = ruleFor(policy, gitTag)?.rule
    if (rule?.pattern.kind === 'tokens')
      return `; policy: ${name} has a rule for it, ${rule.name} (${rule.pattern.source})`
  }
  return ''
}

const PRESETS = Object.entries(presets).flatMap(([name, text]) => {
  const parsed = parsePolicy(text)
  return parsed.kind === 'policy' ? [{ name, policy: parsed.policy }] : []
})
