import { type Backoff, shortBackoff } from '../http/retry.ts'
import type { HttpResponse } from '../http/transport.ts'
import { unreadable, unusable } from './answer.ts'
import type { ConnectionOptions } from './authorization.ts'
import { getBlob, putBlob, requireWritable, unlessThere } from './blobs.ts'
import { type Asker, type Question, RegistryConnection } from './connection.ts'
import { MANIFEST_MEDIA_TYPES } from './media-types.ts'
import { listReferrers, listTags } from './pages.ts'
import { byDigest, type Digest, digestOf, isDigest, type TagState, tagged } from './reference.ts'

export { digestOf } from './reference.ts'

/** As the registry stores it: the bytes are never parsed and written again. */
export interface Manifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Buffer
}

interface ClientOptions {
  /** Whether no manifest is asked for by GET: at Harbor that is a pull, and what is pulled lives longer. */
  readonly headOnly?: boolean
  readonly backoff?: Backoff | undefined
}

/** The manifests, blobs and tags of one repository, by the distribution API. */
export class RegistryClient implements Asker {
  readonly #connection: Asker
  readonly #headOnly: boolean
  readonly #backoff: Backoff | undefined

  constructor(options: (ConnectionOptions | { readonly connection: Asker }) & ClientOptions) {
    this.#connection = 'connection' in options ? options.connection : new RegistryConnection(options)
    this.#headOnly = options.headOnly ?? false
    this.#backoff = options.backoff
  }

  get repository() {
    return this.#connection.repository
  }

  withBackoff(backoff: Backoff): RegistryClient {
    return new RegistryClient({ connection: this.#connection, headOnly: this.#headOnly, backoff })
  }

  ask(question: Question, backoff = this.#backoff): Promise<HttpResponse> {
    return this.#connection.ask(question, backoff)
  }

  /** What a tag has, by HEAD; by GET where that is refused or gives no digest, unless `headOnly` forbids it. */
  async headTag(tag: string): Promise<TagState> {
    const { status, headers } = await this.#head(tag, this.#headOnly ? [] : UNEXPLAINED)
    const digest = headers['docker-content-digest']
    if (status === 404) return { kind: 'absent' }
    if (status === 200 && isDigest(digest)) return { kind: 'present', digest }
    if (this.#headOnly)
      throw unreadable(
        `The registry has ${this.#nameOf(tag)}, and does not say which image it is: its answer to HEAD has no Docker-Content-Digest.`,
        'Run release or promote, which read the image; to read it here would count as a pull.',
      )
    const manifest = await this.getManifest(tag)
    return manifest === undefined ? { kind: 'absent' } : { kind: 'present', digest: manifest.digest }
  }

  /** What a manifest is, by HEAD of its digest. The size is not a number if the registry does not say. */
  async headManifest(digest: Digest): Promise<{ mediaType: string; size: number } | undefined> {
    const { status, headers } = await this.#head(digest)
    if (status === 404) return undefined
    const said = headers['docker-content-digest'] ?? digest
    if (said !== digest) throw unusable(this.#nameOf(digest), `it announced ${said}`)
    return { mediaType: mediaTypeIn(headers), size: Number(headers['content-length'] ?? Number.NaN) }
  }

  async hasManifest(digest: Digest): Promise<boolean> {
    return (await this.headManifest(digest)) !== undefined
  }

  /** GET of a manifest by tag or digest, or nothing if it is not there. Its digest is computed, not believed. */
  async getManifest(reference: string): Promise<Manifest | undefined> {
    const manifest = this.#manifest(reference)
    const { status, headers, body } = await this.ask({ method: 'GET', ...manifest, expects: [200, 404] })
    if (status === 404) return undefined
    const said = isDigest(reference) ? reference : headers['docker-content-digest']
    const digest = digestOf(body, isDigest(said) ? said : undefined)
    if (isDigest(said) && said !== digest)
      throw unusable(manifest.what, `it announced ${said}, and what came has the digest ${digest}`)
    const mediaType = mediaTypeIn(headers)
    if (!MANIFEST_MEDIA_TYPES.includes(mediaType))
      throw unusable(manifest.what, `its media type ${JSON.stringify(mediaType)} is not that of a manifest`)
    return { digest, mediaType, bytes: body }
  }

  /** PUT of a manifest's bytes. Gives back what the registry says it refers to: "Pushing Manifests with Subject". */
  async putManifest(
    reference: string,
    { mediaType, bytes }: Omit<Manifest, 'digest'>,
  ): Promise<string | undefined> {
    const manifest = { ...this.#manifest(reference), headers: { 'content-type': mediaType }, body: bytes }
    const put = this.ask({ method: 'PUT', ...manifest, expects: [201] })
    const answer = await unlessThere(put, async () => {
      const short = this.withBackoff(shortBackoff)
      if (isDigest(reference)) return short.hasManifest(reference)
      const state = await short.headTag(reference)
      return state.kind === 'present' && state.digest === digestOf(bytes, state.digest)
    })
    const subject = answer?.headers['oci-subject']
    return typeof subject === 'string' ? subject : undefined
  }

  #head(reference: string, more: readonly number[] = []): Promise<HttpResponse> {
    return this.ask({ method: 'HEAD', ...this.#manifest(reference), expects: [200, 404, ...more] })
  }

  #manifest(reference: string) {
    const headers = { accept: MANIFEST_MEDIA_TYPES.join(', ') }
    return { path: `manifests/${reference}`, headers, what: this.#nameOf(reference) }
  }

  #nameOf(reference: string): string {
    return isDigest(reference) ? byDigest(this.repository, reference) : tagged(this.repository, reference)
  }

  getBlob(digest: Digest): Promise<Buffer> {
    return getBlob(this, digest)
  }

  putBlob(bytes: Buffer): Promise<Digest> {
    return putBlob(this, bytes)
  }

  requireWritable(): Promise<void> {
    return requireWritable(this)
  }

  listTags(): Promise<string[]> {
    return listTags(this)
  }

  listReferrers(digest: Digest, artifactType: string): Promise<readonly unknown[] | 'unsupported'> {
    return listReferrers(this, digest, artifactType)
  }
}

/** Refusals of a HEAD, which has no body that would say why: a GET tells. */
const UNEXPLAINED = [400, 403, 405, 412]

function mediaTypeIn(headers: HttpResponse['headers']): string {
  return headers['content-type']?.split(';')[0]?.trim() ?? ''
}
