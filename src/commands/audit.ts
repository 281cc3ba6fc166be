import { ReleaseError } from '../errors.ts'
import { allTags } from '../policy/decide.ts'
import { compareVersions, newestOfMoving, versionOfGitTag } from '../policy/moving.ts'
import { newestFirst, type Published, type PublishedVersion, publishedVersions } from '../policy/versions.ts'
import type { Desired } from '../reconcile/desired.ts'
import { findingsOf, versionMissing } from '../reconcile/findings.ts'
import type { Observed } from '../reconcile/observed.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import { type Terms, termsOfPublished } from '../reconcile/terms.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, imageName, type TagState, tagged } from '../registry/reference.ts'
import { mapSome } from '../some.ts'
import { type AuditedService, type AuditedVersion, type AuditResult, findingsIn } from './audit-result.ts'
import { eachAtOnce } from './each-service.ts'
import type { AuditRequest, Service } from './request.ts'
import { AWAITS_PROMOTION } from './result.ts'
import { ResultError } from './result-error.ts'
import type { Registries, Run } from './tools.ts'

/** How many requests go to the registry at once, for all services together. */
const REQUESTS_AT_ONCE = 16

/** How many of the tags that no rule gives are named. */
const NAMED_OTHERS = 3

type Tools = Registries & Pick<Run, 'log' | 'secrets'>

/** A service as it is read: what its tags show, what they lead to, and what kept it from being read. */
interface Reading {
  readonly of: Service
  readonly registry: RegistryClient
  published: Published
  /** For every moving tag, the tag that shows the newest version which it could lead to. */
  newest: ReadonlyMap<string, string>
  readonly tags: Map<string, TagState>
  readonly lost: Set<Digest>
  error?: ReleaseError
}

/** Reads for a service; what keeps it from being read is noted, and no more is asked of it. */
const reading = async (one: Reading, read: () => Promise<void>): Promise<void> => {
  if (one.error !== undefined) return
  try {
    await read()
  } catch (error) {
    if (!(error instanceof ReleaseError) || error.name === 'interrupted') throw error
    one.error ??= error
  }
}

/** Lists the tags of every service. */
const listVersions = async (
  { services, policy }: AuditRequest,
  { registryFor }: Tools,
): Promise<Reading[]> => {
  const all = services.map(
    (of): Reading => ({
      of,
      registry: registryFor(of.repository),
      published: { versions: new Map(), others: [] },
      newest: new Map(),
      tags: new Map(),
      lost: new Set(),
    }),
  )
  await eachAtOnce(all, REQUESTS_AT_ONCE, one =>
    reading(one, async () => {
      const tags = await one.registry.listTags()
      one.published = publishedVersions(policy, tags)
      one.newest = newestOfMoving(policy, tags)
    }),
  )
  return all
}

/** The versions of all services that are judged, the newest first. */
const judgedVersions = (all: readonly Reading[], { policy, from }: AuditRequest): PublishedVersion[] => {
  const oldest = from === undefined ? undefined : versionOfGitTag(policy, from)
  const versions = new Map(all.flatMap(({ published }) => [...published.versions]))
  return newestFirst(versions.values()).filter(
    ({ version }) => oldest === undefined || compareVersions(version, oldest) >= 0,
  )
}

/** Asks what the tags of the versions lead to, and whether the registry has these images: by HEAD, which is no pull. */
const observeVersions = async (
  all: readonly Reading[],
  judged: readonly PublishedVersion[],
): Promise<void> => {
  const tags = all.flatMap(one => {
    const own = judged.filter(({ decision }) => one.published.versions.has(decision.gitTag))
    const names = new Set(own.flatMap(({ decision }) => allTags(decision).map(({ tag }) => tag)))
    return [...names].map(tag => ({ one, tag }))
  })
  await eachAtOnce(tags, REQUESTS_AT_ONCE, ({ one, tag }) =>
    reading(one, async () => void one.tags.set(tag, await one.registry.headTag(tag))),
  )
  const digests = all.flatMap(one => {
    const states = [...one.tags.values()]
    const present = new Set(states.flatMap(state => (state.kind === 'present' ? [state.digest] : [])))
    return [...present].map(digest => ({ one, digest }))
  })
  await eachAtOnce(digests, REQUESTS_AT_ONCE, ({ one, digest }) =>
    reading(one, async () => {
      if (!(await one.registry.hasManifest(digest))) one.lost.add(digest)
    }),
  )
}

const desiredOf = ({ policy }: AuditRequest, { decision }: PublishedVersion): Desired => {
  const { gitTag, first, copies } = decision
  return { policy, gitTag, first, copies }
}

/** What there is to say of a version that the service does not have. */
const absentVersion = (desired: Desired, rule: string): AuditedVersion => {
  const finding = versionMissing(desired)
  return {
    gitTag: desired.gitTag,
    rule,
    state: finding.wrong ? 'wrong' : 'absent',
    digest: undefined,
    stableTags: [],
    findings: [finding],
  }
}

