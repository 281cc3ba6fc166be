import { createHash } from 'node:crypto'
import { knownFailure, ReleaseError } from '../errors.ts'
import { type Backoff, isRetryable, shortBackoff } from '../http/retry.ts'
import type { HttpResponse } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import { provesAbsence } from './answer.ts'
import { type ConnectionOptions, type Question, RegistryConnection } from './connection.ts'
import { MANIFEST_MEDIA_TYPES } from './media-types.ts'
import {
  byDigest,
  type Digest,
  imageName,
  isDigest,
  type Repository,
  type TagState,
  tagged,
} from './reference.ts'

const ACCEPT = MANIFEST_MEDIA_TYPES.join(', ')

/** What servers answer to what they do not know, beside 404. */
const UNKNOWN_ENDPOINT = [405, 501]

/** A manifest as the registry stores it. The bytes are never parsed and written again. */
export interface Manifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Buffer
}

/** What a HEAD says of a manifest. */
export interface ManifestHead {
  readonly mediaType: string
  /** In bytes; not a number if the registry does not say. */
  readonly size: number
}

const mediaTypeOf = ({ headers }: HttpResponse): string =>
  (headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''

/** The digest of bytes, by the algorithm of `like`, or SHA-256. */
export const digestOf = (bytes: Buffer, like?: Digest): Digest => {
  const algorithm = like?.startsWith('sha512:') ? 'sha512' : 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** The manifests and tags of one repository, by the distribution API. */
export class RegistryClient {
  readonly repository: Repository
  readonly #connection: RegistryConnection
  readonly #looksOnly: boolean
  readonly #backoff: Backoff | undefined

  constructor(
    options: (ConnectionOptions | { readonly connection: RegistryConnection }) & {
      /** Whether no manifest may be asked for by GET: at Harbor that is a pull, and an image that is pulled lives longer. */
      readonly looksOnly?: boolean
      /** How patient it is; without it, as patient as the transport. */
      readonly backoff?: Backoff
    },
  ) {
    this.#looksOnly = options.looksOnly ?? false
    this.#backoff = options.backoff
    this.#connection = 'connection' in options ? options.connection : new RegistryConnection(options)
    this.repository = this.#connection.repository
  }

  /** The same client, for what is not worth to wait for. */
  get impatient(): RegistryClient {
    const connection = this.#connection
    return new RegistryClient({ connection, looksOnly: this.#looksOnly, backoff: shortBackoff })
  }

  #ask(question: Question): Promise<HttpResponse> {
    return this.#connection.ask(question, this.#backoff)
  }

  /** What the registry calls itself when it asks for a token, if it did. */
  get tokenService(): string | undefined {
    return this.#connection.tokenService
  }

  /**
   * What a tag has, by HEAD. Where that does not tell, because it is refused or gives no digest, the manifest is read
   * and hashed; a client that only looks throws then.
   */
  async headTag(tag: string): Promise<TagState> {
    const what = tagged(this.repository, tag)
    const response = await this.#head(tag, what)
    if (response.status === 404) return { kind: 'absent' }
    const digest = response.headers['docker-content-digest']
    if (response.status === 200 && isDigest(digest)) return { kind: 'present', digest }
    // Asked long enough: another question now would be one too many.
    if (isRetryable(response.status)) throw this.#connection.refused('read', what, response)
    // A HEAD has no body that would say why it is refused.
    if (!this.#looksOnly) return this.#stateByGet(tag)
    if (response.status !== 200) throw this.#connection.refused('read', what, response)
    throw new ReleaseError('registry-unreadable', {
      what: `The registry has ${what}, and does not say which image it is: its answer to HEAD has no Docker-Content-Digest.`,
      remedy:
        "It can't be verified without reading the image, which would count as a pull. Run release or promote instead, which read it; or contact the registry's administrators.",
    })
  }

  #named(reference: string): string {
    return isDigest(reference) ? byDigest(this.repository, reference) : tagged(this.repository, reference)
  }

  /** What a manifest is, by HEAD of its digest; nothing if the registry does not have it. */
  async headManifest(digest: Digest): Promise<ManifestHead | undefined> {
    const what = byDigest(this.repository, digest)
    const response = await this.#head(digest, what)
    if (response.status === 404) return undefined
    if (response.status !== 200) throw this.#connection.refused('read', what, response)
    const said = response.headers['docker-content-digest']
    if (said !== undefined && said !== digest) throw this.#connection.unusable(what, `it announced ${said}`)
    return {
      mediaType: mediaTypeOf(response),
      size: Number(response.headers['content-length'] ?? Number.NaN),
    }
  }

  /** Whether the registry has a manifest, by HEAD of its digest. */
  async hasManifest(digest: Digest): Promise<boolean> {
    return (await this.headManifest(digest)) !== undefined
  }

  #head(reference: string, what: string): Promise<HttpResponse> {
    return this.#ask({
      method: 'HEAD',
      path: `manifests/${reference}`,
      headers: { accept: ACCEPT },
      what,
    })
  }

  async #stateByGet(tag: string): Promise<TagState> {
    const manifest = await this.getManifest(tag)
    return manifest === undefined ? { kind: 'absent' } : { kind: 'present', digest: manifest.digest }
  }

  /** GET of a manifest by tag or digest, or nothing if it is not there. Its digest is computed, not believed. */
  async getManifest(reference: string): Promise<Manifest | undefined> {
    const what = this.#named(reference)
    const response = await this.#ask({
      method: 'GET',
      path: `manifests/${reference}`,
      headers: { accept: ACCEPT },
      what,
    })
    if (provesAbsence(response)) return undefined
    if (response.status !== 200) throw this.#connection.refused('read', what, response)
    const said = isDigest(reference) ? reference : response.headers['docker-content-digest']
    const digest = digestOf(response.body, isDigest(said) ? said : undefined)
    const mediaType = mediaTypeOf(response)
    const known: readonly string[] = MANIFEST_MEDIA_TYPES
    if (isDigest(said) && said !== digest) {
      throw this.#connection.unusable(what, `it announced ${said}, and what came has the digest ${digest}`)
    }
    if (!known.includes(mediaType))
      throw this.#connection.unusable(
        what,
        `its media type ${JSON.stringify(mediaType)} is not that of a manifest`,
      )
    return { digest, mediaType, bytes: response.body }
  }

  /**
   * PUT of a manifest's bytes, under a tag or by its digest alone. Gives back what the registry says it refers to:
   * distribution-spec v1.1.1, "Pushing Manifests with Subject".
   */
  async putManifest(
    reference: string,
    { mediaType, bytes }: Omit<Manifest, 'digest'>,
  ): Promise<string | undefined> {
    const what = this.#named(reference)
    const response = await this.#ask({
      method: 'PUT',
      path: `manifests/${reference}`,
      headers: { 'content-type': mediaType },
      body: bytes,
      what,
    })
    if (response.status !== 201) throw this.#connection.refused('write', what, response)
    const subject = response.headers['oci-subject']
    return typeof subject === 'string' ? subject : undefined
  }

  /**
   * Makes sure that the account may write, by an upload that is begun and cancelled: distribution-spec v1.1.1, "Pushing a
   * blob in chunks". Throws `registry-denied`, `registry-refused` or `registry-unreadable`.
   */
  async requireWritable(): Promise<void> {
    const what = imageName(this.repository)
    const begun = await this.#ask({ method: 'POST', path: 'blobs/uploads/', headers: {}, what })
    if (begun.status !== 202) throw this.#connection.refused('write', what, begun)
    const { location } = begun.headers
    // An upload that can not be cancelled ends by itself; elsewhere nobody is told to delete anything.
    if (location === undefined || !URL.canParse(location, begun.url.href)) return
    const url = new URL(location, begun.url.href)
    const uploads = `/v2/${this.repository.path}/blobs/uploads/`
    if (url.origin !== begun.url.origin || !url.pathname.startsWith(uploads)) return
    const path = `blobs/uploads/${url.pathname.slice(uploads.length)}${url.search}`
    await this.#ask({ method: 'DELETE', path, headers: {}, what }).catch((error: unknown) => {
      knownFailure(error)
    })
  }

  /** Every tag of the repository once, page by page; none when there is no such repository. */
  async listTags(): Promise<string[]> {
    const what = `the tags of ${imageName(this.repository)}`
    const tags = await this.#list(
      'tags/list',
      { query: '?n=1000', accept: 'application/json', what },
      answer => {
        const tags = field(answer, 'tags')
        // Some registries answer null for a repository whose last tag was deleted.
        if (tags === null) return []
        return Array.isArray(tags) && tags.every(tag => typeof tag === 'string') ? tags : undefined
      },
    )
    return tags === 'absent' ? [] : [...new Set(tags)]
  }

  /**
   * The descriptors of all that refers to a manifest and is of a type, or `unsupported` where the registry has no referrers
   * API: distribution-spec v1.1.1, "Listing Referrers". At Harbor it is no pull.
   */
  async listReferrers(digest: Digest, artifactType: string): Promise<readonly unknown[] | 'unsupported'> {
    const what = `what refers to ${byDigest(this.repository, digest)}`
    const query = `?artifactType=${encodeURIComponent(artifactType)}`
    const [accept] = MANIFEST_MEDIA_TYPES
    const entries = await this.#list(`referrers/${digest}`, { query, accept, what }, answer => {
      const manifests = field(answer, 'manifests')
      return Array.isArray(manifests) ? manifests : undefined
    })
    // A registry may leave the filter to those who ask.
    return entries === 'absent'
      ? 'unsupported'
      : entries.filter((entry: unknown) => field(entry, 'artifactType') === artifactType)
  }

  /** What is in a list that comes in pages, or that there is no such list. */
  async #list<T>(
    list: string,
    { query, accept, what }: { query: string; accept: string; what: string },
    entriesIn: (answer: unknown) => readonly T[] | undefined,
  ): Promise<T[] | 'absent'> {
    const entries: T[] = []
    const seen = new Set<string>()
    for (let path: string | undefined = `${list}${query}`; path !== undefined; ) {
      if (seen.has(path))
        throw this.#connection.unusable(what, 'the pages of its list lead back to one another')
      seen.add(path)
      const response: HttpResponse = await this.#ask({
        method: 'GET',
        path,
        headers: { accept },
        what,
      })
      if (provesAbsence(response) || UNKNOWN_ENDPOINT.includes(response.status))
        return seen.size === 1 ? 'absent' : entries
      if (response.status !== 200) throw this.#connection.refused('read', what, response)
      const answer = parseJson(response.body.toString('utf8'))
      if (answer === undefined) throw this.#connection.unusable(what, 'its answer is not JSON')
      const found = entriesIn(answer)
      if (found === undefined)
        throw this.#connection.unusable(what, 'its answer is not the list that was asked for')
      entries.push(...found)
      path = this.#nextPage(response, list, what)
    }
    return entries
  }

  /** The address in `Link: <…>; rel="next"` (RFC 5988), which must stay with the list of this repository. */
  #nextPage(response: HttpResponse, list: string, what: string): string | undefined {
    const link = response.headers.link
    const header = Array.isArray(link) ? link.join(', ') : link
    const target = header === undefined ? undefined : /<([^<>]*)>\s*;[^,<]*\brel="?next"?/i.exec(header)?.[1]
    if (target === undefined) return undefined
    if (!URL.canParse(target, response.url.href))
      throw this.#connection.unusable(what, 'its next page is no address')
    const next = new URL(target, response.url)
    if (
      next.origin !== response.url.origin ||
      !next.pathname.endsWith(`/v2/${this.repository.path}/${list}`)
    ) {
      throw this.#connection.unusable(what, `its next page is elsewhere, at ${next.host}${next.pathname}`)
    }
    return `${list}${next.search}`
  }

  /** GET of a blob that is read whole, such as an image's config. */
  async getBlob(digest: Digest): Promise<Buffer> {
    const what = byDigest(this.repository, digest)
    const response = await this.#ask({ method: 'GET', path: `blobs/${digest}`, headers: {}, what })
    if (response.status !== 200) throw this.#connection.refused('read', what, response)
    const actual = digestOf(response.body, digest)
    if (actual !== digest) throw this.#connection.unusable(what, `what came has the digest ${actual}`)
    return response.body
  }

  /** Makes sure that the registry has a blob: distribution-spec v1.1.1, "Pushing a blob monolithically". */
  async putBlob(bytes: Buffer): Promise<Digest> {
    const digest = digestOf(bytes)
    const what = byDigest(this.repository, digest)
    const head = await this.#ask({ method: 'HEAD', path: `blobs/${digest}`, headers: {}, what })
    if (head.status === 200) return digest
    const begun = await this.#ask({ method: 'POST', path: 'blobs/uploads/', headers: {}, what })
    if (begun.status !== 202) throw this.#connection.refused('write', what, begun)
    const { location } = begun.headers
    if (location === undefined || !URL.canParse(location, begun.url.href))
      throw this.#connection.unusable(what, 'it does not say where to send it')
    const upload = new URL(location, begun.url.href)
    // What the registry has put there stays as it is: it may be signed.
    upload.search = `${upload.search === '' ? '?' : `${upload.search}&`}digest=${encodeURIComponent(digest)}`
    const headers = { 'content-type': 'application/octet-stream' }
    const put = await this.#ask({ method: 'PUT', path: upload, headers, body: bytes, what })
    if (put.status !== 201) throw this.#connection.refused('write', what, put)
    return digest
  }
}
