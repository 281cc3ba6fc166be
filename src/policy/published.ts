import { allTags, type Decision, decide } from './decide.ts'
import { isReferrersTag } from './image-tag.ts'
import { ruleFor } from './match.ts'
import { matchTokens, render } from './pattern.ts'
import type { Policy, Rule, Template } from './policy.ts'
import { compareVersions, type Version, versionOfGitTag } from './version-order.ts'

/** A version that image tags of a repository show, and what the policy says of it. */
export interface PublishedVersion {
  /** Whether the tag that is built is there, and not only copies of it. */
  readonly hasFirst: boolean
  readonly decision: Extract<Decision, { kind: 'planned' }>
  readonly version: Version
}

/** The git tag that gets an image tag from a template of a rule with numbers; nothing if none does. */
const gitTagBehind = (
  policy: Policy,
  { rule, template }: { rule: Rule; template: Template },
  tag: string,
): string | undefined => {
  if (rule.pattern.kind === 'any' || template.moving) return undefined
  const match = matchTokens(template.tokens, tag)
  if (match.kind === 'mismatch' || match.bindings.size === 0) return undefined
  const gitTag = render(rule.pattern.tokens, match.bindings)
  // A rule above may take this git tag.
  return ruleFor(policy, gitTag)?.rule === rule ? gitTag : undefined
}

/** The fixed templates in the order in which they say whose an image tag is: what is built, before its copies. */
const templatesOf = ({ rules }: Policy): readonly { rule: Rule; template: Template }[] => {
  const all = rules.flatMap(rule => rule.templates.map(template => ({ rule, template })))
  const isFirst = ({ rule, template }: (typeof all)[number]): boolean => rule.templates[0] === template
  return [...all.filter(isFirst), ...all.filter(each => !isFirst(each))]
}

/** Tells whether an image tag has a word of the policy's stable tags, such as `stable`. */
const stableNames = ({ rules }: Policy): ((tag: string) => boolean) => {
  const tokens = rules.flatMap(({ templates }) => templates.flatMap(each => (each.stable ? each.tokens : [])))
  const words = tokens.flatMap(token =>
    token.kind === 'literal' ? (token.text.toLowerCase().match(/[a-z]{3,}/g) ?? []) : [],
  )
  return tag => words.some(word => tag.toLowerCase().includes(word))
}

/** What is published in a repository, as the policy has it. */
export interface Published {
  /** By git tag, in no order. */
  readonly versions: ReadonlyMap<string, PublishedVersion>
  /** The image tags that no rule with numbers gives, those first that look like stable ones; not those for signatures. */
  readonly others: readonly string[]
}

/**
 * The versions that the image tags of a repository show: those whose first tag is there, or another fixed tag. Where
 * several git tags give the same image tag, it is taken for that of the first rule.
 */
export const publishedVersions = (policy: Policy, tags: readonly string[]): Published => {
  const templates = templatesOf(policy)
  const versions = new Map<string, PublishedVersion>()
  const given = new Set<string>()
  for (const tag of tags) {
    if (isReferrersTag(tag)) continue
    for (const at of templates) {
      const gitTag = gitTagBehind(policy, at, tag)
      if (gitTag === undefined) continue
      const version = versionOfGitTag(policy, gitTag)
      const decision = decide(policy, gitTag)
      if (version === undefined || decision.kind === 'refused') continue
      const hasFirst = tag === decision.first.tag || (versions.get(gitTag)?.hasFirst ?? false)
      versions.set(gitTag, { decision, version, hasFirst })
      for (const each of allTags(decision)) given.add(each.tag)
      break
    }
  }
  const others = tags.filter(tag => !given.has(tag) && !isReferrersTag(tag))
  const looksStable = stableNames(policy)
  return { versions, others: [...others.filter(looksStable), ...others.filter(tag => !looksStable(tag))] }
}

/** Versions, the newest first. */
export const newestFirst = (versions: Iterable<PublishedVersion>): PublishedVersion[] =>
  [...versions].sort(
    (one, other) =>
      compareVersions(other.version, one.version) || (one.decision.gitTag < other.decision.gitTag ? -1 : 1),
  )
