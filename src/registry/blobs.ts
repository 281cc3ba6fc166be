import { knownFailure } from '../errors.ts'
import { type Backoff, shortBackoff } from '../http/retry.ts'
import type { HttpResponse } from '../http/transport.ts'
import { unusable } from './answer.ts'
import type { Asker } from './connection.ts'
import { unlessThere, WRITTEN } from './put.ts'
import { byDigest, type Digest, digestOf, imageName } from './reference.ts'

/** The digest is computed, not believed. */
export async function getBlob(registry: Asker, digest: Digest): Promise<Buffer> {
  const what = byDigest(registry.repository, digest)
  const { body } = await registry.ask({ method: 'GET', path: `blobs/${digest}`, what, expects: [200] })
  const actual = digestOf(body, digest)
  if (actual !== digest) throw unusable(what, `its digest is ${actual}`)
  return body
}

/** Unless it is there: distribution-spec v1.1.1, "Pushing a blob monolithically". */
export async function putBlob(registry: Asker, bytes: Buffer): Promise<Digest> {
  const digest = digestOf(bytes)
  const what = byDigest(registry.repository, digest)
  const isThere = async (backoff?: Backoff) => {
    const head = { method: 'HEAD', path: `blobs/${digest}`, what, expects: [200, 404] } as const
    return (await registry.ask(head, backoff)).status === 200
  }
  if (await isThere()) return digest
  const path = locationIn(await registry.ask({ ...UPLOAD, what }))
  if (path === undefined) throw unusable(what, 'it does not say where to upload it')
  // The rest stays as it is: it may be signed.
  path.search += `${path.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`
  const headers = { 'content-type': 'application/octet-stream' }
  const put = registry.ask({ method: 'PUT', path, headers, body: bytes, what, expects: WRITTEN })
  await unlessThere(put, () => isThere(shortBackoff))
  return digest
}

/** By an upload that is begun and cancelled: "Pushing a blob in chunks". */
export async function requireWritable(registry: Asker) {
  const what = imageName(registry.repository)
  const begun = await registry.ask({ ...UPLOAD, what })
  const path = locationIn(begun)
  const uploads = new URL(`/v2/${registry.repository.path}/blobs/uploads/`, begun.url).href
  // It ends by itself, too: there, elsewhere, and where a token for pull and push may not cancel it.
  const cancel = { method: 'DELETE', what, expects: [204, 401, 403, 404, 405], keepsToken: true } as const
  if (path?.href.startsWith(uploads))
    await registry.ask({ ...cancel, path }, shortBackoff).catch(knownFailure)
}

const UPLOAD = { method: 'POST', path: 'blobs/uploads/', expects: [202] } as const

function locationIn({ headers: { location }, url }: HttpResponse) {
  return location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : undefined
}
