import { knownFailure, ReleaseError, remediesOf } from '../errors.ts'
import { repositoryAt } from '../git/remote.ts'
import type { TagCommit } from '../git/source.ts'
import { objectionsTo, type PublishedImage } from '../reconcile/origin.ts'
import type { CopyStep } from '../reconcile/step.ts'
import type { Terms } from '../reconcile/terms.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { REVISION_LABEL, readAllLabels, SOURCE_LABEL } from '../registry/labels.ts'
import { byDigest, type Digest } from '../registry/reference.ts'
import { mapSome, type Some } from '../some.ts'
import { mapServices } from './concurrency.ts'
import { nextSteps } from './next-steps.ts'
import { requireTagged } from './observe.ts'
import { type Plan, resultOf } from './plan.ts'
import type { PromoteRequest, PublishedService } from './request.ts'
import { ResultError } from './result-error.ts'
import { commitOfTag } from './tag-commit.ts'
import type { Run, ToolsForMany } from './tools.ts'
import { requireImage } from './write-tags.ts'

/** A service that may be promoted, as far as it is known. */
export interface Candidate {
  readonly plan: Plan & { readonly of: PublishedService }
  readonly registry: RegistryClient
  readonly terms: Terms
}

/** A service whose image is there, with the steps that give it its other tags. */
export interface Found extends Candidate {
  readonly digest: Digest
  readonly steps: readonly CopyStep[]
}

/** Whether something is to be written for a service. */
export const hasTagsToWrite = ({ steps }: Found): boolean =>
  steps.some(({ kind }) => kind === 'copy' || kind === 'move')

/** Observes and reconciles for one service. Throws what is refused. */
export const observeCandidate = async (
  candidate: Candidate,
  terms: Terms,
  { journal }: Run,
): Promise<Found> => {
  const { plan, registry } = candidate
  const { first, copies } = await nextSteps(plan, terms, { registry, journal })
  if (first.kind !== 'keep') throw new TypeError('a promotion can not build')
  return { ...candidate, digest: first.digest, steps: copies }
}

/** An image that was read, and what it says of its origin. */
interface Inspected extends Found {
  readonly manifest: Manifest
  readonly image: PublishedImage
}

/** Reads the image of a service, and makes sure that its other tags may be written. */
const inspect = async (found: Found, { isLookedAt }: PromoteRequest): Promise<Inspected> => {
  const { plan, registry, digest } = found
  const { service, digest: given } = plan.of
  const manifest = await requireTagged(registry, plan.desired.first.tag, digest)
  requireImage(manifest, registry)
  const labels = await readAllLabels(registry, manifest)
  if (hasTagsToWrite(found)) await registry.requireWritable()
  const origins = labels.map(({ [REVISION_LABEL]: revision, [SOURCE_LABEL]: source }) => ({
    revision,
    repository: source === undefined ? undefined : repositoryAt(source),
  }))
  return { ...found, manifest, image: { service, isGiven: given !== undefined && isLookedAt, origins } }
}

const COMPARED =
  'What is given without its digest is of the commit that its label names; whether that is the commit of the git tag, nobody says. To be sure, give each with its digest.'

/** What stands against the images that were read, by service: they must be of the commit of the git tag. */
const originErrors = (
  inspected: readonly Inspected[],
  commit: TagCommit,
  request: PromoteRequest,
  tools: ToolsForMany,
): ReadonlyMap<string, ReleaseError> => {
  const unknown = commit.kind === 'known' ? '' : ` The commit of the git tag is not known: ${commit.why}`
  const tag = {
    revision: commit.kind === 'known' ? commit.commit : undefined,
    repository: request.source.address,
  }
  const objections = objectionsTo(
    inspected.map(({ image }) => image),
    tag,
  )
  if (unknown !== '' && objections.size === 0) {
    // Somebody has looked at an image that was given by its digest.
    if (inspected.every(({ image }) => image.isGiven)) tools.log.info(unknown.trim())
    else tools.log.warning('The images were not compared with the git tag', `${unknown.trim()} ${COMPARED}`)
  }
  return new Map(
    inspected.flatMap(({ plan, registry, digest }) => {
      const { service } = plan.of
      const objection = objections.get(service)
      if (objection === undefined) return []
      const { why, remedy } = objection
      const error = new ReleaseError('wrong-origin', {
        what: `${byDigest(registry.repository, digest)} can not be promoted for ${request.gitTag}: ${why}.`,
        remedy: `Nothing was written. ${remedy}${unknown}`,
      })
      return [[service, error] as const]
    }),
  )
}

