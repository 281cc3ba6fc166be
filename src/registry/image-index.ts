import { ReleaseError } from '../errors.ts'
import { field } from '../json.ts'
import type { Manifest } from './client.ts'
import { IN_TOTO } from './media-types.ts'
import { type Digest, isDigest } from './reference.ts'

/** JSON that a registry has. Throws `registry-unreadable` with `what` if it is none. */
export const parseStored = (bytes: Buffer, what: string): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new ReleaseError('registry-unreadable', {
      what: `${what} is not JSON.`,
      remedy: 'Nothing was written. Look at what is published there, or set on-existing.',
      cause: error,
    })
  }
}

export const isIndex = (mediaType: string): boolean =>
  mediaType.includes('image.index') || mediaType.includes('manifest.list')

/** The media types of the config of an image. */
const IMAGE_CONFIGS: readonly unknown[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]

/** What artifacts say that they are, and images do not; or they say that they are an image. */
const isArtifact = (value: unknown): boolean => {
  const type = field(value, 'artifactType')
  return type !== undefined && !IMAGE_CONFIGS.includes(type)
}

const isManifest = (mediaType: unknown): boolean =>
  typeof mediaType === 'string' &&
  (isIndex(mediaType) || mediaType.includes('image.manifest') || mediaType.includes('distribution.manifest'))

/**
 * The manifests of an index that are images. BuildKit puts attestations beside them, which it marks by an
 * annotation and by an unknown platform, and lists the layers of a cache as an index lists manifests.
 */
export const imagesIn = (index: unknown): Digest[] => {
  const manifests = field(index, 'manifests')
  if (!Array.isArray(manifests)) return []
  return manifests
    .filter((entry: unknown) => {
      const attestation = field(entry, 'annotations', 'vnd.docker.reference.type')
      const isUnknown = field(entry, 'platform', 'os') === 'unknown'
      return (
        attestation === undefined && !isUnknown && isManifest(field(entry, 'mediaType')) && !isArtifact(entry)
      )
    })
    .map((entry: unknown) => field(entry, 'digest'))
    .filter(isDigest)
}

/** Statements about an image: in-toto's, bare or in an envelope, and the signatures of cosign. */
const STATEMENTS: readonly unknown[] = [
  IN_TOTO,
  'application/vnd.dsse.envelope.v1+json',
  'application/vnd.dev.cosign.simplesigning.v1+json',
]

/** Whether all that a manifest holds is of some media types. */
const holdsOnly = (manifest: unknown, mediaTypes: readonly unknown[]): boolean => {
  const layers = field(manifest, 'layers')
  return (
    Array.isArray(layers) &&
    layers.length > 0 &&
    layers.every((layer: unknown) => mediaTypes.includes(field(layer, 'mediaType')))
  )
}

/**
 * Whether a manifest is an attestation, which BuildKit puts beside the images of an index: all that it holds are
 * in-toto statements.
 */
export const isAttestation = ({ bytes, digest }: Manifest): boolean =>
  holdsOnly(parseStored(bytes, digest), [IN_TOTO])

/**
 * Whether a manifest is that of an image, or of an index with at least one: not a cache, an attestation, a signature or
 * another artifact.
 */
export const isImage = ({ bytes, digest, mediaType }: Manifest): boolean => {
  const manifest = parseStored(bytes, digest)
  if (isArtifact(manifest)) return false
  if (isIndex(mediaType)) return imagesIn(manifest).length > 0
  // The config of a signature or of an attestation may be that of an image.
  return IMAGE_CONFIGS.includes(field(manifest, 'config', 'mediaType')) && !holdsOnly(manifest, STATEMENTS)
}

/** Whether an index names a manifest, be it an image or an attestation. */
export const listsManifest = ({ bytes, digest }: Manifest, part: Digest): boolean => {
  const manifests = field(parseStored(bytes, digest), 'manifests')
  return Array.isArray(manifests) && manifests.some((entry: unknown) => field(entry, 'digest') === part)
}
