import { ReleaseError } from '../errors.ts'
import type { CopyStep } from '../reconcile/step.ts'
import type { Manifest } from '../registry/client.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import { forServices } from './concurrency.ts'
import { isPublished, noteOutcome, type TagEntry } from './ledger.ts'
import { readTags, requireImage, requireManifest, requireTagged } from './observe.ts'
import type { Run, Target } from './run.ts'

/** The image that the first tag has, and that the others become copies of. */
export interface Image {
  readonly digest: Digest
  /** Its manifest, if it was read by GET and hashed. */
  readonly manifest: Manifest | undefined
  /** Whether this run has published it. */
  readonly isBuilt: boolean
}

/** A service whose image is there, and what is to be done about its other tags. */
export interface Copies {
  readonly target: Target
  readonly image: Image
  readonly steps: readonly CopyStep[]
}

/** Whether something is to be written for a service. */
export function hasTagsToWrite({ steps }: Pick<Copies, 'steps'>): boolean {
  return steps.some(({ kind }) => kind === 'copy' || kind === 'move')
}

/**
 * Carries out the steps of the tags beside the first: those of fixed tags for every service, and only then those of moving
 * ones; and reads back every tag that was published. Where nothing was written, what was read before was that; the image
 * itself must be there, too.
 *
 * Throws `not-as-planned` or `not-published`.
 */
export async function writeCopies(all: readonly Copies[], run: Run): Promise<void> {
  for (const { target, steps } of all) {
    for (const step of steps)
      if (step.kind === 'withhold')
        noteOutcome(target.entry, step.tag.tag, { outcome: 'withheld', note: step.why })
  }
  if (all.some(({ steps }) => steps.some(({ kind }) => kind !== 'withhold'))) {
    await run.log.stage('Copy to the other tags', async conclude => {
      const read = await forServices(all, one => carryOut(one, false, run))
      await forServices(read, one => carryOut(one, true, run))
      conclude(summarize(all))
    })
  }
  if (all.some(one => one.image.isBuilt || hasTagsToWrite(one))) await readBack(all, run)
  else await forServices(all, requireThere)
}

/** Carries out the steps of the fixed, or of the moving tags of a service, in their order. */
async function carryOut(one: Copies, moving: boolean, { signal }: Run): Promise<Copies> {
  const { target, steps, image } = one
  const { registry, desired, entry } = target
  let { manifest } = image
  for (const step of steps) {
    if (step.kind === 'withhold' || step.tag.moving !== moving) continue
    const { tag } = step.tag
    if (step.kind === 'keep') noteOutcome(entry, tag, { outcome: 'kept' })
    else if (step.kind === 'stay')
      noteOutcome(entry, tag, { outcome: 'stayed', note: `belongs to ${step.newest}, which is newer` })
    else {
      manifest ??= await requireTagged(registry, desired.first.tag, image.digest)
      requireImage(manifest, registry)
      const theirs = step.kind === 'copy' ? step.replaces : undefined
      // What is not sent any more was not written.
      signal.throwIfAborted()
      try {
        await registry.putManifest(tag, manifest)
      } catch (error) {
        const isRefused = error instanceof ReleaseError && /^registry-(?:denied|refused)$/.test(error.name)
        noteOutcome(entry, tag, { outcome: isRefused ? 'planned' : 'unclear' })
        if (theirs === undefined || !image.isBuilt || !isRefused) throw error
        throw await restoreTags(one, { tag, theirs }, error)
      }
      const replaced = theirs === image.digest ? undefined : theirs
      noteOutcome(entry, tag, { outcome: 'pushed', ...(replaced === undefined ? {} : { replaced }) })
    }
  }
  return { ...one, image: { ...image, manifest } }
}

/**
 * Gives the tags that this run has overwritten, the first one above all, the image of a fixed tag that the registry does not
 * let it overwrite: they would differ for good, and no next run could mend it.
 */
