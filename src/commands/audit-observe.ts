import { knownFailure, ReleaseError } from '../errors.ts'
import { allTags } from '../policy/decide.ts'
import { newestOfMoving } from '../policy/moving.ts'
import { newestFirst, type Published, type PublishedVersion, publishedVersions } from '../policy/published.ts'
import { compareVersions, versionOfGitTag } from '../policy/version-order.ts'
import { digestAt } from '../reconcile/observed.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, type TagState, tagged } from '../registry/reference.ts'
import { eachAtOnce } from './concurrency.ts'
import type { RecordsReader } from './record.ts'
import type { PromotionNote } from './record-content.ts'
import type { AuditRequest, PublishedService } from './request.ts'
import type { Run } from './run.ts'

/** What was read of a service. */
export interface ObservedService {
  readonly of: PublishedService
  readonly registry: RegistryClient
  published: Published
  /** For every moving tag, the tag that shows the newest version which it could lead to. */
  newest: ReadonlyMap<string, string>
  readonly tags: Map<string, TagState>
  /** The images that tags lead to, and the registry does not have. */
  readonly lost: Set<Digest>
  /** What records tell of stable tags, by reference. */
  readonly notes: Map<string, PromotionNote>
  /** For every image, the newest version that has it under its first tag; if none has, under another fixed tag. */
  readonly owners: Map<Digest, PublishedVersion>
  /** What kept a tag, or an image that tags lead to, from being read. */
  readonly unread: Map<string, ReleaseError>
  /** What kept it from being read at all. */
  error: ReleaseError | undefined
  /** What keeps records of it from being read. */
  recordsProblem?: string
  /** How many questions about it have cost long, and had no answer. */
  unanswered: number
}

/** How many requests go to the registry at once, for all services together. */
const REQUESTS_AT_ONCE = 16

/** Lists the tags of every service. */
export async function listVersions(
  { services, policy, stable }: AuditRequest,
  run: Run,
): Promise<readonly ObservedService[]> {
  const all = services.map(
    (of): ObservedService => ({
      of,
      registry: run.registryFor(of.repository),
      published: { versions: new Map(), others: [] },
      newest: new Map(),
      tags: new Map(),
      lost: new Set(),
      notes: new Map(),
      owners: new Map(),
      unread: new Map(),
      error: undefined,
      unanswered: 0,
    }),
  )
  await eachAtOnce(all, REQUESTS_AT_ONCE, async one => {
    one.error = await failureOf(run, async () => {
      const tags = await one.registry.listTags()
      one.published = publishedVersions(policy, tags)
      // What should be there decides where a moving tag should be.
      const due = stable === 'on-release' ? [...one.published.versions.values()].flatMap(fixedStableTags) : []
      one.newest = newestOfMoving(policy, [...tags, ...due])
    })
  })
  return all
}

/** The fixed stable tags of a version that is there. */
function fixedStableTags({ decision, hasFirst }: PublishedVersion): string[] {
  return hasFirst
    ? decision.copies.flatMap(({ tag, stable, moving }) => (stable && !moving ? [tag] : []))
    : []
}

/** What keeps something from being read; it hides nothing else. */
async function failureOf({ secrets }: Run, read: () => Promise<void>): Promise<ReleaseError | undefined> {
  try {
    await read()
    return undefined
  } catch (error) {
    const { name, what, remedy } = knownFailure(error)
    return new ReleaseError(name, { what: secrets.mask(what), remedy, cause: error })
  }
}

/** The versions of all services that are judged, the newest first. */
export function judgedVersions(
  all: readonly ObservedService[],
  { policy, from }: AuditRequest,
): readonly PublishedVersion[] {
  const oldest = from === undefined ? undefined : versionOfGitTag(policy, from)
  const versions = new Map(all.flatMap(({ published }) => [...published.versions]))
  return newestFirst(versions.values()).filter(
    ({ version }) => oldest === undefined || compareVersions(version, oldest) >= 0,
  )
}

/**
 * Reads what the tags of the versions lead to, and whether the registry has these images: by HEAD, which is no pull. The
 * image of a version that can't be judged is not asked for.
 */
