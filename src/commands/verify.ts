import { knownFailure, ReleaseError, remediesOf } from '../errors.ts'
import { constraintsOfPublished, stableConstraint } from '../reconcile/constraints.ts'
import { digestAt, type Observed } from '../reconcile/observed.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { Step } from '../reconcile/step.ts'
import { mayWait } from '../reconcile/waiting.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Digest } from '../registry/reference.ts'
import { forServices } from './concurrency.ts'
import { noteOutcome, type TagEntry, type TagOutcome } from './ledger.ts'
import { observe } from './observe.ts'
import { readNotes } from './record.ts'
import type { VerifyRequest } from './request.ts'
import { openTargets, type Run, type Target } from './run.ts'

/**
 * Compares the registry with the plan of one git tag, for one service or many; changes nothing. What can not be read of one
 * hides nothing of the others.
 *
 * Throws `not-as-planned`, or what could not be read.
 */
export async function verify(request: VerifyRequest, run: Run): Promise<void> {
  const targets = openTargets(request, run)
  const unreadable: ReleaseError[] = []
  await run.log.stage('Read the registry', async conclude => {
    await forServices(targets, async target => {
      try {
        await compare(target, request, run)
      } catch (caught) {
        const error = knownFailure(caught)
        target.entry.problem = run.secrets.mask(error.what.replace(/\.$/, ''))
        unreadable.push(error)
      }
    })
    const tags = targets[0]?.entry.tags.map(({ tag }) => tag).join(', ')
    conclude(`looked for ${tags}${targets.length === 1 ? '' : ` of ${targets.length} services`}`)
  })
  throwIfWrong(targets, unreadable)
}

/** Compares what the registry has of one service with its plan. */
async function compare(
  { desired, registry, entry, of }: Target,
  { stable, withRecords }: VerifyRequest,
  run: Run,
): Promise<void> {
  const constraints = constraintsOfPublished(of.digest, stableConstraint(stable))
  const observed = await observe({ desired, registry }, constraints)
  const lost = await lostDigests(registry, observed)
  for (const step of reconcile(desired, observed, constraints)) {
    const there = digestAt(observed, step.tag.tag)
    const isWaiting = step.kind === 'withhold' && mayWait(step, desired, observed)
    noteOutcome(entry, step.tag.tag, outcomeFound(step, there, { isLost: lost.has(there ?? ''), isWaiting }))
  }
  const digest = digestAt(observed, desired.first.tag)
  if (digest === undefined || lost.has(digest)) return
  entry.digest = digest
  const kept = entry.tags
    .filter(tag => tag.stable && tag.outcome === 'kept')
    .map(({ reference }) => reference)
  if (!withRecords || kept.length === 0) return
  const notes = await readNotes(registry, digest, kept, run)
  if (notes === 'unsupported') run.log.info('No records are shown: the registry has no referrers API.')
  else if (!Array.isArray(notes)) run.log.info(`Records are not shown: ${notes.problem}`)
  else if (notes.length > 0) entry.records = notes
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
  there: Digest | undefined,
  { isLost, isWaiting }: { isLost: boolean; isWaiting: boolean },
): Pick<TagEntry, 'outcome' | 'note'> {
  if (step.kind === 'stay') return { outcome: 'stayed', note: `belongs to ${step.newest}, which is newer` }
  if (isLost) return { outcome: 'missing', note: `is ${there}, which the registry does not have` }
  if (step.kind === 'keep') return { outcome: 'kept' }
  if (step.kind === 'withhold' && isWaiting) return { outcome: 'withheld', note: step.why }
  return there === undefined ? { outcome: 'missing' } : { outcome: 'different', note: `is ${there}` }
}

/** Whether a tag is not as the plan has it. */
function isWrong({ outcome }: TagEntry): boolean {
  return outcome === 'missing' || outcome === 'different'
}

/** Throws what was found. The error has the name of what could not be read, if nothing else is wrong. */
function throwIfWrong(targets: readonly Target[], unreadable: readonly ReleaseError[]): void {
  const [firstUnread] = unreadable
  const wrong = targets.filter(({ entry }) => entry.tags.some(isWrong))
  if (targets.length === 1 && firstUnread !== undefined) throw firstUnread
  if (wrong.length === 0 && firstUnread === undefined) return
  const lines = targets.flatMap(({ entry: { image, problem, tags } }) => {
    const differing = tags
      .filter(isWrong)
      .map(({ tag, outcome, note }) => `${tag} is ${outcome}${note === undefined ? '' : ` (${note})`}`)
    const said = problem ?? differing.join(', ')
    return said === '' ? [] : [`${image}: ${said}`]
  })
  const gitTag = targets[0]?.desired.gitTag
  throw new ReleaseError(wrong.length > 0 ? 'not-as-planned' : (firstUnread?.name ?? 'not-as-planned'), {
    what: `Not as planned for ${gitTag}:\n${lines.map(line => `- ${line}`).join('\n')}\n`,
    remedy: remediesOf([...wrong.map(target => ({ remedy: remedyFor(target) })), ...unreadable]),
  })
}

/** What a reader can do about the tags of a service that are missing or different. */
function remedyFor({ entry: { tags }, desired: { gitTag } }: Target): string {
  const [first, ...copies] = tags
  const every = (...outcomes: readonly TagOutcome[]): boolean =>
    tags.every(({ outcome }) => outcomes.includes(outcome))
  if (tags.some(({ outcome, note }) => outcome === 'missing' && note !== undefined))
    return `Contact the registry's administrators. If the image can't be restored, delete the tags that lead to it, then run release for ${gitTag} again.`
  if (every('missing', 'withheld'))
    return `Nothing of ${gitTag} is there: check the git tag, registry, project and service, or run release.`
  if (first?.outcome === 'different') return `Check the digest that was given: ${first.tag} is another image.`
  if (
    first?.outcome === 'missing' &&
    copies.some(({ moving, outcome }) => !moving && outcome === 'different')
  )
    return `Give ${first.tag} back to the right image of its other tags in the registry; release does not overwrite them.`
  return every('missing', 'kept', 'stayed', 'withheld')
    ? `Run release for ${gitTag} again to add what is missing, or promote for stable tags that wait (with stable: on-promotion, verify lets them).`
    : 'Find out which image is right before you change what is different: audit says how.'
}