async function restoreTags(
  { target: { registry, entry } }: Copies,
  { tag, theirs }: { tag: string; theirs: Digest },
  error: ReleaseError,
): Promise<ReleaseError> {
  const manifest = await requireManifest(registry, theirs)
  const overwritten = entry.tags.filter(({ outcome }) => outcome === 'built' || outcome === 'pushed')
  for (const each of overwritten) {
    await registry.putManifest(each.tag, manifest)
    noteOutcome(entry, each.tag, { outcome: 'planned' })
  }
  return new ReleaseError('registry-refused', {
    what: `${tag} can not be overwritten, so ${overwritten.map(each => each.tag).join(', ')} got its image back, ${theirs}. ${error.what}`,
    remedy: error.remedy,
    cause: error,
  })
}

/** What became of the tags, such as `2.4.5-stable copied`; of several services, for how many. */
function summarize(all: readonly Copies[]): string {
  const counts = new Map<string, number>()
  for (const { kind, tag } of all.flatMap(({ steps }) => steps)) {
    if (kind === 'withhold') continue
    const what = `${tag.tag} ${DONE[kind]}`
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return [...counts].map(([what, count]) => (all.length === 1 ? what : `${what} for ${count}`)).join(', ')
}

const DONE = { keep: 'kept', stay: 'stayed', copy: 'copied', move: 'moved' } as const

/** Reads the published tags of all services back: each must have its image, and only then is as written. Throws `not-as-planned`. */
async function readBack(all: readonly Copies[], { log }: Run): Promise<void> {
  await log.stage('Verify', async conclude => {
    const wrong = await forServices(all, async ({ target: { registry, entry }, image }) => {
      const written = entry.tags.filter(tag => isPublished(tag) || tag.outcome === 'pushed')
      const states = await readTags(registry, written)
      return written.flatMap(({ tag, moving, outcome, replaced }) => {
        const state = states.get(tag)
        if (state?.kind === 'present' && state.digest === image.digest) {
          const done = moving ? 'moved' : 'copied'
          if (outcome === 'pushed') noteOutcome(entry, tag, { outcome: done, ...(replaced && { replaced }) })
          return []
        }
        const is = state?.kind === 'present' ? `is ${state.digest}` : 'is not there'
        noteOutcome(entry, tag, { outcome: state?.kind === 'present' ? 'different' : 'missing', note: is })
        return [`${tagged(registry.repository, tag)} ${is}, and should be ${image.digest}`]
      })
    })
    if (wrong.flat().length > 0) {
      throw new ReleaseError('not-as-planned', {
        what: `What was published is not there as it was written: ${wrong.flat().join('; ')}.`,
        remedy:
          'Find out what else writes these tags, and keep two runs apart with a concurrency group. Delete only a tag that has a wrong image, in the registry; then run it again.',
      })
    }
    const tags = new Set(all.flatMap(({ target }) => target.entry.tags.filter(isPublished).map(nameOf)))
    conclude(`${[...tags].join(', ')}${all.length === 1 ? '' : ` of ${all.length} services`} read back`)
  })
}

function nameOf({ tag }: TagEntry): string {
  return tag
}

/** Throws `not-as-planned` unless the registry has the image that its answer to HEAD of the first tag named. */
async function requireThere({ target: { registry, desired, entry }, image }: Copies): Promise<void> {
  const { digest, manifest } = image
  if (manifest !== undefined || (await registry.hasManifest(digest))) {
    entry.digest = digest
    return
  }
  delete entry.digest
  for (const { tag } of entry.tags.filter(isPublished)) noteOutcome(entry, tag, { outcome: 'planned' })
  throw new ReleaseError('not-as-planned', {
    what: `The registry says that ${tagged(registry.repository, desired.first.tag)} is ${digest}, and does not have that image.`,
    remedy:
      "Contact the registry's administrators: the tag leads nowhere. If it can't be restored, delete the tag and run release again.",
  })
}
