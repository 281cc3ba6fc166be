import type { ReleaseError } from '../errors.ts'
import { allTags } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import { newestFirst, type Published, type PublishedVersion, versionsShownBy } from '../policy/published.ts'
import { compareVersions, versionOfGitTag } from '../policy/version-order.ts'
import { type Finding, findingsOf, promotionIncomplete, versionMissing } from '../reconcile/audit-findings.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import { constraintsOfPublished, digestAt, stableConstraint } from '../reconcile/state.ts'
import { findingOfUse, type Use } from '../reconcile/used-findings.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { PromotionNote } from '../registry/promotion-record.ts'
import { type Digest, imageName, type TagState, tagged } from '../registry/reference.ts'
import { counted } from '../text.ts'
import type { AuditedService, AuditedUse, AuditedVersion, AuditResult } from './audit-result.ts'
import type { AuditRequest, PublishedService } from './request.ts'

export interface ReadService {
  readonly of: PublishedService
  readonly registry: RegistryClient
  readonly published: Published
  readonly used: readonly Use[]
  /** The newest first. */
  readonly judged: readonly PublishedVersion[]
  /** Of every moving tag, the tag that shows the newest version it could lead to. */
  readonly newest: ReadonlyMap<string, string>
  readonly tags: Map<string, TagState>
  /** Images of tags that the registry does not have. */
  readonly lost: Set<Digest>
  /** By tag, digest, or `''` for the list of all tags. */
  readonly unread: Map<string, ReleaseError>
  /** By the reference of the stable tag. */
  readonly notes: ReadonlyMap<string, PromotionNote>
  readonly records: 'not-read' | 'read' | 'unsupported' | { readonly problem: string }
}

export function auditResult(request: AuditRequest, all: readonly ReadService[]): AuditResult {
  // Where one of the services has the first tag of a version, that one counts.
  const judged = all
    .flatMap(one => one.judged)
    .toSorted((one, other) => Number(one.hasFirst) - Number(other.hasFirst))
  const versions = newestFirst(new Map(judged.map(each => [each.decision.gitTag, each])).values())
  const places = all.map(({ records }) => records)
  const records = places.includes('unsupported') && !places.includes('read') ? 'unsupported' : 'read'
  return {
    command: 'audit',
    from: request.from,
    records: request.withRecords ? records : 'not-read',
    services: nameIncomplete(all.map(one => auditService(one, versions, request))),
  }
}

function nameIncomplete(services: readonly AuditedService[]): readonly AuditedService[] {
  const all = services.flatMap(({ versions }) => versions)
  const begun = all.filter(({ stableTags }) => stableTags.some(({ moving }) => !moving))
  const gitTags = new Set(begun.map(({ gitTag }) => gitTag))
  const named = (version: AuditedVersion): AuditedVersion => {
    if (!gitTags.has(version.gitTag)) return version
    const findings = version.findings.map(finding =>
      finding.kind === 'stable-waiting' ? promotionIncomplete(finding, version.gitTag) : finding,
    )
    return { ...version, findings }
  }
  return services.map(service => ({ ...service, versions: service.versions.map(named) }))
}

function auditService(
  one: ReadService,
  versions: readonly PublishedVersion[],
  request: AuditRequest,
): AuditedService {
  const { of, published, judged, records, unread } = one
  const older = published.versions.size - judged.length
  const since = request.from === undefined ? '' : ` from ${request.from} on`
  const nothing = `it has no version${since}, and ${counted(older + published.others.length, 'other tag')}`
  const problem = unread.get('')?.what ?? (judged.length === 0 ? nothing : undefined)
  const owners = new Map(
    judged.toReversed().map(version => [digestAt(one, version.decision.first.tag), version]),
  )
  const own = new Set(judged.map(({ decision }) => decision.gitTag))
  const audited = (problem === undefined ? versions : []).map(version =>
    own.has(version.decision.gitTag)
      ? judge(one, version, { request, owners })
      : judgeAbsent(one, version, request),
  )
  return {
    service: of.service,
    image: imageName(of.repository),
    problem,
    otherTags: published.others.length,
    otherTagsSuchAs: published.others.slice(0, 3),
    recordsProblem: typeof records === 'object' ? records.problem : undefined,
    olderVersions: older,
    versions: audited,
    used: request.used && one.used.map(use => judgeUse(one, use, { policy: request.policy, audited })),
  }
}

