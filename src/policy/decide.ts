import { fittingPreset } from './fitting-preset.ts'
import { isReferrersTag, tagProblem } from './image-tag.ts'
import { matchRule, ruleFor, stableOrigin } from './match.ts'
import { type Bindings, render } from './pattern.ts'
import type { Policy, Template } from './policy.ts'

export interface PlannedTag {
  readonly tag: string
  readonly stable: boolean
  /** Follows the newest version; a tag that is not moving is fixed and never changes. */
  readonly moving: boolean
}

/** What the policy says of a git tag; `reason` is a sentence. */
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

export type Planned = Extract<Decision, { kind: 'planned' }>

/** The tags in the order in which they are published: the first, then fixed before moving ones. */
export function allTags({ first, copies }: Planned): readonly PlannedTag[] {
  return [first, ...copies]
}

/** Decides which image tags a git tag gets: those of the first rule that matches, if all may be written. */
export function decide(policy: Policy, gitTag: string): Decision {
  const found = ruleFor(policy, gitTag)
  if (found === undefined) return { kind: 'refused', gitTag, reason: noRule(policy, gitTag) }
  const { rule, bindings } = found
  const [firstTemplate, ...others] = rule.templates
  const first = plannedTag(firstTemplate, bindings)
  const copies = others
    .map(template => plannedTag(template, bindings))
    .toSorted((one, other) => Number(one.moving) - Number(other.moving))
  const matched = `rule ${rule.name}, ${rule.pattern.source}`
  const obstacle = obstacleTo([first, ...copies], policy)
  if (obstacle !== undefined) {
    return { kind: 'refused', gitTag, reason: `${gitTag} matches ${matched}, but ${obstacle}.` }
  }
  const isVersion = rule.pattern.kind === 'tokens' || rule.templates.some(({ stable }) => stable)
  const names = `${namesOf([first, ...copies], policy)}${isVersion ? '' : fittingPreset(gitTag)}`
  const reason = `${gitTag} is matched by ${matched}: it gets ${names}.`
  return { kind: 'planned', gitTag, rule: rule.name, first, copies, reason }
}

function plannedTag({ tokens, stable, moving }: Template, bindings: Bindings): PlannedTag {
  return { tag: render(tokens, bindings), stable, moving }
}

function obstacleTo(planned: readonly PlannedTag[], policy: Policy): string | undefined {
  const tags = planned.map(({ tag }) => tag)
  for (const [index, { tag, stable }] of planned.entries()) {
    const problem = tagProblem(tag)
    if (problem !== undefined) return `${tag} can't be an image tag: ${problem}`
    if (tags.indexOf(tag) !== index) return `two of its image tags are both ${tag}`
    const origin = stable ? undefined : stableOrigin(policy, tag)
    if (origin === undefined) continue
    const { rule, gitTag, exact } = origin
    const receivers = exact
      ? `the git tag ${gitTag}: release ${gitTag}, or promote it`
      : `all git tags like ${gitTag}: give the git tag another name`
    return `${tag} is a stable tag, which rule ${rule.name} gives to ${receivers}`
  }
  return undefined
}

function namesOf(planned: readonly PlannedTag[], { rules }: Policy): string {
  const [published, stable] = [false, true].map(isStable =>
    LIST.format(planned.flatMap(tag => (tag.stable === isStable ? [tag.tag] : []))),
  )
  if (stable !== '') return `${published}, and the stable ${stable}`
  const others = rules.filter(({ templates }) => templates.some(template => template.stable))
  const only = LIST.format(others.map(({ name, pattern }) => `${pattern.source} (${name})`))
  return `${published}, and no stable tag${only && `: those are for ${only}`}`
}

const LIST = new Intl.ListFormat('en')

function noRule(policy: Policy, gitTag: string): string {
  if (isReferrersTag(gitTag)) {
    return `${gitTag} is a tag for signatures and attestations of an image, and never a version.`
  }
  const problem = policy.rules.some(({ pattern }) => pattern.kind === 'any') ? tagProblem(gitTag) : undefined
  const why = problem === undefined ? '' : `; * takes only what can be an image tag, and ${problem}`
  return `${JSON.stringify(gitTag)} matches no rule${why}${nearest(policy, gitTag)}${fittingPreset(gitTag)}.`
}

function nearest({ rules }: Policy, gitTag: string): string {
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
