import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PlannedTag } from '../policy/decide.ts'
import { decideMove } from '../policy/moving.ts'
import type { Policy } from '../policy/notation.ts'
import type { Manifest, RegistryClient, TagState } from '../registry/client.ts'
import { isAttestation, isImage } from '../registry/image-index.ts'
import { byDigest, type Digest, tagged } from '../registry/reference.ts'
import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
import { isPublished, type Result, type TagResult } from './result.ts'

/** The state of every planned tag in the registry. */
export type States = ReadonlyMap<string, TagState>

/** Reads the state of tags, all at once; one that can not be read is an error. */
export const readStates = async (
  registry: RegistryClient,
  tags: readonly { readonly tag: string }[],
): Promise<States> =>
  new Map(await Promise.all(tags.map(async ({ tag }) => [tag, await registry.headTag(tag)] as const)))

/** What decisions about planned tags depend on, as the registry had it at one time. */
export interface Reading {
  readonly states: States
  /** All tags of the repository if a moving one is planned, whose move depends on them. */
  readonly versions: readonly string[]
}

/** Reads what the registry has of planned tags, all at once. */
export const readPlanned = async (
  registry: RegistryClient,
  tags: readonly PlannedTag[],
): Promise<Reading> => {
  const isMoving = tags.some(({ moving }) => moving)
  const [states, versions] = await Promise.all([
    readStates(registry, tags),
    isMoving ? registry.listTags() : [],
  ])
  return { states, versions }
}

/** The newer version that keeps a moving tag, or nothing for a tag that goes to the version of the plan. */
export const keeperOf = (
  planned: PlannedTag,
  { policy, gitTag, versions }: { policy: Policy; gitTag: string; versions: readonly string[] },
): string | undefined => {
  if (!planned.moving) return undefined
  const move = decideMove(policy, { gitTag, planned, published: versions })
  return move.kind === 'stay' ? move.newest : undefined
}

/** What became of a tag, with more about it for people. */
export type Outcome = Pick<TagResult, 'outcome' | 'note' | 'replaced'>

/** What became of tags, by tag. */
export type Outcomes = ReadonlyMap<string, Outcome>

/** The results of the planned tags with what became of each. */
export const withOutcomes = ({ result }: Plan, outcomes: Outcomes): Result['tags'] => {
  const withOutcome = (tag: TagResult): TagResult => ({ ...tag, ...outcomes.get(tag.tag) })
  const [first, ...copies] = result.tags
  return [withOutcome(first), ...copies.map(withOutcome)]
}

/** What became of a tag, for the conclusion of a stage. */
const inShort = ([tag, { outcome, note, replaced }]: readonly [string, Outcome]): string =>
  replaced === undefined ? `${tag} ${note ?? outcome}` : `${tag} ${outcome}, ${note}`

/** Insists that what is to be copied is an image. Throws `not-published`. */
const requireImage = (manifest: Manifest, what: string): void => {
  if (isImage(manifest)) return
  throw new ReleaseError(
    'not-published',
    isAttestation(manifest)
      ? {
          what: `${what} is an attestation and not an image: a push was interrupted there.`,
          wayOut:
            'No other tag was written. Run release again, with on-existing: same-revision, which publishes the image.',
        }
      : {
          what: `${what} is not an image, but a cache or another artifact.`,
          wayOut:
            'No other tag was written. Find out what writes it there, such as an option --cache-to; then release a new version, or set on-existing: overwrite to replace it.',
        },
  )
}

/** What is said of a tag that was written, if it was another image's before. */
export const replacementOf = (
  { moving }: PlannedTag,
  before: TagState | undefined,
  digest: Digest,
): Pick<TagResult, 'replaced' | 'note'> =>
  moving || before?.kind !== 'present' || before.digest === digest
    ? {}
    : { replaced: before.digest, note: `replaces ${before.digest}` }

/**
 * Makes every tag lead to the image: one that does already is kept, a moving one that belongs to a newer
 * version stays there, the others are written, fixed before moving. The manifest is fetched only if one is.
 */
