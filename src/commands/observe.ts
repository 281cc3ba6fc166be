import { ReleaseError } from '../errors.ts'
import type { Constraints } from '../reconcile/constraints.ts'
import { digestAt, type Observed } from '../reconcile/observed.ts'
import { needsFirstContent, reconcile } from '../reconcile/reconcile.ts'
import type { CopyStep, FirstStep, Refuse } from '../reconcile/step.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { isAttestation, isImage } from '../registry/image-index.ts'
import { type Labels, REVISION_LABEL, readLabels } from '../registry/labels.ts'
import { byDigest, type Digest, type TagState, tagged } from '../registry/reference.ts'
import { noteOutcome } from './ledger.ts'
import type { Run, Target } from './run.ts'

/** What was read of a repository, beside what is reconciled. */
interface Observation extends Observed {
  /** The manifest of the first tag, if it was read. */
  readonly manifest: Manifest | undefined
  /** The labels of its image, if they were read. */
  readonly labels: Labels
}

/** What a repository has, and what is to be done about it. */
export interface NextSteps {
  readonly observed: Observation
  readonly first: FirstStep
  /** One step for each tag beside the first, fixed before moving. */
  readonly copies: readonly CopyStep[]
}

/** Observes and reconciles, as a stage of the run. Throws what is refused. */
export function readRegistry(target: Target, constraints: Constraints, { log }: Run): Promise<NextSteps> {
  return log.stage('Read the registry', async conclude => {
    const next = await nextSteps(target, constraints)
    const { first } = next
    const { tag } = first.tag
    if (first.kind === 'keep') conclude(`${tag} is published already, nothing is built: ${first.digest}`)
    else if (first.replaces === undefined) conclude(`${tag} is to be published`)
    else conclude(`${tag} is ${first.replaces}, which is to be replaced`)
    return next
  })
}

/**
 * Observes the repository and reconciles. Throws what is refused, after the first tag was given back where it has to be:
 * `already-published`, `not-published` or `not-as-planned`. The first tag is not read again if it was just read back.
 */
export async function nextSteps(
  target: Target,
  constraints: Constraints,
  readBack?: Digest,
): Promise<NextSteps> {
  const { desired } = target
  const observed = await observe(target, constraints, readBack)
  const steps = reconcile(desired, observed, constraints)
  const refused = steps.filter(step => step.kind === 'refuse')
  const first = steps.find((step): step is FirstStep => ['build', 'push', 'keep'].includes(step.kind))
  if (refused.length === 0 && first !== undefined) {
    const copies = steps.filter(step => step !== first && step.kind !== 'restore')
    return { observed, first, copies: copies as readonly CopyStep[] }
  }
  const restore = steps.find(step => step.kind === 'restore')
  if (restore !== undefined) await giveBack(target, restore.digest, refused[0]?.tag.tag ?? '')
  else if (steps[0]?.kind === 'refuse' && constraints.image !== undefined)
    noteLost(target, observed, constraints.image.from === 'built')
  throw refusal(target, refused)
}

/** The error for steps that are refused: all that stands against them. */
function refusal({ entry }: Target, refused: readonly Refuse[]): ReleaseError {
  const [first, second] = refused
  if (first === undefined) throw new TypeError('there is no step for the first tag')
  const why = [...new Set(refused.map(step => step.why))].join('; ')
  // What stands against a copy still does when the first tag is settled.
  return new ReleaseError(first.error, {
    what: `In ${entry.image}, ${why}.`,
    remedy: (second ?? first).remedy,
  })
}

/** Notes that the first tag does not have the image any more that this run has written, or found. */
function noteLost({ entry, desired }: Target, observed: Observed, isWritten: boolean): void {
  const { tag } = desired.first
  const now = digestAt(observed, tag)
  if (!isWritten) noteOutcome(entry, tag, { outcome: 'planned' })
  else if (now === undefined) noteOutcome(entry, tag, { outcome: 'missing' })
  else noteOutcome(entry, tag, { outcome: 'different', note: `is ${now}` })
}

