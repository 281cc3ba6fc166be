/** Images that come into a registry without an engine, and without the client that is tested. */
import { createHash, randomUUID } from 'node:crypto'
import type { Registry } from '../../sandbox/registry.ts'

const OCI = 'application/vnd.oci.image'
const DOCKER = 'application/vnd.docker'

const kinds = {
  'OCI manifest': {
    manifest: `${OCI}.manifest.v1+json`,
    config: `${OCI}.config.v1+json`,
    layer: `${OCI}.layer.v1.tar`,
  },
  'OCI index': {
    index: `${OCI}.index.v1+json`,
    manifest: `${OCI}.manifest.v1+json`,
    config: `${OCI}.config.v1+json`,
    layer: `${OCI}.layer.v1.tar`,
  },
  'Docker manifest': {
    manifest: `${DOCKER}.distribution.manifest.v2+json`,
    config: `${DOCKER}.container.image.v1+json`,
    layer: `${DOCKER}.image.rootfs.diff.tar`,
  },
  'Docker manifest list': {
    index: `${DOCKER}.distribution.manifest.list.v2+json`,
    manifest: `${DOCKER}.distribution.manifest.v2+json`,
    config: `${DOCKER}.container.image.v1+json`,
    layer: `${DOCKER}.image.rootfs.diff.tar`,
  },
} as const

export type Kind = keyof typeof kinds
export const KINDS = Object.keys(kinds) as Kind[]

/** The four media types of manifests. */
export const mediaTypeOf = (kind: Kind): string => {
  const types = kinds[kind]
  return 'index' in types ? types.index : types.manifest
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const describe = (mediaType: string, bytes: Buffer): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})
/** JSON as no serialiser writes it by itself: a copy that was parsed and written anew has other bytes. */
const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 3)}\n\n`)

const accepted = async (response: Response, status: number): Promise<Response> => {
  if (response.status === status) return response
  throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`)
}

/** What BuildKit puts where the config of an image would be, into a cache that it keeps in a registry. */
export const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0'

const REVISION = 'org.opencontainers.image.revision'

export interface Seed {
  readonly kind?: Kind
  /** The commit in the label of the revision; no label without it. */
  readonly revision?: string
  /** Further labels. */
  readonly labels?: Readonly<Record<string, string>>
  /** The media type of the config; without it, that of an image. */
  readonly config?: string
}

/** Publishes an image that no other is like, and gives back its digest. */
export const seed = async (
  registry: Pick<Registry, 'url'>,
  repository: string,
  tag: string,
  { kind = 'OCI manifest', revision, labels = {}, config: configType }: Seed = {},
): Promise<string> => {
  const types = kinds[kind]
  const base = `${registry.url}/v2/${repository}`
  const blob = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const descriptor = describe(mediaType, bytes)
    const begun = await accepted(await fetch(`${base}/blobs/uploads/`, { method: 'POST' }), 202)
    const location = new URL(begun.headers.get('location') ?? '', registry.url)
    location.searchParams.set('digest', descriptor.digest)
    await accepted(await fetch(location, { method: 'PUT', body: new Uint8Array(bytes) }), 201)
    return descriptor
  }
  const put = async (reference: string, mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const body = new Uint8Array(bytes)
    const headers = { 'Content-Type': mediaType }
    await accepted(await fetch(`${base}/manifests/${reference}`, { method: 'PUT', headers, body }), 201)
    return describe(mediaType, bytes)
  }
  const image = async (labels: Seed['labels'], layerType: string = types.layer): Promise<Buffer> => {
    const layer = await blob(layerType, Buffer.from(randomUUID()))
    const platform = { architecture: 'amd64', os: 'linux' }
    const rootfs = { type: 'layers', diff_ids: [layer.digest] }
    const config = await blob(
      configType ?? types.config,
      json({ ...platform, config: { Labels: labels }, rootfs }),
    )
    return json({ schemaVersion: 2, mediaType: types.manifest, config, layers: [layer] })
  }

  const revisionLabel = revision === undefined ? { other: 'label' } : { [REVISION]: revision }
  const bytes = await image({ ...labels, ...revisionLabel })
  if (!('index' in types)) return (await put(tag, types.manifest, bytes)).digest
  const manifest = await put(digestOf(bytes), types.manifest, bytes)
  // As BuildKit puts attestations beside images; here it comes first, and bears a wrong revision.
  const statement = await image({ [REVISION]: 'of the attestation' }, 'application/vnd.in-toto+json')
  const attestation = await put(digestOf(statement), types.manifest, statement)
  const annotations = {
    'vnd.docker.reference.digest': manifest.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  }
  const index = json({
    schemaVersion: 2,
    mediaType: types.index,
    manifests: [
      { ...attestation, annotations, platform: { architecture: 'unknown', os: 'unknown' } },
      { ...manifest, platform: { architecture: 'amd64', os: 'linux' } },
    ],
  })
  return (await put(tag, types.index, index)).digest
}
