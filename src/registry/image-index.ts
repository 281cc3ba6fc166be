import { field, parseJson } from '../json.ts'
import { unreadable } from './answer.ts'
import type { Manifest } from './client.ts'
import { IN_TOTO, MANIFEST_MEDIA_TYPES } from './media-types.ts'
import { type Digest, isDigest } from './reference.ts'

/** Throws `registry-unreadable`. */
export function parseStored(bytes: Buffer, what: string): unknown {
  const value = parseJson(bytes.toString())
  if (value === undefined) throw unreadable(`${what} is not JSON.`, 'Inspect that image, or set on-existing.')
  return value
}

export function isIndex(mediaType: string) {
  return /image\.index|manifest\.list/.test(mediaType)
}

/** BuildKit lists attestations and the layers of a cache there, too. */
export function imagesIn(index: unknown): Digest[] {
  return imageEntries(index)
    .map(entry => field(entry, 'digest'))
    .filter(isDigest)
}

/** Such as `linux/arm64`; nothing for an image that is in no index. */
export function platformsIn({ bytes, digest }: Manifest): string[] {
  const platforms = imageEntries(parseStored(bytes, digest)).map(entry =>
    ['os', 'architecture', 'variant'].map(name => field(entry, 'platform', name)),
  )
  return platforms.map(parts => parts.filter(part => typeof part === 'string').join('/')).filter(Boolean)
}

function imageEntries(index: unknown) {
  return listedIn(index, 'manifests').filter(entry => {
    const isMarked = field(entry, 'annotations', 'vnd.docker.reference.type') !== undefined
    const isUnknown = field(entry, 'platform', 'os') === 'unknown'
    const isManifest = MANIFEST_MEDIA_TYPES.includes(field(entry, 'mediaType'))
    return isManifest && !isMarked && !isUnknown && !isArtifact(entry)
  })
}

export function listsManifest({ bytes, digest }: Manifest, part: Digest) {
  return listedIn(parseStored(bytes, digest), 'manifests').some(entry => field(entry, 'digest') === part)
}

export function isAttestation({ bytes, digest }: Manifest) {
  return holdsOnly(parseStored(bytes, digest), [IN_TOTO])
}

/** Or an index with one: not a cache, a signature or another artifact. */
export function isImage({ bytes, digest, mediaType }: Manifest) {
  const manifest = parseStored(bytes, digest)
  if (isArtifact(manifest)) return false
  if (isIndex(mediaType)) return imagesIn(manifest).length > 0
  // A signature or an attestation may have an image's config.
  return IMAGE_CONFIGS.includes(field(manifest, 'config', 'mediaType')) && !holdsOnly(manifest, STATEMENTS)
}

const IMAGE_CONFIGS: readonly unknown[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]

/** in-toto's, bare or in an envelope, and cosign's signatures. */
const STATEMENTS: readonly unknown[] = [
  IN_TOTO,
  'application/vnd.dsse.envelope.v1+json',
  'application/vnd.dev.cosign.simplesigning.v1+json',
]

function isArtifact(value: unknown) {
  const type = field(value, 'artifactType')
  return type !== undefined && !IMAGE_CONFIGS.includes(type)
}

function holdsOnly(manifest: unknown, mediaTypes: readonly unknown[]) {
  const layers = listedIn(manifest, 'layers')
  return layers.length > 0 && layers.every(layer => mediaTypes.includes(field(layer, 'mediaType')))
}

function listedIn(manifest: unknown, name: 'manifests' | 'layers') {
  const entries = field(manifest, name)
  return Array.isArray(entries) ? entries : []
}
