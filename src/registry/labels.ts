import { field } from '../json.ts'
import { oneLine } from '../text.ts'
import type { Manifest, RegistryClient } from './client.ts'
import { imagesIn, isIndex, parseStored } from './image-index.ts'
import { byDigest, type Digest, isDigest } from './reference.ts'

/** The label that names the commit that an image was built from: image-spec v1.1, annotations.md. */
export const REVISION_LABEL = 'org.opencontainers.image.revision'

/** The label that names the repository of that commit. */
export const SOURCE_LABEL = 'org.opencontainers.image.source'

/** Where the repository of the Dockerfile is another one than that of the git tag: its address, and its commit. */
export const CONTEXT_SOURCE_LABEL = 'io.github.dmwm.stable-release.context.source'
export const CONTEXT_REVISION_LABEL = 'io.github.dmwm.stable-release.context.revision'

/** The labels of an image, by name. */
export type Labels = Readonly<Record<string, string>>

/** The labels among what came from outside, each as one line; one that is no text, or empty, is none. */
const labelsIn = (labels: unknown): Labels =>
  typeof labels === 'object' && labels !== null
    ? Object.fromEntries(
        Object.entries(labels).flatMap(([name, value]) =>
          typeof value === 'string' && value !== '' ? [[name, oneLine(value)]] : [],
        ),
      )
    : {}

/** The labels of an image for one platform; of anything else, or if it is gone, none. */
const labelsOf = async (registry: RegistryClient, manifest: Manifest | undefined): Promise<Labels> => {
  if (manifest === undefined || isIndex(manifest.mediaType)) return {}
  const what = (digest: Digest): string => byDigest(registry.repository, digest)
  const config = field(parseStored(manifest.bytes, what(manifest.digest)), 'config', 'digest')
  if (!isDigest(config)) return {}
  return labelsIn(field(parseStored(await registry.getBlob(config), what(config)), 'config', 'Labels'))
}

/**
 * The labels of a published image, of each of its platforms.
 *
 * Throws `registry-unreadable` and the other errors of reading.
 */
export const readAllLabels = async (
  registry: RegistryClient,
  published: Manifest,
): Promise<readonly Labels[]> => {
  if (!isIndex(published.mediaType)) return [await labelsOf(registry, published)]
  const images = imagesIn(parseStored(published.bytes, byDigest(registry.repository, published.digest)))
  return Promise.all(images.map(async image => labelsOf(registry, await registry.getManifest(image))))
}

/**
 * The labels of a published image. Of an index, its first image is looked at: they were all built at once.
 *
 * Throws `registry-unreadable` and the other errors of reading.
 */
export const readLabels = async (registry: RegistryClient, published: Manifest): Promise<Labels> => {
  if (!isIndex(published.mediaType)) return labelsOf(registry, published)
  const [first] = imagesIn(parseStored(published.bytes, byDigest(registry.repository, published.digest)))
  return first === undefined ? {} : labelsOf(registry, await registry.getManifest(first))
}
