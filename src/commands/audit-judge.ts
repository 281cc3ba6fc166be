import type { ReleaseError } from '../errors.ts'
import { newestFirst, type Published, type PublishedVersion } from '../policy/published.ts'
import { compareVersions, type Version } from '../policy/version-order.ts'
import type { Desired } from '../reconcile/desired.ts'
import { findingsOf, type ImageOwner, versionMissing } from '../reconcile/findings.ts'
import { digestAt, type Observed } from '../reconcile/observed.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { Step } from '../reconcile/step.ts'
import { stableTerms, termsOfPublished } from '../reconcile/terms.ts'
import { type Digest, imageName, tagged } from '../registry/reference.ts'
import { counted } from '../text.ts'
import type { ObservedService } from './audit-observe.ts'
import type { AuditedService, AuditedVersion, StableTag } from './audit-result.ts'
import type { AuditRequest } from './request.ts'

/** How many of the tags that no rule gives are named. */
const NAMED_OTHERS = 3

/** The state of a version that the service has. */
const stateOf = (
  { copies }: Desired,
  { findings, stableTags }: Pick<AuditedVersion, 'findings' | 'stableTags'>,
): AuditedVersion['state'] => {
  if (findings.some(({ wrong }) => wrong)) return 'wrong'
  if (findings.length > 0) return 'waiting'
  return stableTags.length > 0 || copies.some(({ stable, moving }) => stable && !moving)
    ? 'stable'
    : 'published'
}

/**
 * What keeps a version from being judged: something of it could not be read. A moving tag that belongs to another version is
 * that one's.
 */
const unreadOf = ({ unread, tags }: ObservedService, steps: readonly Step[]): ReleaseError | undefined =>
  steps
    .filter(({ kind }) => kind !== 'stay')
    .flatMap(({ tag: { tag } }) => unread.get(tag) ?? unread.get(digestAt({ tags }, tag) ?? '') ?? [])
    .at(0)

const desiredOf = ({ policy }: AuditRequest, { decision }: PublishedVersion): Desired => {
  const { gitTag, first, copies } = decision
  return { policy, gitTag, first, copies }
}

/** Which services have a version: of how many that could be read, how many have its first tag. */
export interface Having {
  readonly of: number
  readonly count: ReadonlyMap<string, number>
}

/** Counts which services have which version. */
export const countVersions = (all: readonly ObservedService[]): Having => {
  const judged = all.filter(({ published }) => published.versions.size > 0)
  const count = new Map<string, number>()
  for (const { published } of judged) {
    for (const [gitTag, { hasFirst }] of published.versions) {
      if (hasFirst) count.set(gitTag, (count.get(gitTag) ?? 0) + 1)
    }
  }
  return { of: judged.length, count }
}

/** What there is to say of a version that a service does not have. `oldest` is the oldest that it has. */
const judgeAbsent = (
  version: PublishedVersion,
  {
    request,
    having,
    oldest,
    sharesVersions,
  }: { request: AuditRequest; having: Having; oldest: Version | undefined; sharesVersions: boolean },
): AuditedVersion => {
  const { gitTag, rule } = version.decision
  const count = having.count.get(gitTag) ?? 0
  const ofMost = count * 2 >= having.of
  const hasOlder = oldest !== undefined && compareVersions(oldest, version.version) < 0
  const findings =
    count === 0 ? [] : [versionMissing(desiredOf(request, version), { ofMost, hasOlder, sharesVersions })]
  const state = findings.some(({ wrong }) => wrong) ? 'wrong' : 'absent'
  return { gitTag, rule, state, digest: undefined, stableTags: [], findings }
}

