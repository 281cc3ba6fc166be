import { knownFailure, ReleaseError } from '../errors.ts'
import type { GarbageCollector } from '../memory.ts'
import { allTags } from '../policy/decide.ts'
import { newestOfMoving } from '../policy/moving.ts'
import { newestFirst, type Published, type PublishedVersion, publishedVersions } from '../policy/published.ts'
import { compareVersions, versionOfGitTag } from '../policy/version-order.ts'
import { digestAt } from '../reconcile/observed.ts'
import type { PromotionNote } from '../record/promotion.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, type TagState, tagged } from '../registry/reference.ts'
import { mapSome, type Some } from '../some.ts'
import { eachAtOnce } from './concurrency.ts'
import type { RecordsReader } from './read-records.ts'
import type { AuditRequest, Service } from './request.ts'
import type { Registries, Run } from './tools.ts'

/** How many requests go to the registry at once, for all services together. */
const REQUESTS_AT_ONCE = 16

type Tools = Registries & Pick<Run, 'clock' | 'secrets'>

/** What was read of a service. */
export interface ObservedService {
  readonly of: Service
  readonly published: Published
  /** For every moving tag, the tag that shows the newest version which it could lead to. */
  readonly newest: ReadonlyMap<string, string>
  readonly tags: ReadonlyMap<string, TagState>
  /** The images that tags lead to, and the registry does not have. */
  readonly lost: ReadonlySet<Digest>
  /** What records tell of stable tags, by reference. */
  readonly notes: ReadonlyMap<string, PromotionNote>
  /** For every image, the newest version that has it under its first tag; if none has, under another fixed tag. */
  readonly owners: ReadonlyMap<Digest, PublishedVersion>
  /** What kept it from being read at all. */
  readonly error?: ReleaseError
  /** What kept a tag, or an image that tags lead to, from being read. */
  readonly unread: ReadonlyMap<string, ReleaseError>
  /** What keeps records of it from being read. */
  readonly recordsProblem?: string
}

