import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { isAttestation, isImage } from '../registry/image-index.ts'
import { type Labels, REVISION_LABEL, readLabels } from '../registry/labels.ts'
import { type Digest, imageName, tagged } from '../registry/reference.ts'
import { type Course, courseOf, needsRevision } from './course.ts'
import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
import type { PublishRequest } from './request.ts'
import type { TagResult } from './result.ts'
import { type Reading, readPlanned, requireManifest, requireTagged } from './tags.ts'

/** What the registry has, and what follows from it. */
export interface Outlook extends Reading {
  readonly course: Exclude<Course, { kind: 'refuse' }>
  /** The manifest of the first tag, if its reading was necessary. */
  readonly published: Manifest | undefined
  /** Its labels, if they were read. */
  readonly labels: Labels
}

/** Reads the registry and decides, before anything is built or written. Throws `already-published`. */
export const lookAhead = async (
  request: PublishRequest,
  { first, copies }: Plan,
  registry: RegistryClient,
): Promise<Outlook> => {
  const { states, versions } = await readPlanned(registry, [first, ...copies])
  const { onExisting, revision, stable, own = [] } = request
  const asRead = { first, copies, states, stableLater: stable === 'on-promotion', own }
  const state = states.get(first.tag)
  const found =
    needsRevision(asRead, onExisting) && state?.kind === 'present'
      ? await requireTagged(registry, first.tag, state.digest)
      : undefined
  // An engine with the containerd store gives the tag to the parts of an index before the index. A push that was
  // stopped between leaves it with an attestation, which is no image of any version.
  const isLeftover = found !== undefined && isAttestation(found)
  const published = isLeftover ? undefined : found
  const situation = isLeftover
    ? { ...asRead, states: new Map(states).set(first.tag, { kind: 'absent' }) }
    : asRead
  const labels = published === undefined ? {} : await readLabels(registry, published)
  const course = courseOf(situation, onExisting, { published: labels[REVISION_LABEL], wanted: revision })
  if (course.kind !== 'refuse') return { states, versions, course, published, labels }
  throw new ReleaseError('already-published', {
    what: `In ${imageName(registry.repository)}, ${course.why}.`,
    wayOut: `Nothing was built or written. ${course.wayOut}`,
  })
}

/** Reads the registry and decides, as a stage of the run. Throws `already-published`. */
export const readAhead = (
  request: PublishRequest,
  plan: Plan,
  { registry, log }: { registry: RegistryClient; log: Log },
): Promise<Outlook> =>
  log.stage('Read the registry', async conclude => {
    const outlook = await lookAhead(request, plan, registry)
    const { course, states } = outlook
    const { tag, moving } = plan.first
    const there = states.get(tag)
    const isOverwritten = request.onExisting === 'overwrite' && !moving && there?.kind === 'present'
    conclude(
      course.kind === 'reuse'
        ? `${tag} is published already, nothing is built: ${course.digest}`
        : isOverwritten
          ? `${tag} is ${there.digest}, which is to be replaced`
          : `${tag} is to be published`,
    )
    return outlook
  })

/** What `lookAgain` looks after, and where. */
interface LookAgain {
  readonly after: 'build' | 'wait'
  readonly registry: RegistryClient
  readonly journal: Journal
}

const TWO_RUNS =
  'Two runs published this version at once, and the image of the other one stays. Keep two runs apart with a concurrency group.'

/**
 * Reads the tags once more, after a build or a wait in which something else may have written them, or released a newer
 * version. The first tag is among them after a wait; after a build it has just been read back.
 *
 * Throws `not-as-planned` if a fixed one has become something else's: then another run was faster. A first tag that
 * was its before this run pushed is given back to it, if it is an image.
 */
export const lookAgain = async (
  { onExisting }: PublishRequest,
  { first, copies, result }: Plan,
  { digest, outcome }: Pick<TagResult, 'outcome'> & { readonly digest: Digest },
  { after, registry, journal }: LookAgain,
): Promise<Reading> => {
  const reading = await readPlanned(registry, after === 'wait' ? [first, ...copies] : copies)
  const [unwritten] = result.tags
  const state = reading.states.get(first.tag)
  if (after === 'wait' && !(state?.kind === 'present' && state.digest === digest)) {
    journal.tag(unwritten)
    throw new ReleaseError('not-as-planned', {
      what: `${unwritten.reference} was ${digest}, and ${state?.kind === 'present' ? `became ${state.digest}` : 'is gone'} while this run waited.`,
      wayOut: `No other tag was written. ${TWO_RUNS}`,
    })
  }
  for (const { tag, moving } of copies) {
    const other = reading.states.get(tag)
    if (moving || onExisting === 'overwrite' || other?.kind !== 'present' || other.digest === digest) continue
    const became = `${tagged(registry.repository, tag)} became ${other.digest} while this run`
    if (outcome !== 'built') {
      throw new ReleaseError('not-as-planned', {
        what: `${became} waited, and ${first.tag} is ${digest}.`,
        wayOut: TWO_RUNS,
      })
    }
    const theirs = await requireManifest(registry, other.digest)
    if (!isImage(theirs)) {
      throw new ReleaseError('not-as-planned', {
        what: `${became} built ${digest}. It is not an image, so ${first.tag} stays as it was built.`,
        wayOut: `No other tag was written. Find out what writes ${tag}, such as an option --cache-to, and delete it in the registry; then run it again.`,
      })
    }
    await registry.putManifest(first.tag, theirs)
    journal.tag(unwritten)
    throw new ReleaseError('not-as-planned', {
      what: `${became} built ${digest}, so ${first.tag} was given back to it.`,
      wayOut: TWO_RUNS,
    })
  }
  return reading
}
