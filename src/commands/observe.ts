import { ReleaseError } from '../errors.ts'
import type { Desired } from '../reconcile/desired.ts'
import type { Observed } from '../reconcile/observed.ts'
import { needsFirstContent } from '../reconcile/reconcile.ts'
import type { Terms } from '../reconcile/terms.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { isAttestation } from '../registry/image-index.ts'
import { type Labels, REVISION_LABEL, readLabels } from '../registry/labels.ts'
import { byDigest, type Digest, type TagState, tagged } from '../registry/reference.ts'

/** What was read of a repository, beside what is reconciled. */
export interface Observation extends Observed {
  /** The manifest of the first tag, if it was read. */
  readonly manifest: Manifest | undefined
  /** The labels of its image, if they were read. */
  readonly labels: Labels
}

/** Reads the state of tags, all at once; one that can not be read is an error. */
export const readTags = async (
  registry: RegistryClient,
  tags: readonly { readonly tag: string }[],
): Promise<ReadonlyMap<string, TagState>> =>
  new Map(await Promise.all(tags.map(async ({ tag }) => [tag, await registry.headTag(tag)] as const)))

const gone = (reference: string): ReleaseError =>
  new ReleaseError('not-published', {
    what: `${reference} was in the registry a moment ago, and is gone.`,
    remedy: 'Look for something that deletes images in the registry; then run it again.',
  })

/** The manifest of a digest that was there when the registry was read. Throws `not-published`. */
export const requireManifest = async (registry: RegistryClient, digest: Digest): Promise<Manifest> => {
  const manifest = await registry.getManifest(digest)
  if (manifest !== undefined) return manifest
  throw gone(byDigest(registry.repository, digest))
}

/**
 * The manifest that a tag has, read and hashed: what HEAD said of it is not enough to write something. Throws
 * `not-published` if it is gone, `not-as-planned` if it is not what HEAD said.
 */
export const requireTagged = async (
  registry: RegistryClient,
  tag: string,
  digest: Digest,
): Promise<Manifest> => {
  const reference = tagged(registry.repository, tag)
  const manifest = await registry.getManifest(tag)
  if (manifest === undefined) throw gone(reference)
  if (manifest.digest === digest) return manifest
  throw new ReleaseError('not-as-planned', {
    what: `The registry said that ${reference} is ${digest}, and the image that it has there is ${manifest.digest}.`,
    remedy:
      "No other tag was written. Look for something else that writes this tag, then run it again; if there is nothing, contact the registry's administrators.",
  })
}

/**
 * Reads what a repository has of the desired tags, all at once. The first tag is not read again if it was just read back,
 * as `readBack`; its image is read only where a decision depends on it.
 */
export const observe = async (
  desired: Desired,
  terms: Terms,
  registry: RegistryClient,
  readBack?: Digest,
): Promise<Observation> => {
  const { first, copies } = desired
  const [read, publishedTags] = await Promise.all([
    readTags(registry, readBack === undefined ? [first, ...copies] : copies),
    copies.some(({ moving }) => moving) ? registry.listTags() : [],
  ])
  const tags =
    readBack === undefined ? read : new Map(read).set(first.tag, { kind: 'present', digest: readBack })
  const state = tags.get(first.tag)
  if (state?.kind !== 'present' || !needsFirstContent(desired, tags, terms)) {
    return { tags, publishedTags, manifest: undefined, labels: {} }
  }
  const manifest = await requireTagged(registry, first.tag, state.digest)
  // An engine with the containerd store gives the tag to the parts of an index before the index. A push that was
  // stopped between leaves it with an attestation, which is no image of any version.
  if (isAttestation(manifest)) {
    return { tags, publishedTags, content: { kind: 'leftover' }, manifest: undefined, labels: {} }
  }
  const labels = await readLabels(registry, manifest)
  return {
    tags,
    publishedTags,
    content: { kind: 'image', revision: labels[REVISION_LABEL] },
    manifest,
    labels,
  }
}
