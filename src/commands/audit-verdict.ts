import type { ReleaseError } from '../errors.ts'
import { allTags } from '../policy/decide.ts'
import { newestFirst, type Published, type PublishedVersion } from '../policy/published.ts'
import { compareVersions, type Version } from '../policy/version-order.ts'
import type { Desired } from '../reconcile/desired.ts'
import { findingsOf, type ImageOwner, versionMissing } from '../reconcile/findings.ts'
import { digestAt, type Observed } from '../reconcile/observed.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { Step } from '../reconcile/step.ts'
import { stableTerms, termsOfPublished } from '../reconcile/terms.ts'
import type { PromotionNote } from '../record/promotion.ts'
import { type Digest, imageName, type TagState, tagged } from '../registry/reference.ts'
import { counted } from '../text.ts'
import {
  type AuditedService,
  type AuditedVersion,
  type AuditResult,
  findingsIn,
  type StableTag,
} from './audit-result.ts'
import type { AuditRequest, Service } from './request.ts'
import { ResultError } from './result-error.ts'

/** What was read of a service. */
export interface ReadService {
  readonly of: Service
  readonly published: Published
  /** For every moving tag, the tag that shows the newest version which it could lead to. */
  readonly newest: ReadonlyMap<string, string>
  readonly tags: ReadonlyMap<string, TagState>
  /** The images that tags lead to, and the registry does not have. */
  readonly lost: ReadonlySet<Digest>
  /** What records tell of stable tags, by reference. */
  readonly notes: ReadonlyMap<string, PromotionNote>
  /** For every image, the newest version that has it under a fixed tag. */
  readonly owners: ReadonlyMap<Digest, PublishedVersion>
  /** What kept it from being read at all. */
  readonly error?: ReleaseError
  /** What kept a tag, or an image that tags lead to, from being read. */
  readonly unread: ReadonlyMap<string, ReleaseError>
  /** Why its records are not shown, if they can't be read. */
  readonly noRecords?: string
}

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

/** What kept a version from being judged, if something of it could not be read. */
export const unreadOf = (
  read: Pick<ReadService, 'tags' | 'unread'>,
  { decision }: PublishedVersion,
): ReleaseError | undefined =>
  allTags(decision)
    .flatMap(({ tag }) => read.unread.get(tag) ?? read.unread.get(digestAt(read, tag) ?? '') ?? [])
    .at(0)

const desiredOf = ({ policy }: AuditRequest, { decision }: PublishedVersion): Desired => {
  const { gitTag, first, copies } = decision
  return { policy, gitTag, first, copies }
}

/** What there is to say of a version that a service does not have. `oldest` is the oldest that it has. */
const judgeAbsent = (
  version: PublishedVersion,
  {
    request,
    others,
    oldest,
    sharesVersions,
  }: { request: AuditRequest; others: OtherServices; oldest: Version | undefined; sharesVersions: boolean },
): AuditedVersion => {
  const { gitTag, rule } = version.decision
  const having = others.services.get(gitTag) ?? 0
  const ofMost = having * 2 >= others.all
  const hasOlder = oldest !== undefined && compareVersions(oldest, version.version) < 0
  const findings =
    having === 0 ? [] : [versionMissing(desiredOf(request, version), { ofMost, hasOlder, sharesVersions })]
  const state = findings.some(({ wrong }) => wrong) ? 'wrong' : 'absent'
  return { gitTag, rule, state, digest: undefined, stableTags: [], findings }
}

/** Compares what a service has of a version with what the policy desires. */
const judge = (read: ReadService, version: PublishedVersion, request: AuditRequest): AuditedVersion => {
  const { of, newest, tags, lost, notes, owners } = read
  const desired = desiredOf(request, version)
  const { gitTag, first, copies } = desired
  const { rule } = version.decision
  const publishedTags = copies.flatMap(({ tag, moving }) => (moving ? (newest.get(tag) ?? []) : []))
  const observed: Observed = { tags, publishedTags }
  const steps = reconcile(desired, observed, termsOfPublished(undefined, stableTerms(request.stable)))
  const digest = digestAt(observed, first.tag)
  const unread = unreadOf(read, version)
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
  const stableTagOf = ({ tag: { tag } }: Step): StableTag => {
    const reference = tagged(of.repository, tag)
    const record = notes.get(reference)
    return { tag, reference, ...(record === undefined ? {} : { record }) }
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

/** Which services have a version: how many have its first tag, and how many there are. */
export interface OtherServices {
  readonly services: ReadonlyMap<string, number>
  readonly all: number
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
  read: ReadService,
  judged: readonly PublishedVersion[],
  { request, others: otherServices }: { request: AuditRequest; others: OtherServices },
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
    ([gitTag, { hasFirst }]) => hasFirst && (otherServices.services.get(gitTag) ?? 0) > 1,
  )
  return {
    ...about,
    ...(problem === undefined ? {} : { problem }),
    ...(read.noRecords === undefined ? {} : { noRecords: read.noRecords }),
    olderVersions: versions.size - own,
    versions:
      versions.size === 0
        ? []
        : judged.map(version =>
            has(version)
              ? judge(read, version, request)
              : judgeAbsent(version, { request, others: otherServices, oldest, sharesVersions }),
          ),
  }
}

const remediesOf = (errors: readonly ReleaseError[]): string =>
  [...new Set(errors.map(({ remedy }) => remedy))].join(' ')

/** The error for services that could not be read, where that is all. */
const unreadableError = (
  result: AuditResult,
  unreadable: readonly ReleaseError[],
): ResultError | undefined => {
  const [error, ...others] = unreadable
  if (error === undefined) return undefined
  const { name, what } = error
  return new ResultError(name, result, {
    what:
      others.length === 0
        ? what
        : `${unreadable.length} services could not be read:\n${unreadable.map(each => `- ${each.what}`).join('\n')}\n`,
    remedy: remediesOf(unreadable),
  })
}

/**
 * The error for what was found: nothing if all is as it should be. It has the name of what could not be read, if that is
 * all. `errors` are what kept each service from being read.
 */
export const auditError = (
  result: AuditResult,
  errors: readonly (ReleaseError | undefined)[],
): ResultError | undefined => {
  const unreadable = errors.flatMap(error => error ?? [])
  const wrong = findingsIn(result).filter(({ finding }) => finding.wrong)
  const empty = result.services.filter(
    ({ problem }, index) => problem !== undefined && errors[index] === undefined,
  )
  if (wrong.length === 0 && empty.length === 0) return unreadableError(result, unreadable)
  const services = new Set(wrong.map(({ service }) => service))
  const said = [
    ...(wrong.length === 0
      ? []
      : [
          `${counted(wrong.length, 'thing is', 'things are')} not as the policy has it (${[...services].join(', ')})`,
        ]),
    ...empty.map(({ image, problem }) => `${image}: ${problem}`),
    ...(unreadable.length === 0 ? [] : [`${unreadable.length} could not be read in full`]),
  ]
  const remedies = [
    ...(wrong.length === 0 ? [] : ['Each is listed with its remedy.']),
    ...(empty.length === 0
      ? []
      : ['Check service, project and from, and that the policy is the one by which they are released.']),
    ...(unreadable.length === 0 ? [] : [`For what could not be read: ${remediesOf(unreadable)}`]),
  ]
  return new ResultError('not-as-planned', result, {
    what: `Of ${counted(result.services.length, 'service')}, ${said.join('; ')}.`,
    remedy: remedies.join(' '),
  })
}
