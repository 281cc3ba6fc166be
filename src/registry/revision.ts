import type { Manifest, RegistryClient } from './client.ts'
import { field, imagesIn, isIndex, parse } from './image-index.ts'
import { byDigest, type Digest, isDigest } from './reference.ts'

/** The label that names the commit that an image was built from: image-spec v1.1, annotations.md. */
export const REVISION_LABEL = 'org.opencontainers.image.revision'

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
    const [first] = imagesIn(parse(manifest.bytes, what(manifest.digest)))
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
