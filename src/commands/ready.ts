import { knownFailure, ReleaseError, remediesOf } from '../errors.ts'
import { repositoryAt } from '../git/remote.ts'
import type { TagCommit } from '../git/source.ts'
import { type Constraints, constraintsOfPublished } from '../reconcile/constraints.ts'
import { type Objection, objectionsTo, type PublishedImage } from '../reconcile/origin.ts'
import { REVISION_LABEL, readAllLabels, SOURCE_LABEL } from '../registry/labels.ts'
import { byDigest } from '../registry/reference.ts'
import { forServices } from './concurrency.ts'
import { type Copies, hasTagsToWrite } from './copies.ts'
import { nextSteps, requireImage, requireTagged } from './observe.ts'
import type { PromoteRequest } from './request.ts'
import type { Run, Target } from './run.ts'
import { commitOfTag } from './tag-commit.ts'

/** Services that may all be promoted. */
interface Ready {
  readonly ready: readonly Copies[]
  /** The commit of the git tag, if it is known. */
  readonly commit: string | undefined
}

/**
 * Reads all services, as a stage of the run. Throws what keeps one from being promoted, or `not-ready` for all that do; of each
 * the ledger has the problem then.
 */
export function requireReady(request: PromoteRequest, targets: readonly Target[], run: Run): Promise<Ready> {
  return run.log.stage('Read the registry', async conclude => {
    const problems = new Map<Target, ReleaseError>()
    const found = await eachThatCan(
      targets.map(target => ({ target })),
      problems,
      ({ target }) => readCandidate(target, givenImage(target)),
    )
    // What is promoted already is not read: at some registries that would count as a pull.
    const isDue = problems.size > 0 || found.some(hasTagsToWrite)
    if (!isDue) {
      conclude('promoted already')
      return { ready: found, commit: request.revision }
    }
    const images = new Map<Target, PublishedImage>()
    const inspected = await eachThatCan(found, problems, copies => inspect(copies, request, images))
    const commit = await commitOfTag(request, run)
    for (const [target, error] of originErrors(images, commit, request, run)) problems.set(target, error)
    throwIfNotReady(targets, problems, run)
    conclude(
      `${request.decision.first.tag}${targets.length === 1 ? '' : ` of ${targets.length} services`} is ready`,
    )
    return { ready: inspected, commit: commit.kind === 'known' ? commit.commit : request.revision }
  })
}

function givenImage({ of }: Target): Constraints['image'] {
  return of.digest === undefined ? undefined : { digest: of.digest, from: 'given' }
}

/** Observes and reconciles for one service. Throws what is refused. */
export async function readCandidate(target: Target, image: Constraints['image']): Promise<Copies> {
  const constraints = { ...constraintsOfPublished(undefined, { kind: 'write' }), image }
  const { first, copies } = await nextSteps(target, constraints)
  if (first.kind !== 'keep') throw new TypeError('a promotion can not build')
  return { target, steps: copies, image: { digest: first.digest, manifest: undefined, isBuilt: false } }
}

/** Does something for every service; what keeps it from being done for some is noted, and does not keep the others from it. */
async function eachThatCan<T extends { readonly target: Target }, U>(
  some: readonly T[],
  problems: Map<Target, ReleaseError>,
  run: (one: T) => Promise<U>,
): Promise<U[]> {
  const done = await forServices(some, async one => {
    try {
      return [await run(one)]
    } catch (error) {
      problems.set(one.target, knownFailure(error))
      return []
    }
  })
  return done.flat()
}

/** Reads the image of a service and what it says of its origin, and makes sure that its other tags may be written. */
async function inspect(
  copies: Copies,
  { isLookedAt }: PromoteRequest,
  images: Map<Target, PublishedImage>,
): Promise<Copies> {
  const { target, image } = copies
  const { registry, of, desired } = target
  const manifest = await requireTagged(registry, desired.first.tag, image.digest)
  requireImage(manifest, registry)
  target.entry.digest = image.digest
  const labels = await readAllLabels(registry, manifest)
  if (hasTagsToWrite(copies)) await registry.requireWritable()
  const origins = labels.map(({ [REVISION_LABEL]: revision, [SOURCE_LABEL]: source }) => ({
    revision,
    repository: source === undefined ? undefined : repositoryAt(source),
  }))
  images.set(target, { service: of.service, isGiven: of.digest !== undefined && isLookedAt, origins })
  return { ...copies, image: { ...image, manifest } }
}

/** What stands against the images that were read: they must be of the commit of the git tag. */
function originErrors(
  images: ReadonlyMap<Target, PublishedImage>,
  commit: TagCommit,
  { source, decision }: PromoteRequest,
  { log }: Run,
): ReadonlyMap<Target, ReleaseError> {
  const revision = commit.kind === 'known' ? commit.commit : undefined
  const objections = objectionsTo([...images.values()], { revision, repository: source.address })
  const unknown = commit.kind === 'known' ? '' : `The commit of the git tag is not known: ${commit.why}`
  if (unknown !== '' && objections.size === 0) {
    // Somebody has looked at an image that was given by its digest.
    if ([...images.values()].every(({ isGiven }) => isGiven)) log.info(unknown)
    else
      log.warning(
        'The images were not compared with the git tag',
        `${unknown} GitHub could not be asked whether the git tag is the commit that their labels name. To be sure, give each with its digest.`,
      )
  }
  const errorFor = ({ registry, entry }: Target, { why, remedy }: Objection): ReleaseError =>
    new ReleaseError('wrong-origin', {
      what: `${entry.digest === undefined ? entry.image : byDigest(registry.repository, entry.digest)} can not be promoted for ${decision.gitTag}: ${why}.`,
      remedy: `${remedy} ${unknown}`.trim(),
    })
  return new Map(
    [...images].flatMap(([target, { service }]) => {
      const objection = objections.get(service)
      return objection === undefined ? [] : [[target, errorFor(target, objection)] as const]
    }),
  )
}

/** Throws the error for services that are not ready; the ledger has what is wrong with each. */
function throwIfNotReady(
  targets: readonly Target[],
  problems: ReadonlyMap<Target, ReleaseError>,
  { secrets }: Run,
): void {
  const [error] = problems.values()
  if (error === undefined) return
  for (const [{ entry }, { what }] of problems) entry.problem = secrets.mask(what.trimEnd())
  if (targets.length === 1) throw error
  const lines = targets.flatMap(({ entry }) =>
    entry.problem === undefined ? [] : [`- ${entry.service}: ${entry.problem}`],
  )
  throw new ReleaseError('not-ready', {
    what: `Of ${targets.length} services, ${lines.length} can not be promoted:\n${lines.join('\n')}\n`,
    remedy: remediesOf([...problems.values()]),
  })
}