/** Compares what a service has of a version with what the policy desires. */
const judge = (read: ObservedService, version: PublishedVersion, request: AuditRequest): AuditedVersion => {
  const { of, newest, tags, lost, notes, owners } = read
  const desired = desiredOf(request, version)
  const { gitTag, first, copies } = desired
  const { rule } = version.decision
  const publishedTags = copies.flatMap(({ tag, moving }) => (moving ? (newest.get(tag) ?? []) : []))
  const observed: Observed = { tags, publishedTags }
  const steps = reconcile(desired, observed, termsOfPublished(undefined, stableTerms(request.stable)))
  const digest = digestAt(observed, first.tag)
  const unread = unreadOf(read, steps)
  if (unread !== undefined) {
    const problem = unread.what.replace(/\.$/, '')
    return { gitTag, rule, state: 'unread', digest, stableTags: [], findings: [], problem }
  }
  const ownerOf = (digest: Digest): ImageOwner | undefined => {
    const other = owners.get(digest)
    return other === undefined
      ? undefined
      : { gitTag: other.decision.gitTag, isNewer: compareVersions(other.version, version.version) > 0 }
  }
  const findings = findingsOf(desired, { observed, steps, lost, ownerOf })
  const stableTagOf = ({ tag: { tag, moving } }: Step): StableTag => {
    const reference = tagged(of.repository, tag)
    const record = notes.get(reference)
    return { tag, reference, moving, ...(record === undefined ? {} : { record }) }
  }
  const there = steps.filter(({ tag: { tag, stable } }) => stable && digestAt(observed, tag) !== undefined)
  const stableTags = there.filter(({ kind }) => kind === 'keep').map(stableTagOf)
  // A tag that moves may well be another version's.
  const inDoubt = there.filter(({ kind, tag }) => kind !== 'keep' && !tag.moving).map(stableTagOf)
  return {
    gitTag,
    rule,
    state: stateOf(desired, { findings, stableTags }),
    digest,
    stableTags,
    ...(inDoubt.length === 0 ? {} : { inDoubt }),
    findings,
  }
}

/** Why nothing of a service can be judged, though it could be read. */
const nothingToJudge = (
  { versions, others }: Published,
  judged: readonly PublishedVersion[],
  { from }: AuditRequest,
): string | undefined => {
  const [newest] = newestFirst(versions.values())
  if (newest === undefined) {
    return others.length === 0
      ? 'the registry has no such repository, or it is empty'
      : `it has ${counted(others.length, 'tag')}, and no version by the policy`
  }
  return judged.length > 0
    ? undefined
    : `it has no version from ${from} on; its newest is ${newest.decision.gitTag}`
}

/** What there is to say of a service. */
export const auditedService = (
  read: ObservedService,
  judged: readonly PublishedVersion[],
  { request, having }: { request: AuditRequest; having: Having },
): AuditedService => {
  const { of, published, error } = read
  const { versions, others } = published
  const about = {
    service: of.service,
    image: imageName(of.repository),
    otherTags: others.length,
    otherTagsSuchAs: others.slice(0, NAMED_OTHERS),
  }
  if (error !== undefined) {
    return { ...about, problem: error.what.replace(/\.$/, ''), olderVersions: 0, versions: [] }
  }
  const has = ({ decision }: PublishedVersion): boolean => versions.has(decision.gitTag)
  const own = judged.filter(has).length
  const problem = nothingToJudge(published, judged, request)
  const oldest = newestFirst(versions.values()).at(-1)?.version
  // One that shares none has version numbers of its own.
  const sharesVersions = [...versions].some(
    ([gitTag, { hasFirst }]) => hasFirst && (having.count.get(gitTag) ?? 0) > 1,
  )
  return {
    ...about,
    ...(problem === undefined ? {} : { problem }),
    ...(read.recordsProblem === undefined ? {} : { recordsProblem: read.recordsProblem }),
    olderVersions: versions.size - own,
    versions:
      versions.size === 0
        ? []
        : judged.map(version =>
            has(version)
              ? judge(read, version, request)
              : judgeAbsent(version, { request, having, oldest, sharesVersions }),
          ),
  }
}
