import { ReleaseError } from '../errors.ts'
import type { CopyStep } from '../reconcile/step.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { isAttestation, isImage } from '../registry/image-index.ts'
import { byDigest, type Digest, tagged } from '../registry/reference.ts'
import { readTags, requireTagged } from './observe.ts'
import { type Outcome, outcomeOf, withOutcomes } from './outcome.ts'
import type { Plan } from './plan.ts'
import { isPublished, type Result, type TagResult } from './result.ts'
import type { Run, Services } from './run.ts'

/** The image that the first tag has, and that the others become copies of. */
export interface Image {
  readonly digest: Digest
  /** Its manifest, if it was read by GET and hashed. */
  readonly manifest: Manifest | undefined
  /** What became of the first tag. */
  readonly first: Outcome
}

/** Insists that what is to be copied is an image. Throws `not-published`. */
const requireImage = (manifest: Manifest, registry: RegistryClient): void => {
  if (isImage(manifest)) return
  const what = byDigest(registry.repository, manifest.digest)
  throw new ReleaseError(
    'not-published',
    isAttestation(manifest)
      ? {
          what: `${what} is an attestation and not an image: a push was interrupted there.`,
          remedy:
            'No other tag was written. Run release again, with on-existing: same-revision, which publishes the image.',
        }
      : {
          what: `${what} is not an image, but a cache or another artifact.`,
          remedy:
            'No other tag was written. Find out what writes it there, such as an option --cache-to; then release a new version, or set on-existing: overwrite to replace it.',
        },
  )
}

/** What became of a tag, for the conclusion of a stage. */
const inShort = ({ tag, outcome, note, replaced }: TagResult): string =>
  replaced === undefined ? `${tag} ${note ?? outcome}` : `${tag} ${outcome}, ${note}`

/** Insists that the registry has what its answer to HEAD of a tag named. Throws `not-as-planned`. */
const requireThere = async (registry: RegistryClient, tag: string, digest: Digest): Promise<void> => {
  if (await registry.hasManifest(digest)) return
  throw new ReleaseError('not-as-planned', {
    what: `The registry says that ${tagged(registry.repository, tag)} is ${digest}, and does not have that image.`,
    remedy:
      "Nothing was written. Contact the registry's administrators: the tag leads nowhere. If it can't be restored, delete the tag and run release again.",
  })
}

/** Reads tags back: each must have the image. Throws `not-as-planned`. */
const readBack = async (
  tags: readonly TagResult[],
  digest: Digest,
  { registry, log }: Pick<Services, 'registry'> & Pick<Run, 'log'>,
): Promise<void> =>
  log.stage('Verify', async conclude => {
    const states = await readTags(registry, tags)
    const wrong = [...states].flatMap(([tag, state]) => {
      if (state.kind === 'present' && state.digest === digest) return []
      const is = state.kind === 'absent' ? 'is not there' : `is ${state.digest}`
      return [`${tagged(registry.repository, tag)} ${is}`]
    })
    if (wrong.length === 0) return conclude(`${tags.map(({ tag }) => tag).join(', ')} read back`)
    throw new ReleaseError('not-as-planned', {
      what: `Each tag that was published should be ${digest}, but ${wrong.join(', ')}.`,
      remedy:
        'Look for something else that writes these tags, and keep two runs apart with a concurrency group; then run it again.',
    })
  })

/** Carries out the steps of the tags beside the first, in their order. Gives back what became of each. */
const copyImage = async (
  plan: Plan,
  { steps, image }: { steps: readonly CopyStep[]; image: Image },
  { registry, log, journal }: Pick<Services, 'registry'> & Pick<Run, 'log' | 'journal'>,
): Promise<ReadonlyMap<string, Outcome>> => {
  const outcomes = new Map<string, Outcome>()
  const take = (step: CopyStep): TagResult => {
    const outcome = outcomeOf(step, image.digest)
    const tag = { ...step.tag, reference: tagged(registry.repository, step.tag.tag), ...outcome }
    outcomes.set(step.tag.tag, outcome)
    journal.tag(tag)
    return tag
  }
  const due = steps.filter(({ kind }) => kind !== 'withhold')
  if (due.length > 0) {
    await log.stage('Copy to the other tags', async conclude => {
      let { manifest } = image
      const done: string[] = []
      for (const step of due) {
        if (step.kind === 'copy' || step.kind === 'move') {
          manifest ??= await requireTagged(registry, plan.desired.first.tag, image.digest)
          requireImage(manifest, registry)
          await registry.putManifest(step.tag.tag, manifest)
        }
        done.push(inShort(take(step)))
      }
      conclude(done.join(', '))
    })
  }
  return outcomes
}

/**
 * Carries out the steps of the tags beside the first, and reads back every tag that was published. When nothing was
 * written, what was read before was that; the image itself must be there, too.
 *
 * Throws `not-as-planned` or `not-published`.
 */
export const writeTags = async (
  plan: Plan,
  { steps, image }: { steps: readonly CopyStep[]; image: Image },
  services: Pick<Services, 'registry'> & Pick<Run, 'log' | 'journal'>,
): Promise<Pick<Result, 'digest' | 'tags'>> => {
  const { registry, journal } = services
  const { digest, manifest, first } = image
  const copied = await copyImage(plan, { steps, image }, services)
  const withheld = steps.flatMap(step =>
    step.kind === 'withhold' ? [[step.tag.tag, outcomeOf(step, digest)] as const] : [],
  )
  const tags = withOutcomes(plan, new Map([[plan.desired.first.tag, first], ...copied, ...withheld]))
  const published = tags.filter(isPublished)
  if (published.some(({ outcome }) => outcome !== 'kept')) await readBack(published, digest, services)
  else if (manifest === undefined) await requireThere(registry, plan.desired.first.tag, digest)
  for (const tag of tags) if (tag.outcome === 'withheld') journal.tag(tag)
  return { digest, tags }
}
