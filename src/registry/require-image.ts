import { ReleaseError } from '../errors.ts'
import type { Manifest, RegistryClient } from './client.ts'
import { isAttestation, isImage } from './image-index.ts'
import { byDigest, type Digest, tagged } from './reference.ts'

/** Throws `not-published`. */
export async function requireImage(registry: RegistryClient, digest: Digest): Promise<Manifest> {
  const reference = byDigest(registry.repository, digest)
  return requireIsImage((await registry.getManifest(digest)) ?? throwGone(reference), reference)
}

export async function requireTaggedImage(registry: RegistryClient, tag: string, digest: Digest) {
  return requireIsImage(await requireTagged(registry, tag, digest), byDigest(registry.repository, digest))
}

/**
 * Read and hashed: HEAD is not enough to write something. Throws `not-published` if it is gone, `not-as-planned` if it is not
 * what HEAD said.
 */
export async function requireTagged(registry: RegistryClient, tag: string, digest: Digest) {
  const reference = tagged(registry.repository, tag)
  const manifest = (await registry.getManifest(tag)) ?? throwGone(reference)
  if (manifest.digest === digest) return manifest
  throw new ReleaseError('not-as-planned', {
    what: `The registry said that ${reference} is ${digest}, and the image there is ${manifest.digest}.`,
    remedy: 'Find out what else writes this tag, then run it again; if nothing does, contact the registry.',
  })
}

function throwGone(reference: string): never {
  throw new ReleaseError('not-published', {
    what: `${reference} was in the registry a moment ago, and is gone.`,
    remedy: 'Find out what deletes images in the registry; then run it again.',
  })
}

/** Throws `not-published` for an attestation or another artifact. `settles` is the remedy, if it is not published. */
export function requireIsImage(manifest: Manifest, reference: string, settles?: string): Manifest {
  if (isImage(manifest)) return manifest
  const [is, remedy] = isAttestation(manifest)
    ? [
        'an attestation: a push was interrupted there',
        'Run release again, with on-existing: same-revision, which publishes the image.',
      ]
    : [
        'a cache or another artifact',
        'Find out what writes it there, such as an option --cache-to; then release a new version, or set on-existing: overwrite.',
      ]
  const what = `${reference} is not an image, but ${is}.`
  throw new ReleaseError('not-published', { what, remedy: settles ?? remedy })
}
