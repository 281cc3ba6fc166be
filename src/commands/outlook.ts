import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { imageName } from '../registry/reference.ts'
import { isAttestation, readRevision } from '../registry/revision.ts'
import { type Course, courseOf, needsRevision } from './course.ts'
import type { Plan } from './plan.ts'
import type { PublishRequest } from './request.ts'
import { type Reading, readPlanned, requireManifest } from './tags.ts'

/** What the registry has, and what follows from it. */
export interface Outlook extends Reading {
  readonly course: Exclude<Course, { kind: 'refuse' }>
  /** The manifest of the first tag, if its reading was necessary. */
  readonly published: Manifest | undefined
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
      ? await requireManifest(registry, state.digest)
      : undefined
  // An engine with the containerd store gives the tag to the parts of an index before the index. A push that was
  // stopped between leaves it with an attestation, which is no image of any version.
  const isLeftover = found !== undefined && isAttestation(found)
  const published = isLeftover ? undefined : found
  const situation = isLeftover
    ? { ...asRead, states: new Map(states).set(first.tag, { kind: 'absent' }) }
    : asRead
  const course = courseOf(situation, onExisting, {
    published: published === undefined ? undefined : await readRevision(registry, published),
    wanted: revision,
  })
  if (course.kind !== 'refuse') return { states, versions, course, published }
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
    const { course } = outlook
    conclude(
      course.kind === 'reuse'
        ? `${plan.first.tag} is published already, nothing is built: ${course.digest}`
        : `${plan.first.tag} is to be published`,
    )
    return outlook
  })
