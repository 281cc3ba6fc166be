import type { ReleaseError } from '../errors.ts'
import { allTags } from '../policy/decide.ts'
import { newestFirst, type PublishedVersion } from '../policy/published.ts'
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

/** Whether a service has the first tag of a version. */
const hasFirst = ({ published }: ObservedService, gitTag: string): boolean =>
  published.versions.get(gitTag)?.hasFirst === true

/** The other services that have a version of the same number: by the others, nobody can tell what a service should have. */
const peersOf = (one: ObservedService, all: readonly ObservedService[]): readonly ObservedService[] =>
  all.filter(
    other =>
      other !== one &&
      [...one.published.versions.keys()].some(gitTag => other.published.versions.has(gitTag)),
  )

/** What there is to say of a version that a service does not have. `oldest` is the oldest that it has. */
const judgeAbsent = (
  version: PublishedVersion,
  {
    request,
    all,
    peers,
    oldest,
  }: AmongOthers & { peers: readonly ObservedService[]; oldest: Version | undefined },
): AuditedVersion => {
  const { gitTag, rule } = version.decision
  const having = peers.filter(peer => hasFirst(peer, gitTag)).length
  const known = {
    ofMost: having > 0 && having * 2 >= peers.length + 1,
    hasOlder: oldest !== undefined && compareVersions(oldest, version.version) < 0,
  }
  const isPublished = all.some(other => hasFirst(other, gitTag))
  const findings = isPublished ? [versionMissing(desiredOf(request, version), known)] : []
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
      : {
          gitTag: other.decision.gitTag,
          isNewer: compareVersions(other.version, version.version) > 0,
          tags: allTags(other.decision).map(({ tag }) => tag),
        }
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

/** Why nothing of a service can be judged, though it could be read. The newest version comes first. */
const nothingToJudge = (
  [newest]: readonly PublishedVersion[],
  { others, own, from }: { others: number; own: number; from: string | undefined },
): string | undefined => {
  if (newest === undefined) {
    return others === 0
      ? 'the registry has no such repository, or it is empty'
      : `it has ${counted(others, 'tag')}, and no version by the policy`
  }
  return own > 0 ? undefined : `it has no version from ${from} on; its newest is ${newest.decision.gitTag}`
}

/** What a service is judged with. */
interface AmongOthers {
  readonly request: AuditRequest
  /** All services, this one, too. */
  readonly all: readonly ObservedService[]
}

/** What there is to say of a service. */
export const auditedService = (
  one: ObservedService,
  judged: readonly PublishedVersion[],
  { request, all }: AmongOthers,
): AuditedService => {
  const { of, published, error, recordsProblem } = one
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
  const sorted = newestFirst(versions.values())
  const problem = nothingToJudge(sorted, { others: others.length, own, from: request.from })
  const olderVersions = versions.size - own
  if (problem !== undefined) return { ...about, problem, olderVersions, versions: [] }
  const among = { request, all, peers: peersOf(one, all), oldest: sorted.at(-1)?.version }
  return {
    ...about,
    ...(recordsProblem === undefined ? {} : { recordsProblem }),
    olderVersions,
    versions: judged.map(version =>
      has(version) ? judge(one, version, request) : judgeAbsent(version, among),
    ),
  }
}