/** Compares what a service has of a version with what the policy desires. */
const judge = (
  one: Reading,
  version: PublishedVersion,
  request: AuditRequest,
  terms: Terms,
): AuditedVersion => {
  const desired = desiredOf(request, version)
  const { gitTag, rule } = version.decision
  if (!one.published.versions.has(gitTag)) return absentVersion(desired, rule)
  const { first, copies } = desired
  const versions = copies.flatMap(({ tag, moving }) => (moving ? (one.newest.get(tag) ?? []) : []))
  const observed: Observed = { tags: one.tags, versions }
  const steps = reconcile(desired, observed, terms)
  const findings = findingsOf(desired, { observed, steps, lost: one.lost })
  const state = one.tags.get(first.tag)
  const stableTags = steps.flatMap(({ kind, tag: { tag, stable } }) =>
    kind === 'keep' && stable ? [{ tag, reference: tagged(one.of.repository, tag) }] : [],
  )
  return {
    gitTag,
    rule,
    state: findings.some(({ wrong }) => wrong)
      ? 'wrong'
      : findings.length > 0
        ? 'waiting'
        : copies.some(({ stable, moving }) => stable && !moving) || stableTags.length > 0
          ? 'stable'
          : 'published',
    digest: state?.kind === 'present' ? state.digest : undefined,
    stableTags,
    findings,
  }
}

const NO_VERSION = 'it has no version at all'

const serviceOf = (
  one: Reading,
  judged: readonly PublishedVersion[],
  request: AuditRequest,
  { secrets }: Tools,
): AuditedService => {
  const { service, repository } = one.of
  const { versions, others } = one.published
  const about = {
    service,
    image: imageName(repository),
    otherTags: others.length,
    otherTagsSuchAs: others.slice(0, NAMED_OTHERS),
  }
  if (one.error !== undefined) {
    const problem = secrets.mask(one.error.what.replace(/\.$/, ''))
    return { ...about, problem, olderVersions: 0, versions: [] }
  }
  const stable: Terms['stable'] =
    request.stable === 'on-promotion' ? { kind: 'withhold', why: AWAITS_PROMOTION } : { kind: 'write' }
  const terms = termsOfPublished(undefined, stable)
  const own = judged.filter(({ decision }) => versions.has(decision.gitTag)).length
  return {
    ...about,
    ...(versions.size === 0 ? { problem: NO_VERSION } : {}),
    olderVersions: versions.size - own,
    versions: judged.map(version => judge(one, version, request, terms)),
  }
}

/** The error for what was found: nothing if all is as it should be. It has the name of what could not be read, if that is all. */
const errorFor = (result: AuditResult, unreadable: readonly ReleaseError[]): ResultError | undefined => {
  const wrong = findingsIn(result).filter(({ finding }) => finding.wrong)
  const empty = result.services.filter(({ problem }) => problem === NO_VERSION)
  const [error] = unreadable
  if (wrong.length === 0 && empty.length === 0) {
    if (error === undefined) return undefined
    const { what, remedy } = error
    const others = unreadable.length - 1
    return new ResultError(error.name, result, {
      what:
        others === 0 ? what : `${what} The same, or something else, keeps ${others} more from being read.`,
      remedy,
    })
  }
  const services = new Set(wrong.map(({ service }) => service))
  const said = [
    ...(wrong.length === 0
      ? []
      : [
          `${wrong.length} ${wrong.length === 1 ? 'thing is' : 'things are'} not as the policy has it, of ${[...services].join(', ')}`,
        ]),
    ...(empty.length === 0
      ? []
      : [
          `${empty.map(({ image }) => image).join(', ')} ${empty.length === 1 ? 'has' : 'have'} no version at all`,
        ]),
    ...(unreadable.length === 0 ? [] : [`${unreadable.length} could not be read`]),
  ]
  return new ResultError('not-as-planned', result, {
    what: `Of ${result.services.length} ${result.services.length === 1 ? 'service' : 'services'}: ${said.join('; ')}.`,
    remedy:
      empty.length === 0
        ? 'Each is listed with its remedy, below the table. If only newer versions count, set from to the oldest of them.'
        : 'Check service and project, and that the policy is the one that they are released by. What else was found is listed with its remedy, below the table.',
  })
}

/**
 * Compares the registry with the policy for every version of the services: lists their tags, and asks by HEAD what each
 * leads to. Changes nothing, and pulls nothing.
 *
 * Throws an error with the result, `not-as-planned`, or what could not be read.
 */
export const audit = async (request: AuditRequest, tools: Tools): Promise<AuditResult> => {
  const { log } = tools
  const { all, judged } = await log.stage('List the versions', async conclude => {
    const all = await listVersions(request, tools)
    const judged = judgedVersions(all, request)
    conclude(
      `${judged.length} ${judged.length === 1 ? 'version' : 'versions'} of ${all.length} ${all.length === 1 ? 'service' : 'services'}`,
    )
    return { all, judged }
  })
  await log.stage('Read the registry', async conclude => {
    await observeVersions(all, judged)
    const tags = all.reduce((sum, one) => sum + one.tags.size, 0)
    conclude(`${tags} ${tags === 1 ? 'tag' : 'tags'} looked at`)
  })
  const readings = new Map(all.map(one => [one.of, one]))
  const result: AuditResult = {
    command: 'audit',
    from: request.from,
    services: mapSome(request.services, of => {
      const one = readings.get(of)
      if (one === undefined) throw new TypeError('a service was left out')
      return serviceOf(one, judged, request, tools)
    }),
  }
  const error = errorFor(
    result,
    all.flatMap(({ error }) => error ?? []),
  )
  if (error !== undefined) throw error
  return result
}