/** Gives the first tag back to the image that another run published meanwhile, as `tag`. */
async function giveBack({ desired, entry, registry }: Target, theirs: Digest, tag: string): Promise<void> {
  const manifest = await requireManifest(registry, theirs)
  if (!isImage(manifest)) {
    throw new ReleaseError('not-as-planned', {
      what: `${tagged(registry.repository, tag)} became ${theirs} while this run built. It is not an image, so ${desired.first.tag} stays as it was built.`,
      remedy: `Find out what writes ${tag}, such as an option --cache-to, and delete it in the registry; then run it again.`,
    })
  }
  await registry.putManifest(desired.first.tag, manifest)
  noteOutcome(entry, desired.first.tag, { outcome: 'different', note: `is ${theirs}` })
}

/**
 * Reads what a repository has of the desired tags, all at once. The first tag is not read again if it was just read back;
 * its image is read only where a decision depends on it.
 */
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
  const tags =
    readBack === undefined ? read : new Map(read).set(first.tag, { kind: 'present', digest: readBack })
  const state = tags.get(first.tag)
  const nothing = { tags, publishedTags, manifest: undefined, labels: {} }
  if (state?.kind !== 'present' || !needsFirstContent(desired, tags, constraints)) return nothing
  const manifest = await requireTagged(registry, first.tag, state.digest)
  // An engine with the containerd store gives the tag to the parts of an index before the index. A push that was stopped
  // between leaves it with an attestation, which is no image of any version.
  if (isAttestation(manifest)) return { ...nothing, content: { kind: 'leftover' } }
  const labels = await readLabels(registry, manifest)
  return { ...nothing, content: { kind: 'image', revision: labels[REVISION_LABEL] }, manifest, labels }
}

/** Reads the state of tags, all at once; one that can not be read is an error. */
export async function readTags(
  registry: RegistryClient,
  tags: readonly { readonly tag: string }[],
): Promise<ReadonlyMap<string, TagState>> {
  return new Map(await Promise.all(tags.map(async ({ tag }) => [tag, await registry.headTag(tag)] as const)))
}

/** The manifest of a digest that was there when the registry was read. Throws `not-published`. */
export async function requireManifest(registry: RegistryClient, digest: Digest): Promise<Manifest> {
  const manifest = await registry.getManifest(digest)
  if (manifest !== undefined) return manifest
  throw gone(byDigest(registry.repository, digest))
}

/**
 * The manifest that a tag has, read and hashed: what HEAD said of it is not enough to write something. Throws
 * `not-published` if it is gone, `not-as-planned` if it is not what HEAD said.
 */
export async function requireTagged(
  registry: RegistryClient,
  tag: string,
  digest: Digest,
): Promise<Manifest> {
  const reference = tagged(registry.repository, tag)
  const manifest = await registry.getManifest(tag)
  if (manifest === undefined) throw gone(reference)
  if (manifest.digest === digest) return manifest
  throw new ReleaseError('not-as-planned', {
    what: `The registry said that ${reference} is ${digest}, and the image there is ${manifest.digest}.`,
    remedy: 'Find out what else writes this tag, then run it again; if nothing does, contact the registry.',
  })
}

function gone(reference: string): ReleaseError {
  return new ReleaseError('not-published', {
    what: `${reference} was in the registry a moment ago, and is gone.`,
    remedy: 'Find out what deletes images in the registry; then run it again.',
  })
}

/** Throws `not-published` unless what is to be copied is an image. */
export function requireImage(manifest: Manifest, registry: RegistryClient): void {
  if (isImage(manifest)) return
  const isLeftover = isAttestation(manifest)
  throw new ReleaseError('not-published', {
    what: `${byDigest(registry.repository, manifest.digest)} is not an image, but ${isLeftover ? 'an attestation: a push was interrupted there' : 'a cache or another artifact'}.`,
    remedy: isLeftover
      ? 'Run release again, with on-existing: same-revision, which publishes the image.'
      : 'Find out what writes it there, such as an option --cache-to; then release a new version, or set on-existing: overwrite.',
  })
}
