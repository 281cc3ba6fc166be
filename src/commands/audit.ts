import { knownFailure, ReleaseError } from '../errors.ts'
import { allTags } from '../policy/decide.ts'
import { newestOfMoving } from '../policy/moving.ts'
import { newestFirst, type Published, type PublishedVersion, publishedVersions } from '../policy/published.ts'
import { compareVersions, versionOfGitTag } from '../policy/version-order.ts'
import { digestAt, digestsIn } from '../reconcile/observed.ts'
import type { PromotionNote } from '../record/promotion.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, type TagState, tagged } from '../registry/reference.ts'
import { mapSome, type Some } from '../some.ts'
import type { AuditResult } from './audit-result.ts'
import { auditError, auditedService, type ReadService } from './audit-verdict.ts'
import { eachAtOnce } from './concurrency.ts'
import { type ReadRecords, recordsReader } from './read-records.ts'
import type { AuditRequest } from './request.ts'
import type { Registries, Run } from './tools.ts'

/** How many requests go to the registry at once, for all services together. */
const REQUESTS_AT_ONCE = 16

type Tools = Registries & Pick<Run, 'log' | 'secrets' | 'signal'>

/** A service while it is read. */
interface Reading extends ReadService {
  readonly registry: RegistryClient
  published: Published
  newest: ReadonlyMap<string, string>
  readonly tags: Map<string, TagState>
  readonly lost: Set<Digest>
  readonly notes: Map<string, PromotionNote>
  readonly owners: Map<Digest, PublishedVersion>
  noRecords?: string
  error?: ReleaseError
}

/** Reads for a service; what keeps it from being read is noted, and no more is asked of it. */
const reading = async (one: Reading, { secrets }: Tools, read: () => Promise<void>): Promise<void> => {
  if (one.error !== undefined) return
  try {
    await read()
  } catch (error) {
    const { name, what, remedy } = knownFailure(error)
    one.error ??= new ReleaseError(name, { what: secrets.mask(what), remedy, cause: error })
  }
}

/** The fixed stable tags of a version that is there. */
const fixedStableTags = ({ decision, hasFirst }: PublishedVersion): string[] =>
  hasFirst ? decision.copies.flatMap(({ tag, stable, moving }) => (stable && !moving ? [tag] : [])) : []

/** Lists the tags of every service. */
const listVersions = async (
  { services, policy, stable }: AuditRequest,
  tools: Tools,
): Promise<Some<Reading>> => {
  const all = mapSome(
    services,
    (of): Reading => ({
      of,
      registry: tools.registryFor(of.repository),
      published: { versions: new Map(), others: [] },
      newest: new Map(),
      tags: new Map(),
      lost: new Set(),
      notes: new Map(),
      owners: new Map(),
    }),
  )
  await eachAtOnce(all, REQUESTS_AT_ONCE, one =>
    reading(one, tools, async () => {
      const tags = await one.registry.listTags()
      one.published = publishedVersions(policy, tags)
      // What should be there decides where a moving tag should be.
      const due = stable === 'on-release' ? [...one.published.versions.values()].flatMap(fixedStableTags) : []
      one.newest = newestOfMoving(policy, [...tags, ...due])
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

const own = ({ published }: Reading, judged: readonly PublishedVersion[]): PublishedVersion[] =>
  judged.filter(({ decision }) => published.versions.has(decision.gitTag))

/** What the tags of the versions lead to, and whether the registry has these images: by HEAD, which is no pull. */
const observeVersions = async (
  all: readonly Reading[],
  judged: readonly PublishedVersion[],
  tools: Tools,
): Promise<void> => {
  const tags = all.flatMap(one => {
    const wanted = own(one, judged).flatMap(({ decision }) => allTags(decision).map(({ tag }) => tag))
    return [...new Set(wanted)].map(tag => ({ one, tag }))
  })
  await eachAtOnce(tags, REQUESTS_AT_ONCE, ({ one, tag }) =>
    reading(one, tools, async () => void one.tags.set(tag, await one.registry.headTag(tag))),
  )
  const digests = all.flatMap(one => digestsIn(one).map(digest => ({ one, digest })))
  await eachAtOnce(digests, REQUESTS_AT_ONCE, ({ one, digest }) =>
    reading(one, tools, async () => {
      if (!(await one.registry.hasManifest(digest))) one.lost.add(digest)
    }),
  )
}

/** Notes which version has an image; of several, the newest. */
const nameOwners = (one: Reading, judged: readonly PublishedVersion[]): void => {
  for (const version of own(one, judged)) {
    for (const { tag, moving } of allTags(version.decision)) {
      const digest = digestAt(one, tag)
      if (!moving && digest !== undefined && !one.owners.has(digest)) one.owners.set(digest, version)
    }
  }
}

/** The stable tags of a service, as references, by the image that they lead to. */
const stableImages = (one: Reading, judged: readonly PublishedVersion[]) => {
  const images = new Map<Digest, Set<string>>()
  for (const { decision } of own(one, judged)) {
    for (const { tag, stable } of decision.copies) {
      const digest = digestAt(one, tag)
      if (!stable || digest === undefined) continue
      const references = images.get(digest) ?? new Set()
      images.set(digest, references.add(tagged(one.of.repository, tag)))
    }
  }
  return [...images].map(([digest, references]) => ({ one, digest, references: [...references] }))
}

/** What the records of the images that are stable tell; the first is asked for alone, as there may be no place for them. */
const readRecords = async (
  all: readonly Reading[],
  judged: readonly PublishedVersion[],
  recordsOf: ReadRecords,
): Promise<void> => {
  const read = async ({
    one,
    digest,
    references,
  }: ReturnType<typeof stableImages>[number]): Promise<void> => {
    if (one.error !== undefined || one.noRecords !== undefined) return
    const notes = await recordsOf(one.registry, digest, references)
    if (typeof notes === 'string') one.noRecords ??= notes
    else for (const note of notes) one.notes.set(note.destination, note)
  }
  const [first, ...others] = all.flatMap(one => stableImages(one, judged))
  if (first !== undefined) await read(first)
  await eachAtOnce(others, REQUESTS_AT_ONCE, read)
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

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
    conclude(`${counted(judged.length, 'version')} of ${counted(all.length, 'service')}`)
    return { all, judged }
  })
  await log.stage('Read the registry', async conclude => {
    await observeVersions(all, judged, tools)
    for (const one of all) nameOwners(one, judged)
    if (request.records) await readRecords(all, judged, recordsReader(tools))
    conclude(
      `${counted(
        all.reduce((sum, { tags }) => sum + tags.size, 0),
        'tag',
      )} looked at`,
    )
  })
  const having = new Map<string, number>()
  for (const { published } of all) {
    for (const [gitTag, { hasFirst }] of published.versions) {
      if (hasFirst) having.set(gitTag, (having.get(gitTag) ?? 0) + 1)
    }
  }
  const others = { services: having, all: all.length }
  const result: AuditResult = {
    command: 'audit',
    from: request.from,
    services: mapSome(all, one => auditedService(one, judged, { request, others })),
  }
  const error = auditError(
    result,
    all.map(({ error }) => error),
  )
  if (error !== undefined) throw error
  return result
}
