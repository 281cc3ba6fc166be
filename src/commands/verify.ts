import { ReleaseError } from '../errors.ts'
import { findingsOf, mayWait } from '../reconcile/audit-findings.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import {
  type Constraints,
  constraintsOfPublished,
  digestAt,
  type Observed,
  stableConstraint,
} from '../reconcile/state.ts'
import type { Step } from '../reconcile/step.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import { errorOfServices, linesOfServices, remediesOf, type ServiceFailure } from '../service-errors.ts'
import { belongsTo } from './copies.ts'
import { forServices, tryServices } from './for-services.ts'
import { leftBehind, nameOf, noteOutcome, type RepositoryEntry } from './ledger.ts'
import { waitingIn } from './mirrors.ts'
import { noteNewestStable } from './newest-stable.ts'
import { observe } from './observe.ts'
import { readNotes } from './record.ts'
import type { VerifyRequest } from './request.ts'
import { openTargets, type Run, type ServiceTarget, type Target } from './run.ts'

/**
 * Compares the registry with the plan of one git tag; changes nothing. What can't be read of one service hides nothing of the
 * others. Throws `not-as-planned`, or what could not be read.
 */
export async function verify(request: VerifyRequest, run: Run) {
  const targets = openTargets(request, run)
  const { secrets } = run
  const failures: ServiceFailure[] = []
  const differences = await run.log.stage('Read the registry', async conclude => {
    const stable = stableConstraint(request.stable)
    const found = await tryServices(targets, { failures, secrets }, target =>
      compare(target, constraintsOfPublished(target.given, stable)),
    )
    // What is wrong with a service is said of the service.
    const known = targets.filter(({ entry }) => entry.digest !== undefined)
    const mirrors = known.flatMap(main => main.mirrors.map(mirror => ({ ...mirror, main })))
    const compared = await tryServices(mirrors, { failures, secrets }, mirror =>
      compare(mirror, constraintsOfPublished(mirror.main.entry.digest, waitingIn(mirror.main))),
    )
    found.push(...compared.map(all => all.map(each => ({ ...each, remedy: OF_A_MIRROR }))))
    if (request.withRecords) await showRecords(targets, run)
    await noteNewestStable(targets, request, run)
    conclude(`looked for ${targets[0]?.entry.tags.map(({ tag }) => tag).join(', ')}`)
    return found.flat()
  })
  warnOfIncomplete(targets, run)
  const count = targets.reduce((sum, { mirrors }) => sum + 1 + mirrors.length, 0)
  const noun = count > targets.length ? 'repositories' : 'services'
  const [unread] = failures
  if (differences.length === 0) {
    if (unread === undefined) return
    const what = `Of ${count} ${noun}, ${failures.length} could not be read`
    throw errorOfServices(failures, { name: unread.error.name, what, count, noun })
  }
  const all = [
    ...differences,
    ...failures.map(({ service, error: { what, remedy } }) => ({ service, what, remedy })),
  ]
  throw new ReleaseError('not-as-planned', {
    what: `Not as planned for ${request.decision.gitTag}:\n${linesOfServices(all)}`,
    remedy: remediesOf(all),
  })
}

/** Not a difference, as services may wait. */
function warnOfIncomplete(targets: readonly ServiceTarget[], { log }: Run) {
  const waiting = leftBehind(targets.map(({ entry }) => entry)).join(', ')
  if (waiting === '') return
  const what = `Other services are promoted, and these wait: ${waiting}. Promote all again: it completes.`
  log.warning('A promotion is incomplete', what)
}

const OF_A_MIRROR =
  'Delete only what is another image in a mirror. Then release again with the same inputs and mirrors: it completes them.'

async function compare({ desired, registry, entry }: Target, constraints: Constraints) {
  const observed = await observe({ desired, registry }, constraints)
  const lost = await lostDigests(registry, observed)
  const steps = reconcile(desired, observed, constraints)
  const service = nameOf(entry)
  for (const step of steps) {
    const isWaiting = step.kind === 'withhold' && mayWait(step, desired, observed)
    noteCompared(entry, step, digestAt(observed, step.tag.tag), { lost, isWaiting })
  }
  const [first] = steps
  if (first?.kind === 'keep' && !lost.has(first.digest)) entry.digest = first.digest
  // What stands against the first tag is said of it; findings are of a version that is there.
  if (first?.kind === 'refuse') {
    const refused = steps.filter(step => step.kind === 'refuse')
    // Where a copy is there, the first tag was, too: to release it is no remedy.
    const told = refused.length > 1 && first.error === 'not-published' ? refused.slice(1) : refused
    return told.map(({ why, remedy }) => ({ service, what: why, remedy }))
  }
  return findingsOf(desired, { observed, steps, lost, ownerOf: () => undefined })
    .filter(({ wrong }) => wrong)
    .map(({ what, remedy }) => ({ service, what, remedy }))
}

/** Those that HEAD does not find; a GET would count as a pull. */
async function lostDigests(registry: RegistryClient, observed: Observed) {
  const digests = new Set([...observed.tags.keys()].flatMap(tag => digestAt(observed, tag) ?? []))
  const lost = await Promise.all(
    [...digests].map(async digest => ((await registry.hasManifest(digest)) ? [] : [digest])),
  )
  return new Set(lost.flat())
}

/** What is to be done about a tag says how it differs from the plan. */
function noteCompared(
  entry: RepositoryEntry,
  step: Step,
  there: Digest | undefined,
  { lost, isWaiting }: { lost: ReadonlySet<string>; isWaiting: boolean },
) {
  const { tag } = step.tag
  if (step.kind === 'stay') noteOutcome(entry, tag, 'stayed', { note: belongsTo(step.newest) })
  else if (there !== undefined && lost.has(there))
    noteOutcome(entry, tag, 'missing', { note: `is ${there}, which the registry does not have` })
  else if (step.kind === 'keep') noteOutcome(entry, tag, 'kept')
  else if (step.kind === 'withhold' && isWaiting) noteOutcome(entry, tag, 'withheld', { note: step.why })
  else if (there === undefined) noteOutcome(entry, tag, 'missing')
  else noteOutcome(entry, tag, 'different', { note: `is ${there}` })
}

/** Why they can't be shown is said once. */
async function showRecords(targets: readonly ServiceTarget[], run: Run) {
  const remarks = new Set<string>()
  await forServices(targets, async ({ entry, registry }) => {
    const kept = entry.tags.filter(tag => tag.stable && tag.outcome === 'kept')
    if (entry.digest === undefined || kept.length === 0) return
    const references = kept.map(({ reference }) => reference)
    const notes = await readNotes(registry, entry.digest, references, run)
    if (notes === 'unsupported') remarks.add('No records are shown: the registry has no referrers API.')
    else if (!Array.isArray(notes)) remarks.add(`Records are not shown: ${notes.problem}`)
    else if (notes.length > 0) entry.records = notes
  })
  for (const remark of remarks) run.log.info(remark)
}