const UNHARMED = 'Nothing was written.'

/** The error for services that are not ready, with what is known of all. */
const notReady = (
  request: PromoteRequest,
  { candidates, found }: { candidates: Some<Candidate>; found: readonly Found[] },
  problems: ReadonlyMap<string, ReleaseError>,
  { secrets }: Run,
): ReleaseError => {
  const services = mapSome(candidates, ({ plan }) => {
    const { service } = plan.of
    const digest = found.find(one => one.plan === plan)?.digest
    const error = problems.get(service)
    return {
      ...plan.result,
      digest,
      ...(error === undefined ? {} : { problem: secrets.mask(error.what.trimEnd()) }),
    }
  })
  const errors = candidates.flatMap(({ plan }) => problems.get(plan.of.service) ?? [])
  const [error] = errors
  if (error === undefined) throw new TypeError('all services are ready')
  if (candidates.length === 1) return error
  const lines = services.flatMap(({ service, problem }) =>
    problem === undefined ? [] : [`- ${service}: ${problem}`],
  )
  return new ResultError('not-ready', resultOf(request, services), {
    what: `Of ${candidates.length} services, ${lines.length} can not be promoted:\n${lines.join('\n')}\n`,
    remedy: `${UNHARMED} ${remediesOf(errors.map(({ remedy }) => ({ remedy: remedy.replace(`${UNHARMED} `, '') })))}`,
  })
}

/** Does something for every service, and notes what keeps it from being done for some; what is done for the others. */
const eachThatCan = async <T, U>(
  some: readonly T[],
  run: (one: T) => Promise<U>,
  note: (one: T, problem: ReleaseError) => void,
): Promise<U[]> => {
  const [first, ...others] = some
  if (first === undefined) return []
  const done = await mapServices([first, ...others], async one => {
    try {
      return [await run(one)]
    } catch (error) {
      note(one, knownFailure(error))
      return []
    }
  })
  return done.flat()
}

/** Reads all services. Throws what keeps one from being promoted, or `not-ready` for all that do. */
export const requireReady = (
  request: PromoteRequest,
  candidates: Some<Candidate>,
  tools: ToolsForMany,
): Promise<{
  found: Some<Found>
  manifests: ReadonlyMap<string, Manifest>
  /** The commit of the git tag, if it is known. */
  commit: string | undefined
}> =>
  tools.log.stage('Read the registry', async conclude => {
    const problems = new Map<string, ReleaseError>()
    const each = <T extends Candidate, U>(some: readonly T[], run: (one: T) => Promise<U>): Promise<U[]> =>
      eachThatCan(some, run, ({ plan }, problem) => problems.set(plan.of.service, problem))
    const found = await each(candidates, candidate => observeCandidate(candidate, candidate.terms, tools))
    for (const { plan, digest } of found) tools.journal.image(plan.of.service, digest)
    // What is promoted already is not read: at some registries that would count as a pull.
    const isDue = problems.size > 0 || found.some(hasTagsToWrite)
    const inspected = isDue ? await each(found, one => inspect(one, request)) : []
    let commit = request.revision
    if (isDue) {
      const known = await commitOfTag(request, tools)
      if (known.kind === 'known') commit = known.commit
      for (const [service, error] of originErrors(inspected, known, request, tools))
        problems.set(service, error)
    }
    if (problems.size > 0) throw notReady(request, { candidates, found }, problems, tools)
    const [first, ...others] = found
    if (first === undefined) throw new TypeError('there is no service')
    const { tag } = first.plan.desired.first
    conclude(
      others.length === 0 ? `${tag} is ${first.digest}` : `${tag} of ${found.length} services is ready`,
    )
    return {
      commit,
      found: [first, ...others],
      manifests: new Map(inspected.map(({ plan, manifest }) => [plan.of.service, manifest] as const)),
    }
  })
