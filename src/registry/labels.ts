import { field } from '../json.ts'
import { oneLine } from '../text.ts'
import type { Manifest, RegistryClient } from './client.ts'
import { imagesIn, isIndex, parseStored } from './image-index.ts'
import { byDigest, isDigest } from './reference.ts'

/** The commit that an image was built from, and its repository: image-spec v1.1, annotations.md. */
export const REVISION_LABEL = 'org.opencontainers.image.revision'
export const SOURCE_LABEL = 'org.opencontainers.image.source'

/** The Dockerfile's repository and commit, where they are not those of the git tag. */
export const CONTEXT_SOURCE_LABEL = 'io.github.dmwm.stable-release.context.source'
export const CONTEXT_REVISION_LABEL = 'io.github.dmwm.stable-release.context.revision'

export type Labels = Readonly<Record<string, string>>

/** The labels of a published image, of each of its platforms. */
export function readAllLabels(registry: RegistryClient, published: Manifest): Promise<readonly Labels[]> {
  return Promise.all(imagesOf(registry, published).map(async read => labelsOf(registry, await read())))
}

/** The labels of a published image; of an index, those of its first image. */
export async function readLabels(registry: RegistryClient, published: Manifest): Promise<Labels> {
  return labelsOf(registry, await imagesOf(registry, published)[0]?.())
}

function imagesOf(registry: RegistryClient, published: Manifest): (() => Promise<Manifest | undefined>)[] {
  if (!isIndex(published.mediaType)) return [async () => published]
  const index = parseStored(published.bytes, byDigest(registry.repository, published.digest))
  return imagesIn(index).map(image => () => registry.getManifest(image))
}

async function labelsOf(registry: RegistryClient, manifest: Manifest | undefined): Promise<Labels> {
  if (manifest === undefined || isIndex(manifest.mediaType)) return {}
  const what = byDigest(registry.repository, manifest.digest)
  const config = field(parseStored(manifest.bytes, what), 'config', 'digest')
  if (!isDigest(config)) return {}
  const image = parseStored(await registry.getBlob(config), `The config of ${what}`)
  const labels = Object.entries(field(image, 'config', 'Labels') ?? {})
  const texts = labels.filter(([, value]) => typeof value === 'string' && value !== '')
  return Object.fromEntries(texts.map(([name, value]) => [name, oneLine(value)]))
}