/** A service while it is read. */
interface Reading extends ObservedService {
  readonly registry: RegistryClient
  published: Published
  newest: ReadonlyMap<string, string>
  readonly tags: Map<string, TagState>
  readonly lost: Set<Digest>
  readonly notes: Map<string, PromotionNote>
  readonly unread: Map<string, ReleaseError>
  readonly owners: Map<Digest, PublishedVersion>
  recordsProblem?: string
  /** How many questions about it have cost long, and had no answer. */
  unanswered: number
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

/** A failed question that took so long, in milliseconds, was asked again and again; many of them would take hours. */
const LONG = 10_000

/** How many such questions about a service there may be until no more are asked. */
const MOST_UNANSWERED = 3

/** Asks about a tag or an image of a service. */
const asking = async (
  one: Reading,
  about: string,
  tools: Tools & { readonly garbage: GarbageCollector },
  ask: () => Promise<void>,
): Promise<void> => {
  const { unread } = one
  if (one.unanswered >= MOST_UNANSWERED) {
    unread.set(about, notAsked(unread))
    return
  }
  const began = tools.clock.now()
  await noting(tools, ask, error => {
    if (tools.clock.now() - began >= LONG) one.unanswered += 1
    unread.set(about, error)
  })
  tools.garbage.afterTask()
}

/** That nothing was asked, as the registry did not answer before. */
const notAsked = (unread: ReadonlyMap<string, ReleaseError>): ReleaseError => {
  const [first] = unread.values()
  return new ReleaseError('registry-unreadable', {
    what: 'it was not asked for, as the registry did not answer for others',
    remedy: first?.remedy ?? '',
  })
}

/** The fixed stable tags of a version that is there. */
const fixedStableTags = ({ decision, hasFirst }: PublishedVersion): string[] =>
  hasFirst ? decision.copies.flatMap(({ tag, stable, moving }) => (stable && !moving ? [tag] : [])) : []

/** Lists the tags of every service. */
export const listVersions = async (
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
      unanswered: 0,
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
export const judgedVersions = (
  all: readonly ObservedService[],
  { policy, from }: AuditRequest,
): PublishedVersion[] => {
  const oldest = from === undefined ? undefined : versionOfGitTag(policy, from)
  const versions = new Map(all.flatMap(({ published }) => [...published.versions]))
  return newestFirst(versions.values()).filter(
    ({ version }) => oldest === undefined || compareVersions(version, oldest) >= 0,
  )
}

const own = ({ published }: Reading, judged: readonly PublishedVersion[]): PublishedVersion[] =>
  judged.filter(({ decision }) => published.versions.has(decision.gitTag))

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

/**
 * Reads what the tags of the versions lead to, and whether the registry has these images: by HEAD, which is no pull. The image
 * of a version that can't be judged is not asked for.
 */
export const observeVersions = async (
  all: readonly Reading[],
  judged: readonly PublishedVersion[],
  tools: Tools & { readonly garbage: GarbageCollector },
): Promise<void> => {
  const tags = all.flatMap(one => {
    const wanted = own(one, judged).flatMap(({ decision }) => allTags(decision).map(({ tag }) => tag))
    return [...new Set(wanted)].map(tag => ({ one, tag }))
  })
  await eachAtOnce(tags, REQUESTS_AT_ONCE, ({ one, tag }) =>
    asking(one, tag, tools, async () => void one.tags.set(tag, await one.registry.headTag(tag))),
  )
  const digests = all.flatMap(one => {
    const read = own(one, judged)
      .map(({ decision }) => allTags(decision))
      .filter(tags => tags.every(({ tag, moving }) => moving || !one.unread.has(tag)))
    const found = read.flatMap(tags => tags.flatMap(({ tag }) => digestAt(one, tag) ?? []))
    return [...new Set(found)].map(digest => ({ one, digest }))
  })
  await eachAtOnce(digests, REQUESTS_AT_ONCE, ({ one, digest }) =>
    asking(one, digest, tools, async () => {
      if (!(await one.registry.hasManifest(digest))) one.lost.add(digest)
    }),
  )
  for (const one of all) nameOwners(one, judged)
}

/** An image that is stable, and the references of the stable tags that lead to it. */
interface StableImage {
  readonly digest: Digest
  readonly references: readonly string[]
}

/** The stable tags of a service, as references, by the image that they lead to, if the registry has it. */
const stableImages = (one: Reading, judged: readonly PublishedVersion[]): readonly StableImage[] => {
  const images = new Map<Digest, Set<string>>()
  for (const { decision } of own(one, judged)) {
    for (const { tag, stable } of decision.copies) {
      const digest = digestAt(one, tag)
      if (!stable || digest === undefined || one.lost.has(digest) || one.unread.has(digest)) continue
      const references = images.get(digest) ?? new Set()
      images.set(digest, references.add(tagged(one.of.repository, tag)))
    }
  }
  return [...images].map(([digest, references]) => ({ digest, references: [...references] }))
}

/** What the records of the images that are stable tell; of each service, the first is asked for alone: there may be no place. */
export const readRecords = async (
  all: readonly Reading[],
  judged: readonly PublishedVersion[],
  reader: RecordsReader,
): Promise<void> => {
  const read = async (one: Reading, { digest, references }: StableImage): Promise<void> => {
    if (one.recordsProblem !== undefined) return
    const notes = await reader.read(one.registry, digest, references)
    if (typeof notes === 'string') one.recordsProblem ??= notes
    else for (const note of notes) one.notes.set(note.destination, note)
  }
  const images = all.map(one => ({ one, images: stableImages(one, judged) }))
  const firsts = images.flatMap(({ one, images: [first] }) =>
    first === undefined ? [] : [{ one, image: first }],
  )
  await eachAtOnce(firsts, REQUESTS_AT_ONCE, ({ one, image }) => read(one, image))
  const others = images.flatMap(({ one, images: [, ...others] }) => others.map(image => ({ one, image })))
  await eachAtOnce(others, REQUESTS_AT_ONCE, ({ one, image }) => read(one, image))
}
