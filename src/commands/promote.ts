import type { CheckState } from '../gates/check-state.ts'
import { checksNotPassed, openChecks, waitForChecks } from '../gates/checks.ts'
import { type Constraints, constraintsOfPublished } from '../reconcile/state.ts'
import { imageContent } from '../registry/labels.ts'
import { requireTaggedImage } from '../registry/require-image.ts'
import { errorOfServices, type ServiceFailure } from '../service-errors.ts'
import { type Copies, hasTagsToWrite, noteFound, writeCopies } from './copies.ts'
import { forServices, noteFailure, tryServices } from './for-services.ts'
import { noteOutcome } from './ledger.ts'
import { publishMirrors, unreadyMirrors } from './mirrors.ts'
import { nextSteps } from './observe.ts'
import { readOrigins, wrongOrigins } from './origins.ts'
import { recordDecision } from './record.ts'
import type { PromoteRequest } from './request.ts'
import { openTargets, type Run, type ServiceTarget } from './run.ts'
import { commitOfTag } from './tag-commit.ts'

/**
 * Gives the published first tag its other tags, by digest, without an engine. Of several services, nothing is written until
 * all are ready.
 */
export async function promote(request: PromoteRequest, run: Run) {
  const { checks, decision } = request
  const targets = openTargets(request, run)
  const { commit, ready } = await requireReady(request, targets, run)
  let copies: readonly Candidate[] = ready
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
  await publishMirrors(targets, { ...request, onExisting: 'fail' }, run)
}

type Candidate = Copies & ServiceTarget

/**
 * As a stage of the run. Throws what keeps one service from being promoted, or `not-ready` for several; the ledger has the
 * problem of each.
 */
function requireReady(request: PromoteRequest, targets: readonly ServiceTarget[], run: Run) {
  const { secrets } = run
  const failures: ServiceFailure[] = []
  return run.log.stage('Read the registry', async conclude => {
    const found = await tryServices(targets, { failures, secrets }, target =>
      readCandidate(target, target.given === undefined ? undefined : { digest: target.given, from: 'given' }),
    )
    for (const one of found) noteFound(one)
    const mirrored = found.map(target => ({ target, digest: target.image.digest }))
    const promoted = { ...request, onExisting: 'fail', stable: 'on-release' } as const
    failures.push(...(await unreadyMirrors(mirrored, promoted, run)))
    // What is promoted already is not read: at some registries that would count as a pull.
    if (failures.length === 0 && !found.some(hasTagsToWrite)) {
      conclude('promoted already')
      return { ready: found, commit: request.revision }
    }
    const inspected = await tryServices(found, { failures, secrets }, one => inspect(one, request))
    const commit = await commitOfTag(request, run)
    const images = inspected.map(({ origin }) => origin)
    const wrong = wrongOrigins(images, commit, request, run)
    for (const { entry } of inspected) {
      const error = wrong.get(entry.service)
      if (error !== undefined) failures.push(noteFailure(entry, error, secrets))
    }
    const all = targets.flatMap(target => [target, ...target.mirrors])
    const noun = all.length > targets.length ? 'repositories' : 'services'
    const what = `Of ${all.length} ${noun}, ${failures.length} can not be promoted`
    if (failures.length > 0)
      throw errorOfServices(failures, { name: 'not-ready', what, count: all.length, noun })
    const of = targets.length === 1 ? '' : ` of ${targets.length} services`
    conclude(`${request.decision.first.tag}${of} is ready`)
    return { ready: inspected, commit: commit.kind === 'known' ? commit.commit : request.revision }
  })
}

async function readCandidate(target: ServiceTarget, image: Constraints['image']): Promise<Candidate> {
  const constraints = { ...constraintsOfPublished(undefined, { kind: 'write' }), image }
  const { first, copies } = await nextSteps(target, constraints)
  if (first.kind !== 'keep') throw new TypeError('a promotion can not build')
  return { ...target, steps: copies, image: { digest: first.digest, manifest: undefined, isBuilt: false } }
}

/** Reads what the image says of its origin, and makes sure that the account may write. */
async function inspect(one: Candidate, { isLookedAt }: PromoteRequest) {
  const { registry, given, desired, entry, image } = one
  const manifest = await requireTaggedImage(registry, desired.first.tag, image.digest)
  entry.digest = image.digest
  const { origins, labels } = await readOrigins(registry, manifest)
  Object.assign(entry, imageContent(labels, manifest))
  if (hasTagsToWrite(one)) await registry.requireWritable()
  const isGiven = given !== undefined && isLookedAt
  const origin = { service: entry.service, name: entry.image, isGiven, origins }
  return { ...one, image: { ...image, manifest }, origin }
}
