import { ReleaseError } from '../errors.ts'
import type { CopyStep } from '../reconcile/step.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { isAttestation, isImage } from '../registry/image-index.ts'
import { byDigest, type Digest, tagged } from '../registry/reference.ts'
import { mapSome, type Some } from '../some.ts'
import { mapServices } from './concurrency.ts'
import { readTags, requireManifest, requireTagged } from './observe.ts'
import { type Outcome, outcomeOf, outcomeOfFailed, withOutcomes } from './outcome.ts'
import type { Plan } from './plan.ts'
import { type ImageTagResult, isPublished, type ServiceResult } from './result.ts'
import type { Run } from './tools.ts'

/** The image that the first tag has, and that the others become copies of. */
export interface Image {
  readonly digest: Digest
  /** Its manifest, if it was read by GET and hashed. */
  readonly manifest: Manifest | undefined
  /** What became of the first tag. */
  readonly outcome: Outcome
}

/** Throws `not-published` unless what is to be copied is an image. */
export const requireImage = (manifest: Manifest, registry: RegistryClient): void => {
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
const inShort = ({ tag, outcome, note, replaced }: ImageTagResult): string =>
  replaced === undefined ? `${tag} ${note ?? outcome}` : `${tag} ${outcome}, ${note}`

/** Throws `not-as-planned` unless the registry has the image that its answer to HEAD of a tag named. */
const requireThere = async (registry: RegistryClient, tag: string, digest: Digest): Promise<void> => {
  if (await registry.hasManifest(digest)) return
  throw new ReleaseError('not-as-planned', {
    what: `The registry says that ${tagged(registry.repository, tag)} is ${digest}, and does not have that image.`,
    remedy:
      "Nothing was written. Contact the registry's administrators: the tag leads nowhere. If it can't be restored, delete the tag and run release again.",
  })
}

/** The image of a service, and what is to be done about its other tags. */
export interface Copies {
  readonly plan: Plan
  readonly registry: RegistryClient
  readonly image: Image
  readonly steps: readonly CopyStep[]
}

/** What became of the tags of a service. */
interface Written extends Copies {
  readonly outcomes: ReadonlyMap<string, Outcome>
}

type Tools = Pick<Run, 'log' | 'journal'>

/**
 * Gives the tags that this run has overwritten, the first one above all, the image of a fixed tag that the registry does not
 * let it overwrite: they would differ for good, and no next run could mend it.
 */
const restoreTags = async (
  { plan, registry, outcomes }: Written,
  { tag, theirs }: { tag: string; theirs: Digest },
  error: ReleaseError,
  { journal }: Pick<Tools, 'journal'>,
): Promise<ReleaseError> => {
  const manifest = await requireManifest(registry, theirs)
  const overwritten = plan.result.tags.filter(each => outcomes.has(each.tag) && each.tag !== tag)
  for (const each of overwritten) {
    await registry.putManifest(each.tag, manifest)
    journal.tag({ ...each, outcome: 'planned' })
  }
  return new ReleaseError('registry-refused', {
    what: `${tag} can not be overwritten, so ${overwritten.map(each => each.tag).join(', ')} got its image back, ${theirs}. ${error.what}`,
    remedy: error.remedy,
    cause: error,
  })
}

/** Carries out some steps of a service, in their order, and adds what became of each tag. */
const carryOut = async (
  written: Written,
  isDue: (step: CopyStep) => boolean,
  { journal }: Tools,
): Promise<Written> => {
  const { plan, registry, image, steps } = written
  const outcomes = new Map(written.outcomes)
  let { manifest } = image
  for (const step of steps.filter(isDue)) {
    const { tag } = step.tag
    const result = { ...step.tag, reference: tagged(registry.repository, tag) }
    if (step.kind === 'copy' || step.kind === 'move') {
      manifest ??= await requireTagged(registry, plan.desired.first.tag, image.digest)
      requireImage(manifest, registry)
      await registry.putManifest(tag, manifest).catch(async (error: unknown) => {
        journal.tag({ ...result, outcome: outcomeOfFailed(error) })
        const theirs = step.kind === 'copy' && image.outcome.outcome === 'built' ? step.replaces : undefined
        if (theirs === undefined || !(error instanceof ReleaseError) || error.name !== 'registry-refused')
          throw error
        throw await restoreTags({ ...written, outcomes }, { tag, theirs }, error, { journal })
      })
    }
    const outcome = outcomeOf(step, image.digest)
    outcomes.set(tag, outcome)
    journal.tag({ ...result, ...outcome })
  }
  return { ...written, outcomes, image: { ...image, manifest } }
}

const tagsOf = ({ plan, outcomes }: Written): ServiceResult['tags'] => withOutcomes(plan, outcomes)

const conclusionOf = (all: Some<Written>): string => {
  const [first, ...others] = mapSome(all, tagsOf)
  const [, ...copies] = first
  if (others.length === 0) return copies.filter(isDecided).map(inShort).join(', ')
  const tags = [first, ...others].flat()
  return copies.flatMap(({ tag }) => countsOf(tags.filter(each => each.tag === tag))).join(', ')
}

/** What became of a tag of several services: `2.4.5-stable copied for 10 services, kept for 1`. */
const countsOf = (tags: readonly ImageTagResult[]): string[] => {
  const counts = new Map<string, number>()
  for (const { outcome } of tags.filter(isDecided)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  const said = [...counts].map(
    ([outcome, count], index) =>
      `${outcome} for ${count}${index > 0 ? '' : count === 1 ? ' service' : ' services'}`,
  )
  return said.length === 0 ? [] : [`${tags[0]?.tag} ${said.join(', ')}`]
}

const isDecided = ({ outcome }: ImageTagResult): boolean => outcome !== 'planned' && outcome !== 'withheld'

/** Carries out the steps: those of fixed tags for every service, and only then those of moving ones. */
const copyImages = (all: Some<Written>, tools: Tools): Promise<Some<Written>> =>
  tools.log.stage('Copy to the other tags', async conclude => {
    const pass = (some: Some<Written>, moving: boolean): Promise<Some<Written>> =>
      mapServices(some, one =>
        carryOut(one, ({ kind, tag }) => kind !== 'withhold' && tag.moving === moving, tools),
      )
    const written = await pass(await pass(all, false), true)
    conclude(conclusionOf(written))
    return written
  })

/** Reads the published tags of all services back: each must have its image. Throws `not-as-planned`. */
const readBack = (all: Some<Written>, { log }: Tools): Promise<void> =>
  log.stage('Verify', async conclude => {
    const wrong = await mapServices(all, async one => {
      const { registry, image } = one
      const states = await readTags(registry, tagsOf(one).filter(isPublished))
      return [...states].flatMap(([tag, state]) => {
        if (state.kind === 'present' && state.digest === image.digest) return []
        const is = state.kind === 'absent' ? 'is not there' : `is ${state.digest}`
        return [`${tagged(registry.repository, tag)} ${is}, and should be ${image.digest}`]
      })
    })
    if (wrong.flat().length === 0) {
      const tags = tagsOf(all[0]).filter(isPublished)
      const of = all.length === 1 ? '' : ` of ${all.length} services`
      return conclude(`${tags.map(({ tag }) => tag).join(', ')}${of} read back`)
    }
    throw new ReleaseError('not-as-planned', {
      what: `What was published is not there as it was written: ${wrong.flat().join('; ')}.`,
      remedy:
        'Look for something else that writes these tags, and keep two runs apart with a concurrency group; then run it again.',
    })
  })

/**
 * Carries out the steps of the tags beside the first, and reads back every tag that was published. Where nothing was
 * written, what was read before was that; the image itself must be there, too.
 *
 * Throws `not-as-planned` or `not-published`.
 */
export const writeTags = async (all: Some<Copies>, tools: Tools): Promise<Some<ServiceResult>> => {
  const begun = mapSome(all, (copies): Written => {
    const { plan, image, steps } = copies
    const withheld = steps.flatMap(step =>
      step.kind === 'withhold' ? [[step.tag.tag, outcomeOf(step, image.digest)] as const] : [],
    )
    return { ...copies, outcomes: new Map([[plan.desired.first.tag, image.outcome], ...withheld]) }
  })
  const isDue = all.some(({ steps }) => steps.some(({ kind }) => kind !== 'withhold'))
  const written = isDue ? await copyImages(begun, tools) : begun
  const isUnchanged = (one: Written): boolean =>
    tagsOf(one)
      .filter(isPublished)
      .every(({ outcome }) => outcome === 'kept')
  if (!written.every(isUnchanged)) await readBack(written, tools)
  else {
    await mapServices(written, ({ registry, plan, image }) =>
      image.manifest === undefined
        ? requireThere(registry, plan.desired.first.tag, image.digest)
        : Promise.resolve(),
    )
  }
  return mapSome(written, one => {
    const tags = tagsOf(one)
    for (const tag of tags) if (tag.outcome === 'withheld') tools.journal.tag(tag)
    return { ...one.plan.result, digest: one.image.digest, tags }
  })
}
