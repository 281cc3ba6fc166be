import { ReleaseError } from '../errors.ts'
import type { Manifest, RegistryClient } from './client.ts'
import { byDigest, type Digest, isDigest } from './reference.ts'

/** The label that names the commit that an image was built from: image-spec v1.1, annotations.md. */
export const REVISION_LABEL = 'org.opencontainers.image.revision'

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

const parse = (bytes: Buffer, what: string): unknown => {
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

const isIndex = (mediaType: string): boolean =>
  mediaType.includes('image.index') || mediaType.includes('manifest.list')

/**
 * The manifests of an index that are images. BuildKit puts attestations beside them, which it marks by an
 * annotation and by an unknown platform.
 */
const images = (index: unknown): Digest[] => {
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

/**
 * The commit that a published image says it was built from, or nothing if it does not say. Of an index, its
 * first image is looked at: they were all built at once.
 *
 * Throws `registry-unreadable` and the other errors of reading.
 */
export const readRevision = async (
  registry: RegistryClient,
  published: Manifest,
): Promise<string | undefined> => {
  const what = (digest: Digest): string => byDigest(registry.repository, digest)
  let manifest = published
  if (isIndex(manifest.mediaType)) {
    const [first] = images(parse(manifest.bytes, what(manifest.digest)))
    const image = first === undefined ? undefined : await registry.getManifest(first)
    if (image === undefined || isIndex(image.mediaType)) return undefined
    manifest = image
  }
  const config = field(field(parse(manifest.bytes, what(manifest.digest)), 'config'), 'digest')
  if (!isDigest(config)) return undefined
  const labels = field(field(parse(await registry.getBlob(config), what(config)), 'config'), 'Labels')
  const revision = field(labels, REVISION_LABEL)
  return typeof revision === 'string' && revision !== '' ? revision : undefined
}