function judgeUse(
  { tags, lost, unread, used }: ReadService,
  { service, ...use }: Use,
  { policy, audited }: { policy: Policy; audited: readonly AuditedVersion[] },
): AuditedUse {
  const { tag = '' } = use
  const image = use.digest ?? digestAt({ tags }, tag)
  const version = versionsShownBy(policy, tag)[0]?.decision
  const having = audited.filter(({ digest }) => image !== undefined && digest === image)
  const gitTags = version === undefined ? having.map(({ gitTag }) => gitTag) : [version.gitTag]
  const problem = (unread.get(tag) ?? unread.get(image ?? tag))?.what
  // A cluster prints both.
  const isTold = tag === '' && used.some(each => each.tag && digestAt({ tags }, each.tag) === image)
  if (problem !== undefined || (image !== undefined && isTold)) return { ...use, gitTags, problem }
  // The newest version comes first.
  const newest = audited.findIndex(({ gitTag }) => gitTags.includes(gitTag))
  const newerTags = audited.slice(0, Math.max(newest, 0)).flatMap(({ stableTags }) => stableTags)
  const newer = newerTags.find(({ moving }) => !moving)?.tag
  const finding = findingOfUse({ service, ...use }, { policy, version, tags, lost, newer })
  return { ...use, gitTags, finding }
}

/** A version of others: a fault if it should be stable here, as this service has an older one. */
function judgeAbsent(
  { published: { versions } }: ReadService,
  { decision, version, hasFirst }: PublishedVersion,
  { policy, from }: AuditRequest,
): AuditedVersion {
  const { gitTag, rule, copies } = decision
  const oldest = from === undefined ? undefined : versionOfGitTag(policy, from)
  const hasOlder = [...versions.values()].some(own => compareVersions(own.version, version) < 0)
  const isDue = copies.some(({ stable, moving }) => stable && !moving)
  const isAsked = oldest !== undefined && compareVersions(version, oldest) >= 0
  const isWrong = isAsked && hasFirst && hasOlder && isDue
  const findings = isWrong ? [versionMissing(gitTag)] : []
  return { gitTag, rule, state: stateOf(findings, 'absent'), digest: undefined, stableTags: [], findings }
}

function judge(
  { of, tags, newest, lost, unread, notes }: ReadService,
  { decision, version }: PublishedVersion,
  { request, owners }: { request: AuditRequest; owners: ReadonlyMap<Digest | undefined, PublishedVersion> },
): AuditedVersion {
  const { gitTag, rule, first, copies } = decision
  const desired = { policy: request.policy, gitTag, first, copies }
  const observed = { tags, publishedTags: copies.flatMap(({ tag }) => newest.get(tag) ?? []) }
  const steps = reconcile(
    desired,
    observed,
    constraintsOfPublished(undefined, stableConstraint(request.stable)),
  )
  const about = { gitTag, rule, digest: digestAt(observed, first.tag) }
  // A moving tag that stays belongs to another version.
  const [failure] = steps
    .filter(({ kind }) => kind !== 'stay')
    .flatMap(({ tag: { tag } }) => unread.get(tag) ?? unread.get(digestAt(observed, tag) ?? tag) ?? [])
  if (failure !== undefined)
    return { ...about, state: 'unread', stableTags: [], findings: [], problem: failure.what }
  const ownerOf = (image: Digest) => {
    const owner = owners.get(image)
    if (owner === undefined) return undefined
    const isNewer = compareVersions(owner.version, version) > 0
    return { gitTag: owner.decision.gitTag, isNewer, tags: allTags(owner.decision).map(({ tag }) => tag) }
  }
  const findings = findingsOf(desired, { observed, steps, lost, ownerOf })
  const there = steps.flatMap(({ kind, tag: { tag, stable, moving } }) => {
    const reference = tagged(of.repository, tag)
    const isThere = stable && digestAt(observed, tag) !== undefined
    return isThere ? [{ kind, tag, reference, moving, record: notes.get(reference) }] : []
  })
  const stableTags = there.flatMap(({ kind, ...each }) => (kind === 'keep' ? [each] : []))
  const inDoubt = there.flatMap(({ kind, ...each }) => (kind === 'keep' || each.moving ? [] : [each]))
  const state = stateOf(findings, stableTags.length > 0 ? 'stable' : 'published')
  return { ...about, state, stableTags, inDoubt, findings }
}

function stateOf(findings: readonly Finding[], otherwise: AuditedVersion['state']): AuditedVersion['state'] {
  if (findings.some(({ wrong }) => wrong)) return 'wrong'
  return findings.length > 0 ? 'waiting' : otherwise
}
