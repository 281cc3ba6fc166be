import { knownFailure, ReleaseError } from '../errors.ts'
import { allTags } from '../policy/decide.ts'
import { newestOfMoving } from '../policy/moving.ts'
import { newestFirst, type Published, type PublishedVersion, publishedVersions } from '../policy/published.ts'
import { compareVersions, versionOfGitTag } from '../policy/version-order.ts'
import { digestAt } from '../reconcile/observed.ts'
import type { PromotionNote } from '../record/promotion.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, type TagState, tagged } from '../registry/reference.ts'
import { mapSome, type Some } from '../some.ts'
import { counted } from '../text.ts'
import type { AuditResult } from './audit-result.ts'
import { auditError, auditedService, type ReadService, unreadOf } from './audit-verdict.ts'
import { eachAtOnce } from './concurrency.ts'
import { type RecordsReader, recordsReader } from './read-records.ts'
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
  readonly unread: Map<string, ReleaseError>
  readonly owners: Map<Digest, PublishedVersion>
  noRecords?: string
  error?: ReleaseError
}

/** Notes what keeps something from being read, and goes on: it hides nothing else. */
const noting = async (
  { secrets }: Tools,
  read: () => Promise<void>,
  note: (error: ReleaseError) => void,
): Promise<void> => {
  try {
    await read()
  } catch (error) {
    const { name, what, remedy } = knownFailure(error)
    note(new ReleaseError(name, { what: secrets.mask(what), remedy, cause: error }))
  }
}

/** How many questions about a service a registry may leave without an answer until no more are asked: each takes minutes. */
const MOST_UNANSWERED = 3

/** Asks about a tag or an image of a service. */
const asking = async (
  { unread }: Reading,
  about: string,
  tools: Tools,
  ask: () => Promise<void>,
): Promise<void> => {
  const unanswered = [...unread.values()].filter(({ name }) => name === 'registry-unreadable')
  const error = unanswered[MOST_UNANSWERED - 1]
  if (error !== undefined) unread.set(about, error)
  else await noting(tools, ask, error => unread.set(about, error))
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
      unread: new Map(),
      owners: new Map(),
    }),
  )
  await eachAtOnce(all, REQUESTS_AT_ONCE, one =>
    noting(
      tools,
      async () => {
        const tags = await one.registry.listTags()
        one.published = publishedVersions(policy, tags)
        // What should be there decides where a moving tag should be.
        const due =
          stable === 'on-release' ? [...one.published.versions.values()].flatMap(fixedStableTags) : []
        one.newest = newestOfMoving(policy, [...tags, ...due])
      },
      error => {
        one.error = error
      },
    ),
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
    asking(one, tag, tools, async () => void one.tags.set(tag, await one.registry.headTag(tag))),
  )
  const digests = all.flatMap(one => {
    const read = own(one, judged).filter(version => unreadOf(one, version) === undefined)
    const tags = new Set(read.flatMap(({ decision }) => allTags(decision).map(({ tag }) => tag)))
    const found = [...tags].flatMap(tag => digestAt(one, tag) ?? [])
    return [...new Set(found)].map(digest => ({ one, digest }))
  })
  await eachAtOnce(digests, REQUESTS_AT_ONCE, ({ one, digest }) =>
    asking(one, digest, tools, async () => {
      if (!(await one.registry.hasManifest(digest))) one.lost.add(digest)
    }),
  )
}

/** Notes which version has an image; of several, the newest, and before all those that have it under their first tag. */
const nameOwners = (one: Reading, judged: readonly PublishedVersion[]): void => {
  const versions = own(one, judged)
  const fixedCopies = ({ copies }: PublishedVersion['decision']) => copies.filter(({ moving }) => !moving)
  const named = [
    ...versions.map(version => ({ version, tags: [version.decision.first] })),
    ...versions.map(version => ({ version, tags: fixedCopies(version.decision) })),
  ]
  for (const { version, tags } of named) {
    for (const { tag } of tags) {
      const digest = digestAt(one, tag)
      if (digest !== undefined && !one.owners.has(digest)) one.owners.set(digest, version)
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
  reader: RecordsReader,
): Promise<void> => {
  const read = async ({
    one,
    digest,
    references,
  }: ReturnType<typeof stableImages>[number]): Promise<void> => {
    if (one.noRecords !== undefined) return
    const notes = await reader.read(one.registry, digest, references)
    if (typeof notes === 'string') one.noRecords ??= notes
    else for (const note of notes) one.notes.set(note.destination, note)
  }
  const [first, ...others] = all.flatMap(one => stableImages(one, judged))
  if (first !== undefined) await read(first)
  await eachAtOnce(others, REQUESTS_AT_ONCE, read)
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
    conclude(`${counted(judged.length, 'version')} of ${counted(all.length, 'service')}`)
    return { all, judged }
  })
  const records = request.records ? recordsReader(tools) : undefined
  await log.stage('Read the registry', async conclude => {
    await observeVersions(all, judged, tools)
    for (const one of all) nameOwners(one, judged)
    if (records !== undefined) await readRecords(all, judged, records)
    conclude(
      `${counted(
        all.reduce((sum, { tags }) => sum + tags.size, 0),
        'tag',
      )} looked at`,
    )
  })
  const readServices = all.filter(({ published }) => published.versions.size > 0)
  const having = new Map<string, number>()
  for (const { published } of readServices) {
    for (const [gitTag, { hasFirst }] of published.versions) {
      if (hasFirst) having.set(gitTag, (having.get(gitTag) ?? 0) + 1)
    }
  }
  const others = { services: having, all: readServices.length }
  const result: AuditResult = {
    command: 'audit',
    from: request.from,
    records: records === undefined ? 'not-read' : records.isSupported ? 'read' : 'unsupported',
    services: mapSome(all, one => auditedService(one, judged, { request, others })),
  }
  const error = auditError(
    result,
    all.map(({ error, unread }) => error ?? [...unread.values()][0]),
  )
  if (error !== undefined) throw error
  return result
}
