import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** A registry that has nothing, and lets an upload begin. */
export const emptyRegistry: RequestListener = ({ method, url = '' }, response) =>
  response.writeHead(url === '/v2/' ? 200 : method === 'POST' ? 202 : 404).end()

/** A registry that has one image, whose label names a revision, under every tag but stable ones, and takes no image. */
export const registryWith = (revision: string): RequestListener => {
  const labels = {
    'org.opencontainers.image.revision': revision,
    'org.opencontainers.image.source': 'https://github.com/dmwm/WMCore',
  }
  const config = JSON.stringify({ config: { Labels: labels } })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: [],
  })
  return ({ method, url = '' }, response) => {
    if (url.endsWith('/blobs/uploads/') && method === 'POST') return void response.writeHead(202).end()
    if (url.includes('/blobs/')) return void response.end(config)
    if (!url.includes('/manifests/') || url.endsWith('-stable')) {
      return void response.writeHead(url === '/v2/' ? 200 : 404).end()
    }
    response
      .writeHead(200, { 'content-type': MANIFEST, 'docker-content-digest': digestOf(manifest) })
      .end(method === 'HEAD' ? undefined : manifest)
  }
}
