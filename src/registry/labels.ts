import { field } from '../json.ts'
import { oneLine } from '../text.ts'
import type { Manifest, RegistryClient } from './client.ts'
import { imagesIn, isIndex, parseStored } from './image-index.ts'
import { byDigest, type Digest, isDigest } from './reference.ts'

/** The commit that an image was built from, and its repository: image-spec v1.1, annotations.md. */
export const REVISION_LABEL = 'org.opencontainers.image.revision'
export const SOURCE_LABEL = 'org.opencontainers.image.source'

/** The Dockerfile's repository and commit, where they are not those of the git tag. */
export const CONTEXT_SOURCE_LABEL = 'io.github.dmwm.stable-release.context.source'
export const CONTEXT_REVISION_LABEL = 'io.github.dmwm.stable-release.context.revision'

export type Labels = Readonly<Record<string, string>>

/** Of each platform of an image. */
export function readAllLabels(registry: RegistryClient, published: Manifest): Promise<readonly Labels[]> {
  return Promise.all(imagesOf(registry, published).map(image => labelsOf(registry, image)))
}

/** Of the first platform of an image. */
export async function readLabels(registry: RegistryClient, published: Manifest): Promise<Labels> {
  return labelsOf(registry, imagesOf(registry, published)[0])
}

function imagesOf(registry: RegistryClient, published: Manifest): readonly (Manifest | Digest)[] {
  if (!isIndex(published.mediaType)) return [published]
  return imagesIn(parseStored(published.bytes, byDigest(registry.repository, published.digest)))
}

async function labelsOf(registry: RegistryClient, image: Manifest | Digest | undefined): Promise<Labels> {
  const manifest = typeof image === 'string' ? await registry.getManifest(image) : image
  if (manifest === undefined || isIndex(manifest.mediaType)) return {}
  const what = byDigest(registry.repository, manifest.digest)
  const digest = field(parseStored(manifest.bytes, what), 'config', 'digest')
  if (!isDigest(digest)) return {}
  const config = parseStored(await registry.getBlob(digest), `The config of ${what}`)
  const labels = Object.entries(field(config, 'config', 'Labels') ?? {})
  const texts = labels.filter(([, value]) => typeof value === 'string' && value !== '')
  return Object.fromEntries(texts.map(([name, value]) => [name, oneLine(value)]))
}
