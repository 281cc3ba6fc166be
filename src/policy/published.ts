import { allTags, decide, type Planned } from './decide.ts'
import { isReferrersTag } from './image-tag.ts'
import { originBy } from './match.ts'
import type { Policy } from './policy.ts'
import { compareVersions, type Version, versionOfGitTag } from './version-order.ts'

export interface PublishedVersion {
  /** Whether its first tag is there, not only copies. */
  readonly hasFirst: boolean
  readonly decision: Planned
  readonly version: Version
}

export interface Published {
  /** By git tag. */
  readonly versions: ReadonlyMap<string, PublishedVersion>
  /** Tags of no rule with numbers, without signatures; first what looks stable. */
  readonly others: readonly string[]
}

/** The versions that tags show. A tag of several git tags belongs to the first rule's. */
export function publishedVersions(policy: Policy, tags: readonly string[]): Published {
  const versions = new Map<string, PublishedVersion>()
  const given = new Set<string>()
  for (const tag of tags) {
    const [shown] = versionsShownBy(policy, tag)
    if (shown === undefined) continue
    const { gitTag, first } = shown.decision
    const hasFirst = tag === first.tag || versions.get(gitTag)?.hasFirst === true
    versions.set(gitTag, { ...shown, hasFirst })
    for (const each of allTags(shown.decision)) given.add(each.tag)
  }
  const words = stableWords(policy)
  const looksStable = (tag: string) => words.some(word => tag.toLowerCase().includes(word))
  const others = tags
    .filter(tag => !given.has(tag) && !isReferrersTag(tag))
    .toSorted((one, other) => Number(looksStable(other)) - Number(looksStable(one)))
  return { versions, others }
}

/** With a fixed stable tag among these. */
export function newestStable(policy: Policy, tags: readonly string[], except: string) {
  const there = new Set(tags)
  return newestFirst(publishedVersions(policy, tags).versions.values())
    .flatMap(({ decision: { gitTag, first, copies } }) =>
      copies.map(copy => ({ gitTag, first: first.tag, ...copy })),
    )
    .find(({ gitTag, tag, stable, moving }) => gitTag !== except && stable && !moving && there.has(tag))
}

/** The versions with this fixed tag: first those built under it. */
export function versionsShownBy(policy: Policy, tag: string): readonly Omit<PublishedVersion, 'hasFirst'>[] {
  const firsts = policy.rules.map(rule => ({ rule, template: rule.templates[0] }))
  const copies = policy.rules.flatMap(rule => rule.templates.slice(1).map(template => ({ rule, template })))
  return [...firsts, ...copies].flatMap(({ rule, template }) => {
    const origin = originBy(policy, rule, template, tag)
    const version = origin?.exact ? versionOfGitTag(policy, origin.gitTag) : undefined
    if (origin === undefined || version === undefined) return []
    const decision = decide(policy, origin.gitTag)
    return decision.kind === 'planned' ? [{ version, decision }] : []
  })
}

function stableWords({ rules }: Policy) {
  const stable = rules.flatMap(({ templates }) => templates.filter(template => template.stable))
  return stable.flatMap(({ source }) => source.match(/[a-z]{3,}/g) ?? [])
}

export function newestFirst(versions: Iterable<PublishedVersion>): PublishedVersion[] {
  return [...versions].sort(
    (one, other) =>
      compareVersions(other.version, one.version) || (one.decision.gitTag < other.decision.gitTag ? -1 : 1),
  )
}
