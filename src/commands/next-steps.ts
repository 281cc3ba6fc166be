import { ReleaseError } from '../errors.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { CopyStep, FirstStep, Refuse, Step } from '../reconcile/step.ts'
import type { Terms } from '../reconcile/terms.ts'
import { isImage } from '../registry/image-index.ts'
import { type Digest, tagged } from '../registry/reference.ts'
import { type Observation, observe, requireManifest } from './observe.ts'
import type { Plan } from './plan.ts'
import type { OneRegistry, Run } from './tools.ts'

/** What a repository has, and what is to be done about it. */
export interface NextSteps {
  readonly observed: Observation
  readonly first: FirstStep
  /** One step for each tag beside the first, fixed before moving. */
  readonly copies: readonly CopyStep[]
}

const isFirstStep = (step: Step): step is FirstStep =>
  step.kind === 'build' || step.kind === 'push' || step.kind === 'keep'

const isCopyStep = (step: Step): step is CopyStep =>
  ['keep', 'copy', 'move', 'stay', 'withhold'].includes(step.kind)

/** What has not happened, for the remedy of a refusal. */
const unharmed = ({ may, image }: Terms): string => {
  if (image?.from === 'built') return 'No other tag was written.'
  return may === 'neither' || image?.from === 'found'
    ? 'Nothing was written.'
    : 'Nothing was built or written.'
}

/** The error for steps that are refused: all that stands against them. */
const refusal = (refused: readonly [Refuse, ...Refuse[]], { image }: Plan['result'], terms: Terms) => {
  const [first, second] = refused
  const why = [...new Set(refused.map(step => step.why))].join('; ')
  return new ReleaseError(first.error, {
    what: `In ${image}, ${why}.`,
    // What stands against a copy still does when the first tag is settled.
    remedy: `${unharmed(terms)} ${(second ?? first).remedy}`,
  })
}

/**
 * Gives the first tag back to the image that another run published meanwhile. Throws `not-as-planned` if that is not an
 * image.
 */
const giveBack = async (
  { desired, result }: Plan,
  { tag, theirs, ours }: { tag: string; theirs: Digest; ours: Digest | undefined },
  { registry, journal }: OneRegistry & Pick<Run, 'journal'>,
): Promise<void> => {
  const manifest = await requireManifest(registry, theirs)
  if (!isImage(manifest)) {
    throw new ReleaseError('not-as-planned', {
      what: `${tagged(registry.repository, tag)} became ${theirs} while this run built ${ours}. It is not an image, so ${desired.first.tag} stays as it was built.`,
      remedy: `No other tag was written. Find out what writes ${tag}, such as an option --cache-to, and delete it in the registry; then run it again.`,
    })
  }
  await registry.putManifest(desired.first.tag, manifest)
  journal.tag(result.tags[0])
}

/**
 * Observes the repository and reconciles. Throws what is refused, after the first tag was given back where it has to be:
 * `already-published`, `not-published` or `not-as-planned`. The first tag is not read if it was just read back, and
 * nothing is if that is under way, as `observing`.
 */
export const nextSteps = async (
  plan: Plan,
  terms: Terms,
  { registry, journal }: OneRegistry & Pick<Run, 'journal'>,
  { readBack, observing }: { readBack?: Digest; observing?: Promise<Observation> } = {},
): Promise<NextSteps> => {
  const observed = await (observing ?? observe(plan.desired, terms, registry, readBack))
  const steps = reconcile(plan.desired, observed, terms)
  const [refused, ...others] = steps.filter(step => step.kind === 'refuse')
  const [first, ...copies] = steps
  if (refused === undefined && first !== undefined && isFirstStep(first)) {
    return { observed, first, copies: copies.filter(isCopyStep) }
  }
  if (refused === undefined) throw new TypeError('there is no step for the first tag')
  const restore = steps.find(step => step.kind === 'restore')
  if (restore !== undefined) {
    const given = { tag: refused.tag.tag, theirs: restore.digest, ours: terms.image?.digest }
    await giveBack(plan, given, { registry, journal })
  } else if (terms.image !== undefined) {
    // Nobody knows any more whose image the first tag has.
    journal.tag(plan.result.tags[0])
  }
  throw refusal([refused, ...others], plan.result, terms)
}
