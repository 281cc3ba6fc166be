import { type Backoff, shortBackoff } from '../http/retry.ts'
import type { HttpResponse } from '../http/transport.ts'
import { unreadable, unusable } from './answer.ts'
import type { ConnectionOptions } from './authorization.ts'
import { getBlob, putBlob, requireWritable } from './blobs.ts'
import { type Asker, connect, type Question } from './connection.ts'
import type { Credentials } from './credentials.ts'
import { MANIFEST_MEDIA_TYPES } from './media-types.ts'
import { listReferrers, listTags } from './pages.ts'
import { unlessThere, WRITTEN } from './put.ts'
import { type Digest, digestOf, isDigest, nameOf, type Repository, type TagState } from './reference.ts'

/** With the bytes that the registry stores. */
export interface Manifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Buffer
}

export class RegistryClient implements Asker {
  readonly repository: Repository
  readonly ask: Asker['ask']
  readonly origin: Asker['origin']
  readonly credentials: Credentials
  readonly #options: ConnectionOptions

  constructor(options: ConnectionOptions, { ask, origin } = connect(options)) {
    this.repository = options.repository
    this.credentials = options.credentials
    this.ask = ask
    this.origin = origin
    this.#options = options
  }

  withBackoff(backoff: Backoff) {
    const { ask, origin } = this
    return new RegistryClient(this.#options, { origin, ask: (question, own = backoff) => ask(question, own) })
  }

  /** By HEAD; by GET where that is refused or gives no digest, unless `access` is `pull`. */
  async headTag(tag: string): Promise<TagState> {
    const mayGet = this.#options.access === 'pull,push'
    const { status, headers } = await this.#ask('HEAD', tag, [200, 404, ...(mayGet ? UNEXPLAINED : [])])
    const digest = headers['docker-content-digest']
    if (status === 404) return { kind: 'absent' }
    if (status === 200 && isDigest(digest)) return { kind: 'present', digest }
    if (!mayGet)
      throw unreadable(
        `The registry does not say which image ${this.#nameOf(tag)} is: HEAD gives no Docker-Content-Digest.`,
        'Run release or promote, which read the image by GET.',
      )
    const manifest = await this.getManifest(tag)
    return manifest === undefined ? { kind: 'absent' } : { kind: 'present', digest: manifest.digest }
  }

  /** The size is NaN if the registry does not say. */
  async headManifest(digest: Digest) {
    const { status, headers } = await this.#ask('HEAD', digest, [200, 404])
    if (status === 404) return undefined
    const said = headers['docker-content-digest'] ?? digest
    if (said !== digest) throw unusable(this.#nameOf(digest), `it announced ${said}`)
    return { mediaType: mediaTypeIn(headers), size: Number(headers['content-length']) }
  }

  async hasManifest(digest: Digest) {
    return (await this.headManifest(digest)) !== undefined
  }

  /** The digest is computed, not believed. */
  async getManifest(reference: string): Promise<Manifest | undefined> {
    const what = this.#nameOf(reference)
    const { status, headers, body } = await this.#ask('GET', reference, [200, 404])
    if (status === 404) return undefined
    const said = [reference, headers['docker-content-digest']].find(isDigest)
    const digest = digestOf(body, said)
    if (said !== undefined && said !== digest)
      throw unusable(what, `it announced ${said}, and its digest is ${digest}`)
    const mediaType = mediaTypeIn(headers)
    if (!MANIFEST_MEDIA_TYPES.includes(mediaType))
      throw unusable(what, `${JSON.stringify(mediaType)} is not the media type of a manifest`)
    return { digest, mediaType, bytes: body }
  }

  /** Returns the subject that the registry confirms: "Pushing Manifests with Subject". */
  async putManifest(reference: string, { mediaType, bytes }: Omit<Manifest, 'digest'>) {
    const content = { headers: { 'content-type': mediaType }, body: bytes }
    const put = this.#ask('PUT', reference, WRITTEN, content)
    const answer = await unlessThere(put, async () => {
      const short = this.withBackoff(shortBackoff)
      if (isDigest(reference)) return short.hasManifest(reference)
      const state = await short.headTag(reference)
      return state.kind === 'present' && state.digest === digestOf(bytes, state.digest)
    })
    return answer?.headers['oci-subject']
  }

  readonly getBlob = (digest: Digest) => getBlob(this, digest)
  readonly putBlob = (bytes: Buffer) => putBlob(this, bytes)
  readonly requireWritable = () => requireWritable(this)
  readonly listTags = () => listTags(this)
  readonly listReferrers = (digest: Digest, artifactType: string) => listReferrers(this, digest, artifactType)

  #ask(method: Question['method'], reference: string, expects: number[], content?: Partial<Question>) {
    const headers = { accept: MANIFEST_MEDIA_TYPES.join(', ') }
    const what = this.#nameOf(reference)
    return this.ask({ method, path: `manifests/${reference}`, headers, what, expects, ...content })
  }

  #nameOf(reference: string) {
    return nameOf({ repository: this.repository, reference })
  }
}

/** Refusals of a HEAD, which gives no reason: a GET does. */
const UNEXPLAINED = [400, 401, 403, 405, 412]

function mediaTypeIn(headers: HttpResponse['headers']) {
  return headers['content-type']?.split(';')[0]?.trim() ?? ''
}
