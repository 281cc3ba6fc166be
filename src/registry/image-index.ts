import { ReleaseError } from '../errors.ts'
import type { Manifest } from './client.ts'
import { type Digest, isDigest } from './reference.ts'

/** A field of what came from outside. */
export const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** JSON that a registry has. Throws `registry-unreadable` with `what` if it is none. */
export const parse = (bytes: Buffer, what: string): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new ReleaseError('registry-unreadable', {
      what: `${what} is not JSON.`,
      wayOut: 'Nothing was written. Look at what is published there, or set on-existing.',
      cause: error,
    })
  }
}

export const isIndex = (mediaType: string): boolean =>
  mediaType.includes('image.index') || mediaType.includes('manifest.list')

/**
 * The manifests of an index that are images. BuildKit puts attestations beside them, which it marks by an
 * annotation and by an unknown platform.
 */
export const imagesIn = (index: unknown): Digest[] => {
  const manifests = field(index, 'manifests')
  if (!Array.isArray(manifests)) return []
  return manifests
    .filter((entry: unknown) => {
      const attestation = field(field(entry, 'annotations'), 'vnd.docker.reference.type')
      return attestation === undefined && field(field(entry, 'platform'), 'os') !== 'unknown'
    })
    .map((entry: unknown) => field(entry, 'digest'))
    .filter(isDigest)
}

/**
 * Whether a manifest is an attestation, which BuildKit puts beside the images of an index: all that it holds are
 * in-toto statements.
 */
export const isAttestation = ({ bytes, digest }: Manifest): boolean => {
  const layers = field(parse(bytes, digest), 'layers')
  return (
    Array.isArray(layers) &&
    layers.length > 0 &&
    layers.every((layer: unknown) => field(layer, 'mediaType') === 'application/vnd.in-toto+json')
  )
}

/** Whether an index names a manifest, be it an image or an attestation. */
export const names = ({ bytes, digest }: Manifest, part: Digest): boolean => {
  const manifests = field(parse(bytes, digest), 'manifests')
  return Array.isArray(manifests) && manifests.some((entry: unknown) => field(entry, 'digest') === part)
}
