import { knownFailure, ReleaseError, remediesOf } from '../errors.ts'
import { constraintsOfPublished, stableConstraint } from '../reconcile/constraints.ts'
import { findingsOf } from '../reconcile/findings.ts'
import { digestAt, type Observed } from '../reconcile/observed.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { Step } from '../reconcile/step.ts'
import { mayWait } from '../reconcile/waiting.ts'
import type { RegistryClient } from '../registry/client.ts'
import { forServices } from './concurrency.ts'
import { noteOutcome, type TagEntry } from './ledger.ts'
import { observe } from './observe.ts'
import { readNotes } from './record.ts'
import type { VerifyRequest } from './request.ts'
import { openTargets, type Run, type Target } from './run.ts'

/** What is not as planned, and what the reader can do. */
interface Difference {
  readonly what: string
  readonly remedy: string
}

/**
 * Compares the registry with the plan of one git tag, for one service or many; changes nothing. What can not be read of one
 * hides nothing of the others.
 *
 * Throws `not-as-planned`, or what could not be read.
 */
export async function verify(request: VerifyRequest, run: Run): Promise<void> {
  const targets = openTargets(request, run)
  const unreadable: ReleaseError[] = []
  const remarks = new Set<string>()
  const compared = await run.log.stage('Read the registry', async conclude => {
    const all = await forServices(targets, async target => {
      try {
        const differences = await compare(target, request)
        const remark = request.withRecords ? await showRecords(target, run) : undefined
        if (remark !== undefined) remarks.add(remark)
        return differences
      } catch (caught) {
        const error = knownFailure(caught)
        target.entry.problem = run.secrets.mask(error.what.replace(/\.$/, ''))
        unreadable.push(error)
        return []
      }
    })
    for (const remark of remarks) run.log.info(remark)
    conclude(`looked for ${targets[0]?.entry.tags.map(({ tag }) => tag).join(', ')}`)
    return all
  })
  const differences = compared.flat()
  const [firstUnread] = unreadable
  if (differences.length === 0 && firstUnread === undefined) return
  const lines = targets.flatMap(({ entry }, index) =>
    [
      ...(compared[index] ?? []).map(({ what }) => what),
      ...(entry.problem === undefined ? [] : [entry.problem]),
    ].map(what => `- ${entry.image}: ${what}\n`),
  )
  throw new ReleaseError(
    differences.length > 0 ? 'not-as-planned' : (firstUnread?.name ?? 'not-as-planned'),
    {
      what: `Not as planned for ${request.decision.gitTag}:\n${lines.join('')}`,
      remedy: remediesOf([...differences, ...unreadable]),
    },
  )
}

/** Compares what the registry has of one service with its plan. */
async function compare(
  { desired, registry, entry, of }: Target,
  { stable }: VerifyRequest,
): Promise<readonly Difference[]> {
  const constraints = constraintsOfPublished(of.digest, stableConstraint(stable))
  const observed = await observe({ desired, registry }, constraints)
  const lost = await lostDigests(registry, observed)
  const steps = reconcile(desired, observed, constraints)
  for (const step of steps) {
    const isWaiting = step.kind === 'withhold' && mayWait(step, desired, observed)
    noteOutcome(entry, step.tag.tag, outcomeFound(step, observed, { lost, isWaiting }))
  }
  if (steps[0]?.kind === 'keep' && !lost.has(steps[0].digest)) entry.digest = steps[0].digest
  // What stands against the first tag is said of it; findings are of a version that is there.
  if (steps[0]?.kind === 'refuse')
    return steps.flatMap(step => (step.kind === 'refuse' ? [{ what: step.why, remedy: step.remedy }] : []))
  const found = findingsOf(desired, { observed, steps, lost, ownerOf: () => undefined })
  return found.filter(({ wrong }) => wrong)
}

/**
 * The digests of tags that the registry does not have. A HEAD of a tag is believed when a HEAD by that digest finds the
 * image, too; a GET would count as a pull.
 */
async function lostDigests(registry: RegistryClient, observed: Observed): Promise<ReadonlySet<string>> {
  const digests = new Set([...observed.tags.keys()].flatMap(tag => digestAt(observed, tag) ?? []))
  const lost = await Promise.all(
    [...digests].map(async digest => ((await registry.hasManifest(digest)) ? [] : [digest])),
  )
  return new Set(lost.flat())
}

/** What is found of a tag: what is to be done says how it differs from the plan. */
function outcomeFound(
  step: Step,
  observed: Observed,
  { lost, isWaiting }: { lost: ReadonlySet<string>; isWaiting: boolean },
): Pick<TagEntry, 'outcome' | 'note'> {
  const there = digestAt(observed, step.tag.tag)
  if (step.kind === 'stay') return { outcome: 'stayed', note: `belongs to ${step.newest}, which is newer` }
  if (there !== undefined && lost.has(there))
    return { outcome: 'missing', note: `is ${there}, which the registry does not have` }
  if (step.kind === 'keep') return { outcome: 'kept' }
  if (step.kind === 'withhold' && isWaiting) return { outcome: 'withheld', note: step.why }
  return there === undefined ? { outcome: 'missing' } : { outcome: 'different', note: `is ${there}` }
}

/** Notes what the records that are stored with the image tell of its stable tags. Gives back why they can't be shown. */
async function showRecords({ registry, entry }: Target, run: Run): Promise<string | undefined> {
  const kept = entry.tags.filter(tag => tag.stable && tag.outcome === 'kept')
  if (entry.digest === undefined || kept.length === 0) return undefined
  const references = kept.map(({ reference }) => reference)
  const notes = await readNotes(registry, entry.digest, references, run)
  if (notes === 'unsupported') return 'No records are shown: the registry has no referrers API.'
  if (!Array.isArray(notes)) return `Records are not shown: ${notes.problem}`
  if (notes.length > 0) entry.records = notes
  return undefined
}