export async function observeVersions(
  all: readonly ObservedService[],
  judged: readonly PublishedVersion[],
  run: Run,
): Promise<void> {
  const tags = all.flatMap(one => {
    const wanted = own(one, judged).flatMap(({ decision }) => allTags(decision).map(({ tag }) => tag))
    return [...new Set(wanted)].map(tag => ({ one, tag }))
  })
  await eachAtOnce(tags, REQUESTS_AT_ONCE, ({ one, tag }) =>
    ask(one, tag, run, async () => void one.tags.set(tag, await one.registry.headTag(tag))),
  )
  const digests = all.flatMap(one => {
    const read = own(one, judged)
      .map(({ decision }) => allTags(decision))
      .filter(tags => tags.every(({ tag, moving }) => moving || !one.unread.has(tag)))
    const found = read.flatMap(tags => tags.flatMap(({ tag }) => digestAt(one, tag) ?? []))
    return [...new Set(found)].map(digest => ({ one, digest }))
  })
  await eachAtOnce(digests, REQUESTS_AT_ONCE, ({ one, digest }) =>
    ask(one, digest, run, async () => {
      if (!(await one.registry.hasManifest(digest))) one.lost.add(digest)
    }),
  )
  for (const one of all) nameOwners(one, own(one, judged))
}

function own(
  { published }: ObservedService,
  judged: readonly PublishedVersion[],
): readonly PublishedVersion[] {
  return judged.filter(({ decision }) => published.versions.has(decision.gitTag))
}

/** A failed question that took so long, in milliseconds, was asked again and again; many of them would take hours. */
const LONG = 10_000

/** How many such questions about a service there may be until no more are asked. */
const MOST_UNANSWERED = 3

/** Asks about a tag or an image of a service, and notes what keeps it from being read. */
async function ask(one: ObservedService, about: string, run: Run, read: () => Promise<void>): Promise<void> {
  const { unread } = one
  if (one.unanswered >= MOST_UNANSWERED) {
    const what = 'it was not asked for, as the registry did not answer for others'
    unread.set(about, new ReleaseError('registry-unreadable', { what, remedy: 'Run it again.' }))
    return
  }
  const began = run.clock.now()
  const error = await failureOf(run, read)
  if (error === undefined) return
  if (run.clock.now() - began >= LONG) one.unanswered += 1
  unread.set(about, error)
}

/** Notes which version has an image; of several, the newest, and before all those that have it under their first tag. */
function nameOwners(one: ObservedService, versions: readonly PublishedVersion[]): void {
  const named = [
    ...versions.map(version => ({ version, tags: [version.decision.first] })),
    ...versions.map(version => ({ version, tags: version.decision.copies.filter(({ moving }) => !moving) })),
  ]
  for (const { version, tags } of named) {
    for (const { tag } of tags) {
      const digest = digestAt(one, tag)
      if (digest !== undefined && !one.owners.has(digest)) one.owners.set(digest, version)
    }
  }
}

/** What the records of the images that are stable tell; of each service, the first is asked for alone: there may be no place. */
export async function readRecords(
  all: readonly ObservedService[],
  judged: readonly PublishedVersion[],
  reader: RecordsReader,
): Promise<void> {
  await eachAtOnce(all, REQUESTS_AT_ONCE, async one => {
    const [first, ...others] = stableImages(one, judged)
    const read = async ([digest, references]: readonly [Digest, readonly string[]]): Promise<void> => {
      if (one.recordsProblem !== undefined) return
      const notes = await reader.read(one.registry, digest, references, why => {
        one.recordsProblem ??= why
      })
      for (const note of notes) one.notes.set(note.destination, note)
    }
    if (first !== undefined) await read(first)
    await eachAtOnce(others, REQUESTS_AT_ONCE / all.length, read)
  })
}

/** The stable tags of a service, as references, by the image that they lead to, if the registry has it. */
function stableImages(
  one: ObservedService,
  judged: readonly PublishedVersion[],
): readonly (readonly [Digest, readonly string[]])[] {
  const images = new Map<Digest, string[]>()
  for (const { decision } of own(one, judged)) {
    for (const { tag, stable } of decision.copies) {
      const digest = digestAt(one, tag)
      if (!stable || digest === undefined || one.lost.has(digest) || one.unread.has(digest)) continue
      const reference = tagged(one.of.repository, tag)
      const references = images.get(digest) ?? []
      if (!references.includes(reference)) images.set(digest, [...references, reference])
    }
  }
  return [...images]
}
