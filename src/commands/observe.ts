import { ReleaseError } from '../errors.ts'
import { needsFirstContent, reconcile } from '../reconcile/reconcile.ts'
import type { Constraints, Observed } from '../reconcile/state.ts'
import type { CopyStep, FirstStep, Refuse, Step } from '../reconcile/step.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { isAttestation, isIndex } from '../registry/image-index.ts'
import { type Labels, REVISION_LABEL, readLabels } from '../registry/labels.ts'
import type { Digest, TagState } from '../registry/reference.ts'
import { requireTagged } from '../registry/require-image.ts'
import type { Run, Target } from './run.ts'

interface Observation extends Observed {
  /** Of the first tag, if it was read. */
  readonly manifest: Manifest | undefined
  readonly labels: Labels
}

/** Of the first tag; the others become copies. */
export interface Image {
  readonly digest: Digest
  /** If it was read by GET and hashed. */
  readonly manifest: Manifest | undefined
  /** Whether it was published during this run. */
  readonly isBuilt: boolean
}

export interface NextSteps {
  readonly observed: Observation
  readonly first: FirstStep
  /** One step for each tag beside the first, fixed before moving. */
  readonly copies: readonly CopyStep[]
}

/** As `writableSteps`, as a stage of the run. */
export function readRegistry(target: Target, constraints: Constraints, { log }: Run): Promise<NextSteps> {
  return log.stage('Read the registry', async conclude => {
    const next = await writableSteps(target, constraints)
    const { first } = next
    const { tag } = first.tag
    if (first.kind === 'keep') conclude(`${tag} is published already, nothing is built: ${first.digest}`)
    else if (first.replaces === undefined) conclude(`${tag} is to be published`)
    else conclude(`${tag} is ${first.replaces}, which is to be replaced`)
    return next
  })
}

/** As `nextSteps`, and makes sure that the account may write them. */
export async function writableSteps(target: Target, constraints: Constraints): Promise<NextSteps> {
  const next = await nextSteps(target, constraints)
  if (next.first.kind !== 'keep' || next.copies.some(isWritten)) await target.registry.requireWritable()
  return next
}

export function isWritten({ kind }: CopyStep) {
  return kind === 'copy' || kind === 'move'
}

/** Throws what is refused: `already-published`, `not-published` or `not-as-planned`. */
export async function nextSteps(target: Target, constraints: Constraints): Promise<NextSteps> {
  const observed = await observe(target, constraints)
  return { observed, ...allowedSteps(target, reconcile(target.desired, observed, constraints)) }
}

export function allowedSteps({ entry }: Target, steps: readonly Step[]): Pick<NextSteps, 'first' | 'copies'> {
  const [first, ...copies] = steps
  const refused = steps.filter((step): step is Refuse => step.kind === 'refuse')
  const [refusal, other] = refused
  if (refusal !== undefined) {
    throw new ReleaseError(refusal.error, {
      what: `In ${entry.image}, ${[...new Set(refused.map(({ why }) => why))].join('; ')}.`,
      // The remedy for the first tag alone would not settle the others.
      remedy: (other ?? refusal).remedy,
    })
  }
  return { first: first as FirstStep, copies: copies as CopyStep[] }
}

/** The first image is read only where a decision depends on it. `readBack`: what the first tag has. */
export async function observe(
  { desired, registry }: Pick<Target, 'desired' | 'registry'>,
  constraints: Constraints,
  readBack?: Digest,
): Promise<Observation> {
  const { first, copies } = desired
  const [read, publishedTags] = await Promise.all([
    readTags(registry, readBack === undefined ? [first, ...copies] : copies),
    copies.some(({ moving }) => moving) ? registry.listTags() : [],
  ])
  const tags = new Map(read)
  if (readBack !== undefined) tags.set(first.tag, { kind: 'present', digest: readBack })
  const state = tags.get(first.tag)
  const nothing = { tags, publishedTags, manifest: undefined, labels: {} }
  if (state?.kind !== 'present' || !needsFirstContent(desired, tags, constraints)) return nothing
  const manifest = await requireTagged(registry, first.tag, state.digest)
  // The containerd store pushes the parts of an index under the tag before the index: a push that was stopped leaves one.
  if (isAttestation(manifest)) return { ...nothing, content: { kind: 'leftover' } }
  const [labels = {}] = await readLabels(registry, manifest, 1)
  const isPart = constraints.isIndex === true && !isIndex(manifest.mediaType)
  const content = { kind: 'image', revision: labels[REVISION_LABEL], isPart } as const
  return { ...nothing, content, manifest, labels }
}

export async function readTags(
  registry: RegistryClient,
  tags: readonly { readonly tag: string }[],
): Promise<ReadonlyMap<string, TagState>> {
  return new Map(await Promise.all(tags.map(async ({ tag }) => [tag, await registry.headTag(tag)] as const)))
}
