import { repositoryAt } from '../git/remote.ts'
import { field } from '../json.ts'
import { oneLine } from '../text.ts'
import type { Manifest, RegistryClient } from './client.ts'
import { imagesIn, isIndex, parseStored, platformsIn } from './image-index.ts'
import { byDigest, type Digest, isDigest } from './reference.ts'

/** image-spec v1.1, annotations.md. */
export const REVISION_LABEL = 'org.opencontainers.image.revision'
export const SOURCE_LABEL = 'org.opencontainers.image.source'

/** Those of the Dockerfile, where they are not the git tag's. */
export const CONTEXT_SOURCE_LABEL = 'io.github.dmwm.stable-release.context.source'
export const CONTEXT_REVISION_LABEL = 'io.github.dmwm.stable-release.context.revision'

export type Labels = Readonly<Record<string, string>>

/** What an image was built from. `dockerfile`: the commit of another repository that has it; `platforms`: of an index. */
export interface ImageContent {
  readonly commit?: { readonly sha: string; readonly url: string | undefined } | undefined
  readonly dockerfile?: ImageContent['commit']
  readonly platforms?: readonly string[] | undefined
}

export function imageContent(labels: Labels, manifest?: Manifest): ImageContent {
  const commitIn = (revision: string, source: string) => {
    const { [revision]: sha, [source]: address = '' } = labels
    const repository = repositoryAt(address)
    const url = repository && `https://${repository}/commit/${sha}`
    return sha === undefined ? undefined : { sha, url }
  }
  return {
    commit: commitIn(REVISION_LABEL, SOURCE_LABEL),
    dockerfile: commitIn(CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL),
    platforms: manifest && platformsIn(manifest),
  }
}

/** Of lines `NAME=value`. */
export function parseLabels(lines: readonly string[]): Labels {
  return Object.fromEntries(lines.map(line => [line.replace(/=.*/s, ''), line.replace(/^.*?=/s, '')]))
}

/** Of each platform of an image, or of so many. */
export function readLabels(registry: RegistryClient, published: Manifest, most?: number) {
  const what = byDigest(registry.repository, published.digest)
  const images = isIndex(published.mediaType) ? imagesIn(parseStored(published.bytes, what)) : [published]
  return Promise.all(images.slice(0, most).map(image => labelsOf(registry, image)))
}

async function labelsOf(registry: RegistryClient, image: Manifest | Digest) {
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
