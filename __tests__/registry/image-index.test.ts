import { expect, test } from 'vitest'
import type { Manifest } from '../../src/registry/client.ts'
import { imagesIn, isAttestation, isImage, platformsIn } from '../../src/registry/image-index.ts'
import { digestOf } from '../../src/registry/reference.ts'

const OCI = 'application/vnd.oci.image'
const DOCKER = 'application/vnd.docker'
const CONFIG = `${OCI}.config.v1+json`
const LAYER = `${OCI}.layer.v1.tar+gzip`
const IN_TOTO = 'application/vnd.in-toto+json'
const COSIGN = 'application/vnd.dev.cosign.simplesigning.v1+json'
const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0'

const digest = `sha256:${'ab'.repeat(32)}`
const stored = (mediaType: string, content: object): Manifest => {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }))
  return { mediaType, bytes, digest: digestOf(bytes) }
}
const manifest = (config: string, layers: readonly string[], artifactType?: string): Manifest =>
  stored(`${OCI}.manifest.v1+json`, {
    artifactType,
    config: { mediaType: config, digest, size: 2 },
    layers: layers.map(mediaType => ({ mediaType, digest, size: 2 })),
  })
const index = (...manifests: object[]): Manifest =>
  stored(`${OCI}.index.v1+json`, { manifests: manifests.map(entry => ({ digest, size: 2, ...entry })) })

const MANIFEST = { mediaType: `${OCI}.manifest.v1+json` }
const LINUX = { ...MANIFEST, platform: { architecture: 'amd64', os: 'linux' } }
const ATTESTATION = {
  ...MANIFEST,
  platform: { architecture: 'unknown', os: 'unknown' },
  annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
}
const DOCKER_LIST = stored(`${DOCKER}.distribution.manifest.list.v2+json`, {
  manifests: [{ mediaType: `${DOCKER}.distribution.manifest.v2+json`, digest, size: 2 }],
})

test.each([
  { what: 'an OCI manifest', is: manifest(CONFIG, [LAYER]) },
  { what: "docker's manifest", is: manifest(`${DOCKER}.container.image.v1+json`, [LAYER]) },
  { what: 'one without layers', is: manifest(CONFIG, []) },
  { what: 'one with layers of its own kind', is: manifest(CONFIG, ['application/vnd.example.layer']) },
  { what: 'one with a statement among its layers', is: manifest(CONFIG, [IN_TOTO, LAYER]) },
  { what: 'one that says that it is an image', is: manifest(CONFIG, [LAYER], CONFIG) },
  { what: 'an index of one, with its attestation', is: index(LINUX, ATTESTATION) },
  { what: 'an index without platforms', is: index(MANIFEST) },
  { what: "docker's list", is: DOCKER_LIST },
  { what: 'an index of an index', is: index({ mediaType: `${OCI}.index.v1+json` }) },
])('an image is $what', ({ is }) => {
  expect([isImage(is), isAttestation(is)]).toEqual([true, false])
})

test.each([
  { what: 'a cache, as a manifest', is: manifest(CACHE_CONFIG, [LAYER]) },
  { what: 'a cache, as an index', is: index({ mediaType: LAYER }, { mediaType: CACHE_CONFIG }) },
  { what: 'an attestation', is: manifest(CONFIG, [IN_TOTO, IN_TOTO]), attestation: true },
  {
    what: 'one with an empty config',
    is: manifest('application/vnd.oci.empty.v1+json', [IN_TOTO], 'x/y'),
    attestation: true,
  },
  { what: 'a signature of cosign', is: manifest(CONFIG, [COSIGN]) },
  { what: 'a Helm chart', is: manifest('application/vnd.cncf.helm.config.v1+json', ['application/x-tar']) },
  { what: 'an artifact with the config of an image', is: manifest(CONFIG, [LAYER], 'x/y') },
  { what: 'an index without manifests', is: index() },
  { what: 'an index of attestations', is: index(ATTESTATION) },
  { what: 'an index of artifacts', is: index({ ...MANIFEST, artifactType: 'x/y' }) },
])('no image is $what', ({ is, attestation = false }) => {
  expect([isImage(is), isAttestation(is)]).toEqual([false, attestation])
})

test('the images of an index are its manifests that are no attestations', () => {
  const other = `sha256:${'cd'.repeat(32)}`
  expect(
    imagesIn({
      manifests: [
        { ...ATTESTATION, digest },
        { ...LINUX, digest: other },
      ],
    }),
  ).toEqual([other])
})

test('its platforms; an image that is in no index names none', () => {
  const arm = { ...MANIFEST, platform: { architecture: 'arm', os: 'linux', variant: 'v7' } }
  expect(platformsIn(index(LINUX, ATTESTATION, MANIFEST, arm))).toEqual(['linux/amd64', 'linux/arm/v7'])
  expect(platformsIn(manifest(`${OCI}.image.config.v1+json`, []))).toEqual([])
})