export const copyTo = async (
  copies: readonly PlannedTag[],
  image: { readonly digest: Digest; readonly manifest: () => Promise<Manifest> },
  ports: {
    registry: RegistryClient
    log: Log
    journal: Journal
    states: States
    keeper: (tag: PlannedTag) => string | undefined
  },
): Promise<Outcomes> => {
  const { registry, log, journal, states, keeper } = ports
  const outcomes = new Map<string, Outcome>()
  let manifest: Manifest | undefined
  const copy = async (planned: PlannedTag): Promise<Outcome> => {
    const newest = keeper(planned)
    if (newest !== undefined) return { outcome: 'stayed', note: `stays with ${newest}, which is newer` }
    const state = states.get(planned.tag)
    if (state?.kind === 'present' && state.digest === image.digest) return { outcome: 'kept' }
    manifest ??= await image.manifest()
    requireImage(manifest, byDigest(registry.repository, manifest.digest))
    await registry.putManifest(planned.tag, manifest)
    return {
      outcome: planned.moving ? 'moved' : 'copied',
      ...replacementOf(planned, state, image.digest),
    }
  }
  if (copies.length === 0) return outcomes
  return log.stage('Copy to the other tags', async conclude => {
    for (const planned of copies) {
      const outcome = await copy(planned)
      outcomes.set(planned.tag, outcome)
      journal.tag({ ...planned, reference: tagged(registry.repository, planned.tag), ...outcome })
    }
    conclude([...outcomes].map(inShort).join(', '))
    return outcomes
  })
}

/** The manifest of a digest that was there when the registry was read. Throws `not-published`. */
export const requireManifest = async (registry: RegistryClient, digest: Digest): Promise<Manifest> => {
  const manifest = await registry.getManifest(digest)
  if (manifest !== undefined) return manifest
  throw gone(byDigest(registry.repository, digest))
}

/**
 * The manifest that a tag has, read and hashed: what HEAD said of it is not enough to write something. Throws
 * `not-published` if it is gone, `not-as-planned` if it is not what HEAD said.
 */
export const requireTagged = async (
  registry: RegistryClient,
  tag: string,
  digest: Digest,
): Promise<Manifest> => {
  const reference = tagged(registry.repository, tag)
  const manifest = await registry.getManifest(tag)
  if (manifest === undefined) throw gone(reference)
  if (manifest.digest === digest) return manifest
  throw new ReleaseError('not-as-planned', {
    what: `The registry said that ${reference} is ${digest}, and the image that it has there is ${manifest.digest}.`,
    wayOut:
      "No other tag was written. Look for something else that writes this tag, then run it again; if there is nothing, contact the registry's administrators.",
  })
}

const gone = (reference: string): ReleaseError =>
  new ReleaseError('not-published', {
    what: `${reference} was in the registry a moment ago, and is gone.`,
    wayOut: 'Look for something that deletes images in the registry; then run it again.',
  })

/** Insists that the registry has what its answer to HEAD of a tag named. Throws `not-as-planned`. */
const requireThere = async (registry: RegistryClient, tag: string, digest: Digest): Promise<void> => {
  if (await registry.hasManifest(digest)) return
  throw new ReleaseError('not-as-planned', {
    what: `The registry says that ${tagged(registry.repository, tag)} is ${digest}, and does not have that image.`,
    wayOut:
      "Nothing was written. Contact the registry's administrators: the tag leads nowhere. If it can't be restored, delete the tag and run release again.",
  })
}

/**
 * Reads every published tag back: each must lead to the digest. When nothing was written, the reading that
 * came before was that, and the image must be there: `isRead` says that it has been read. Throws `not-as-planned`.
 */
export const verifyWritten = async (
  tags: Result['tags'],
  digest: Digest,
  { registry, log, isRead }: { registry: RegistryClient; log: Log; isRead: boolean },
): Promise<void> => {
  const published = tags.filter(isPublished)
  if (published.every(({ outcome }) => outcome === 'kept')) {
    if (!isRead) await requireThere(registry, tags[0].tag, digest)
    return
  }
  await log.stage('Verify', async conclude => {
    const states = await readStates(registry, published)
    const wrong = [...states].flatMap(([tag, state]) =>
      state.kind === 'present' && state.digest === digest
        ? []
        : [
            `${tagged(registry.repository, tag)} ${state.kind === 'absent' ? 'is not there' : `is ${state.digest}`}`,
          ],
    )
    if (wrong.length === 0) return conclude(`${published.map(({ tag }) => tag).join(', ')} read back`)
    throw new ReleaseError('not-as-planned', {
      what: `Each tag that was published should be ${digest}, but ${wrong.join(', ')}.`,
      wayOut:
        'Look for something else that writes these tags, and keep two runs apart with a concurrency group; then run it again.',
    })
  })
}
