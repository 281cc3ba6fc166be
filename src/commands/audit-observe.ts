import { knownFailure, ReleaseError } from '../errors.ts'
import { allTags } from '../policy/decide.ts'
import { newestOfMoving } from '../policy/moving.ts'
import { newestFirst, type Published, type PublishedVersion, publishedVersions } from '../policy/published.ts'
import { compareVersions, versionOfGitTag } from '../policy/version-order.ts'
import { digestAt } from '../reconcile/observed.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Digest, type TagState, tagged } from '../registry/reference.ts'
import { eachAtOnce } from './concurrency.ts'
import { readNotes } from './record.ts'
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
  /** For every image that tags lead to, whether the registry has it. */
  readonly images: Map<Digest, Promise<boolean>>
  readonly lost: Set<Digest>
  /** What records tell of stable tags, by reference; or that there is no place for them, or why they can't be read. */
  readonly notes: Map<string, PromotionNote>
  records: 'read' | 'unsupported' | { readonly problem: string }
  /** What kept a tag, or the image that it leads to, from being read. */
  readonly unread: Map<string, ReleaseError>
  /** What kept it from being read at all. */
  error: ReleaseError | undefined
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
      images: new Map(),
      lost: new Set(),
      notes: new Map(),
      records: 'read',
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
      const due = [...one.published.versions.values()].flatMap(version =>
        version.hasFirst && stable === 'on-release' ? version.decision.copies : [],
      )
      const fixed = due.filter(tag => tag.stable && !tag.moving).map(({ tag }) => tag)
      one.newest = newestOfMoving(policy, [...tags, ...fixed])
    })
  })
  return all
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

/** The judged versions that a service has. */
export function ownVersions(
  { published }: ObservedService,
  judged: readonly PublishedVersion[],
): readonly PublishedVersion[] {
  return judged.filter(({ decision }) => published.versions.has(decision.gitTag))
}

/** A failed question that took so long, in milliseconds, was asked again and again; many of them would take hours. */
const LONG = 10_000

/** How many such questions about a service there may be until no more are asked. */
const MOST_UNANSWERED = 3

/** Reads what the tags of the versions lead to, and whether the registry has these images: by HEAD, which is no pull. */
export async function observeVersions(
  all: readonly ObservedService[],
  judged: readonly PublishedVersion[],
  run: Run,
): Promise<void> {
  const tags = all.flatMap(one => {
    const wanted = ownVersions(one, judged).flatMap(({ decision }) => allTags(decision).map(({ tag }) => tag))
    return [...new Set(wanted)].map(tag => ({ one, tag }))
  })
  await eachAtOnce(tags, REQUESTS_AT_ONCE, async ({ one, tag }) => {
    const began = run.clock.now()
    const error = await failureOf(run, () => look(one, tag))
    if (error === undefined) return
    if (run.clock.now() - began >= LONG) one.unanswered += 1
    one.unread.set(tag, error)
  })
}

async function look(
  { registry, tags, images, lost, unanswered }: ObservedService,
  tag: string,
): Promise<void> {
  if (unanswered >= MOST_UNANSWERED) {
    const what = 'it was not asked for, as the registry did not answer for others'
    throw new ReleaseError('registry-unreadable', { what, remedy: 'Run it again.' })
  }
  const state = await registry.headTag(tag)
  tags.set(tag, state)
  if (state.kind === 'absent') return
  const isThere = images.get(state.digest) ?? registry.hasManifest(state.digest)
  images.set(state.digest, isThere)
  if (!(await isThere)) lost.add(state.digest)
}

/** Reads what the records of the images that are stable tell. */
export async function readRecords(
  all: readonly ObservedService[],
  judged: readonly PublishedVersion[],
  run: Run,
): Promise<void> {
  await eachAtOnce(all, REQUESTS_AT_ONCE, async one => {
    for (const [digest, references] of stableImages(one, judged)) {
      // There may be no place for them, or no way to them.
      if (one.records !== 'read') return
      const notes = await readNotes(one.registry, digest, references, run)
      if (!Array.isArray(notes)) one.records = notes
      else for (const note of notes) one.notes.set(note.destination, note)
    }
  })
}

/** The stable tags of a service, as references, by the image that they lead to, if the registry has it. */
function stableImages(
  one: ObservedService,
  judged: readonly PublishedVersion[],
): ReadonlyMap<Digest, readonly string[]> {
  const images = new Map<Digest, readonly string[]>()
  for (const { tag, stable } of ownVersions(one, judged).flatMap(({ decision }) => decision.copies)) {
    const digest = digestAt(one, tag)
    if (!stable || digest === undefined || one.lost.has(digest) || one.unread.has(tag)) continue
    images.set(digest, [...new Set([...(images.get(digest) ?? []), tagged(one.of.repository, tag)])])
  }
  return images
}
