import { ReleaseError } from '../errors.ts'
import type { CheckState } from '../gates/check-state.ts'
import { checksNotPassed, openChecks, waitForChecks } from '../gates/checks.ts'
import { repositoryAt } from '../git/remote.ts'
import type { TagCommit } from '../git/source.ts'
import { objectionsTo, type PublishedImage } from '../reconcile/origin.ts'
import { type Constraints, constraintsOfPublished } from '../reconcile/state.ts'
import { REVISION_LABEL, readLabels, SOURCE_LABEL } from '../registry/labels.ts'
import { requireTaggedImage } from '../registry/require-image.ts'
import { errorOfServices, type ServiceFailure } from '../service-errors.ts'
import { type Copies, hasTagsToWrite, noteFound, writeCopies } from './copies.ts'
import { forServices, noteFailure, tryServices } from './for-services.ts'
import { noteOutcome } from './ledger.ts'
import { nextSteps } from './observe.ts'
import { recordDecision } from './record.ts'
import type { PromoteRequest } from './request.ts'
import { openTargets, type Run, type Target } from './run.ts'
import { commitOfTag } from './tag-commit.ts'

/**
 * Gives the published first tag of a git tag its other tags, by digest, without an engine. Of several services, nothing is
 * written until all of them are ready.
 */
export async function promote(request: PromoteRequest, run: Run): Promise<void> {
  const { checks, decision } = request
  const targets = openTargets(request, run)
  const { commit, ready } = await requireReady(request, targets, run)
  let copies: readonly Copies[] = ready
  let states: readonly CheckState[] | undefined
  if (checks !== undefined && ready.some(hasTagsToWrite)) {
    states = await waitForChecks(checks, { gitTag: decision.gitTag, revision: commit }, run)
    const open = openChecks(states)
    if (open.length > 0) throw checksNotPassed(decision.gitTag, open)
    // Meanwhile something else may have written these tags, or released a newer version.
    for (const { entry } of ready) for (const { tag } of entry.tags) noteOutcome(entry, tag, 'planned')
    copies = await forServices(ready, async one => {
      const { steps } = await readCandidate(one, { digest: one.image.digest, from: 'found' })
      return { ...one, steps }
    })
  }
  await writeCopies(copies, run)
  await recordDecision(targets, { ...request, commit, states }, run)
}

interface Inspected extends Copies {
  readonly origin: PublishedImage
}

/**
 * Reads all services, as a stage of the run. Throws what keeps one from being promoted, or `not-ready` for all that do; of each
 * the ledger has the problem then.
 */
function requireReady(request: PromoteRequest, targets: readonly Target[], run: Run) {
  const { secrets } = run
  const failures: ServiceFailure[] = []
  return run.log.stage('Read the registry', async conclude => {
    const found = await tryServices(targets, { failures, secrets }, target =>
      readCandidate(target, target.given === undefined ? undefined : { digest: target.given, from: 'given' }),
    )
    for (const one of found) noteFound(one)
    // What is promoted already is not read: at some registries that would count as a pull.
    if (failures.length === 0 && !found.some(hasTagsToWrite)) {
      conclude('promoted already')
      return { ready: found, commit: request.revision }
    }
    const inspected = await tryServices(found, { failures, secrets }, one => inspect(one, request))
    const commit = await commitOfTag(request, run)
    failures.push(...wrongOrigins(inspected, commit, request, run))
    const count = targets.length
    const what = `Of ${count} services, ${failures.length} can not be promoted`
    if (failures.length > 0) throw errorOfServices(failures, { name: 'not-ready', what, count })
    const of = count === 1 ? '' : ` of ${count} services`
    conclude(`${request.decision.first.tag}${of} is ready`)
    return { ready: inspected, commit: commit.kind === 'known' ? commit.commit : request.revision }
  })
}

/** Observes and reconciles for one service. Throws what is refused. */
async function readCandidate(target: Target, image: Constraints['image']): Promise<Copies> {
  const constraints = { ...constraintsOfPublished(undefined, { kind: 'write' }), image }
  const { first, copies } = await nextSteps(target, constraints)
  if (first.kind !== 'keep') throw new TypeError('a promotion can not build')
  return { ...target, steps: copies, image: { digest: first.digest, manifest: undefined, isBuilt: false } }
}

/** Reads the image and what it says of its origin, and makes sure that the account may write. */
async function inspect(one: Copies, { isLookedAt }: PromoteRequest): Promise<Inspected> {
  const { registry, given, desired, entry, image } = one
  const manifest = await requireTaggedImage(registry, desired.first.tag, image.digest)
  entry.digest = image.digest
  const labels = await readLabels(registry, manifest)
  if (hasTagsToWrite(one)) await registry.requireWritable()
  const origins = labels.map(({ [REVISION_LABEL]: revision, [SOURCE_LABEL]: source }) => ({
    revision,
    repository: source === undefined ? undefined : repositoryAt(source),
  }))
  const isGiven = given !== undefined && isLookedAt
  return { ...one, image: { ...image, manifest }, origin: { service: entry.service, isGiven, origins } }
}

/** The images must be of the commit of the git tag. */
function wrongOrigins(
  inspected: readonly Inspected[],
  tag: TagCommit,
  { source, decision }: PromoteRequest,
  { log, secrets }: Run,
) {
  const images = inspected.map(({ origin }) => origin)
  const revision = tag.kind === 'known' ? tag.commit : undefined
  const objections = objectionsTo(images, { revision, repository: source.address })
  const unknown = tag.kind === 'known' ? '' : `The commit of the git tag is not known: ${tag.why}`
  // Somebody has looked at an image that was given by its digest.
  if (unknown !== '' && objections.size === 0 && images.some(({ isGiven }) => !isGiven))
    log.warning(
      'The images were not compared with the git tag',
      `${unknown} To be sure that they are of it, give each with its digest.`,
    )
  return inspected.flatMap(({ entry }) => {
    const objection = objections.get(entry.service)
    if (objection === undefined) return []
    const { why, remedy } = objection
    const error = new ReleaseError('wrong-origin', {
      what: `${entry.image} can not be promoted for ${decision.gitTag}: ${why}.`,
      remedy: `${remedy} ${unknown}`.trim(),
    })
    return [noteFailure(entry, error, secrets)]
  })
}
