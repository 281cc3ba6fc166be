import type { ReleaseError } from '../errors.ts'
import { allTags, type PlannedTag } from '../policy/decide.ts'
import { newestFirst, type PublishedVersion } from '../policy/published.ts'
import { compareVersions } from '../policy/version-order.ts'
import { findingsOf, type ImageOwner, versionMissing } from '../reconcile/audit-findings.ts'
import { constraintsOfPublished, stableConstraint } from '../reconcile/constraints.ts'
import type { Desired } from '../reconcile/desired.ts'
import { digestAt, type Observed } from '../reconcile/observed.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { Step } from '../reconcile/step.ts'
import { type Digest, imageName, tagged } from '../registry/reference.ts'
import { counted } from '../text.ts'
import { type ObservedService, ownVersions } from './audit-observe.ts'
import type { AuditedService, AuditedVersion, StableTag } from './audit-result.ts'
import type { AuditRequest } from './request.ts'

/** What a service is judged with. */
interface AmongOthers {
  readonly request: AuditRequest
  /** All services, this one, too. */
  readonly all: readonly ObservedService[]
}

/** How many of the tags that no rule gives are named. */
const NAMED_OTHERS = 3

/** What there is to say of a service. */
export function auditedService(
  one: ObservedService,
  judged: readonly PublishedVersion[],
  { request, all }: AmongOthers,
): AuditedService {
  const { of, published, error, records } = one
  const { versions, others } = published
  const about = {
    service: of.service,
    image: imageName(of.repository),
    otherTags: others.length,
    otherTagsSuchAs: others.slice(0, NAMED_OTHERS),
  }
  const has = ({ decision }: PublishedVersion): boolean => versions.has(decision.gitTag)
  const own = ownVersions(one, judged).length
  const owners = ownersOf(one, judged)
  const olderVersions = versions.size - own
  const problem = error === undefined ? nothingToJudge(one, own, request) : error.what.replace(/\.$/, '')
  if (problem !== undefined) return { ...about, problem, olderVersions, versions: [] }
  return {
    ...about,
    ...(typeof records === 'object' ? { recordsProblem: records.problem } : {}),
    olderVersions,
    versions: judged.map(version =>
      has(version) ? judge(one, version, { request, owners }) : judgeAbsent(one, version, { request, all }),
    ),
  }
}

/** Why nothing of a service can be judged, though it could be read. */
function nothingToJudge(
  { published }: ObservedService,
  own: number,
  { from }: AuditRequest,
): string | undefined {
  const [newest] = newestFirst(published.versions.values())
  if (newest !== undefined)
    return own > 0 ? undefined : `it has no version from ${from} on; its newest is ${newest.decision.gitTag}`
  return published.others.length === 0
    ? 'the registry has no such repository, or it is empty'
    : `it has ${counted(published.others.length, 'tag')}, and no version by the policy`
}

/** What there is to say of a version that only other services have. */
function judgeAbsent(
  { published }: ObservedService,
  { decision, version }: PublishedVersion,
  { request, all }: AmongOthers,
): AuditedVersion {
  const { gitTag, rule, copies } = decision
  const isPublished = all.some(other => other.published.versions.get(gitTag)?.hasFirst === true)
  const hasOlder = [...published.versions.values()].some(own => compareVersions(own.version, version) < 0)
  const isDue = copies.some(({ stable, moving }) => stable && !moving)
  const isWrong = request.from !== undefined && isPublished && hasOlder && isDue
  const findings = isWrong ? [versionMissing(gitTag)] : []
  return { gitTag, rule, state: isWrong ? 'wrong' : 'absent', digest: undefined, stableTags: [], findings }
}

/** Compares what a service has of a version with what the policy desires. */
function judge(
  read: ObservedService,
  version: PublishedVersion,
  { request, owners }: { request: AuditRequest; owners: ReadonlyMap<Digest, PublishedVersion> },
): AuditedVersion {
  const { policy, stable } = request
  const { newest, tags, lost } = read
  const { gitTag, rule, first, copies } = version.decision
  const desired: Desired = { policy, gitTag, first, copies }
  const publishedTags = copies.flatMap(({ tag, moving }) => (moving ? (newest.get(tag) ?? []) : []))
  const observed: Observed = { tags, publishedTags }
  const steps = reconcile(desired, observed, constraintsOfPublished(undefined, stableConstraint(stable)))
  const digest = digestAt(observed, first.tag)
  const unread = unreadOf(read, steps)
  if (unread !== undefined) {
    const problem = unread.what.replace(/\.$/, '')
    return { gitTag, rule, state: 'unread', digest, stableTags: [], findings: [], problem }
  }
  const ownerOf = (image: Digest): ImageOwner | undefined => {
    const other = owners.get(image)
    if (other === undefined) return undefined
    const isNewer = compareVersions(other.version, version.version) > 0
    return { gitTag: other.decision.gitTag, isNewer, tags: allTags(other.decision).map(({ tag }) => tag) }
  }
  const findings = findingsOf(desired, { observed, steps, lost, ownerOf })
  const there = steps.filter(({ tag }) => tag.stable && digestAt(observed, tag.tag) !== undefined)
  const stableTags = there.filter(({ kind }) => kind === 'keep').map(step => stableTagOf(read, step))
  // A tag that moves may well be another version's.
  const inDoubt = there
    .filter(({ kind, tag }) => kind !== 'keep' && !tag.moving)
    .map(step => stableTagOf(read, step))
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

/**
 * What keeps a version from being judged: something of it could not be read. A moving tag that belongs to another version is
 * that one's.
 */
function unreadOf({ unread }: ObservedService, steps: readonly Step[]): ReleaseError | undefined {
  return steps
    .filter(({ kind }) => kind !== 'stay')
    .flatMap(({ tag: { tag } }) => unread.get(tag) ?? [])
    .at(0)
}

/** For every image, the newest version that has it under its first tag; if none has, under another fixed tag. */
function ownersOf(
  one: ObservedService,
  judged: readonly PublishedVersion[],
): ReadonlyMap<Digest, PublishedVersion> {
  const owners = new Map<Digest, PublishedVersion>()
  const versions = ownVersions(one, judged)
  const note = (version: PublishedVersion, tags: readonly PlannedTag[]): void => {
    for (const { tag } of tags) {
      const digest = digestAt(one, tag)
      if (digest !== undefined && !owners.has(digest)) owners.set(digest, version)
    }
  }
  for (const version of versions) note(version, [version.decision.first])
  for (const version of versions)
    note(
      version,
      version.decision.copies.filter(({ moving }) => !moving),
    )
  return owners
}

function stableTagOf({ of, notes }: ObservedService, { tag: { tag, moving } }: Step): StableTag {
  const reference = tagged(of.repository, tag)
  const record = notes.get(reference)
  return { tag, reference, moving, ...(record === undefined ? {} : { record }) }
}

/** The state of a version that the service has. */
function stateOf(
  { copies }: Desired,
  { findings, stableTags }: Pick<AuditedVersion, 'findings' | 'stableTags'>,
): AuditedVersion['state'] {
  if (findings.some(({ wrong }) => wrong)) return 'wrong'
  if (findings.length > 0) return 'waiting'
  const isStable = stableTags.length > 0 || copies.some(({ stable, moving }) => stable && !moving)
  return isStable ? 'stable' : 'published'
}
