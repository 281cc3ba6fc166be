import { createHash } from 'node:crypto'
import { ReleaseError } from '../errors.ts'
import { isRetryable } from '../http/retry.ts'
import {
  describeRequest,
  type HttpRequest,
  type HttpResponse,
  NoAnswerError,
  type Transport,
} from '../http/transport.ts'
import { field } from '../json.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'
import { provesAbsence, refusalOf, specErrors } from './answer.ts'
import { type Access, Authorization, type Credentials } from './authorization.ts'
import { parseChallenges } from './challenge.ts'
import {
  apiOrigin,
  byDigest,
  type Digest,
  imageName,
  isDigest,
  type Repository,
  type TagState,
  tagged,
} from './reference.ts'

/** The media types of manifests; a registry that is offered fewer may convert what it has. */
export const MANIFEST_MEDIA_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const

const ACCEPT = MANIFEST_MEDIA_TYPES.join(', ')

/** A manifest as the registry stores it. The bytes are never parsed and written again. */
export interface Manifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Buffer
}

/** The digest of bytes, by the algorithm of `like`, or SHA-256. */
export const digestOf = (bytes: Buffer, like?: Digest): Digest => {
  const algorithm = like?.startsWith('sha512:') ? 'sha512' : 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** The manifests and tags of one repository, by the distribution API. */
export class RegistryClient {
  readonly repository: Repository
  readonly #transport: Transport
  readonly #authorization: Authorization
  readonly #credentials: Credentials
  readonly #secrets: Secrets
  readonly #looksOnly: boolean
  #origin: Promise<string> | undefined

  constructor(options: {
    repository: Repository
    transport: Transport
    credentials: Credentials
    secrets: Secrets
    access: Access
    /** Whether no manifest may be asked for by GET: at Harbor that is a pull, and an image that is pulled lives longer. */
    looksOnly?: boolean
    now: () => number
  }) {
    this.repository = options.repository
    this.#looksOnly = options.looksOnly ?? false
    this.#transport = options.transport
    this.#credentials = options.credentials
    this.#secrets = options.secrets
    this.#authorization = new Authorization({
      transport: options.transport,
      credentials: options.credentials,
      secrets: options.secrets,
      path: options.repository.path,
      access: options.access,
      now: options.now,
    })
  }

  /** What the registry calls itself when it asks for a token, if it did. */
  get service(): string | undefined {
    return this.#authorization.service
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
    if (isRetryable(response.status)) throw this.#refused('read', what, response)
    // A HEAD has no body that would say why it is refused.
    if (!this.#looksOnly) return this.#stateByGet(tag)
    if (response.status !== 200) throw this.#refused('read', what, response)
    throw new ReleaseError('registry-unreadable', {
      what: `The registry has ${what}, and does not say which image it is: its answer to HEAD has no Docker-Content-Digest.`,
      remedy:
        "It can't be verified without reading the image, which would count as a pull. Run release or promote instead, which read it; or contact the registry's administrators.",
    })
  }

  /** Whether the registry has a manifest, by HEAD of its digest. */
  async hasManifest(digest: Digest): Promise<boolean> {
    const what = byDigest(this.repository, digest)
    const response = await this.#head(digest, what)
    if (response.status === 404) return false
    if (response.status !== 200) throw this.#refused('read', what, response)
    const said = response.headers['docker-content-digest']
    if (said !== undefined && said !== digest) throw this.#unusable(what, `it announced ${said}`)
    return true
  }

  #head(reference: string, what: string): Promise<HttpResponse> {
    return this.#call({
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
    const what = isDigest(reference)
      ? byDigest(this.repository, reference)
      : tagged(this.repository, reference)
    const response = await this.#call({
      method: 'GET',
      path: `manifests/${reference}`,
      headers: { accept: ACCEPT },
      what,
    })
    if (provesAbsence(response)) return undefined
    if (response.status !== 200) throw this.#refused('read', what, response)
    const said = isDigest(reference) ? reference : response.headers['docker-content-digest']
    const digest = digestOf(response.body, isDigest(said) ? said : undefined)
    const mediaType = (response.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
    const known: readonly string[] = MANIFEST_MEDIA_TYPES
    if (isDigest(said) && said !== digest) {
      throw this.#unusable(what, `it announced ${said}, and what came has the digest ${digest}`)
    }
    if (!known.includes(mediaType))
      throw this.#unusable(what, `its media type ${JSON.stringify(mediaType)} is not that of a manifest`)
    return { digest, mediaType, bytes: response.body }
  }

  /** PUT of a manifest's bytes under a tag. */
  async putManifest(tag: string, { mediaType, bytes }: Manifest): Promise<void> {
    const what = tagged(this.repository, tag)
    const response = await this.#call({
      method: 'PUT',
      path: `manifests/${tag}`,
      headers: { 'content-type': mediaType },
      body: bytes,
      what,
    })
    if (response.status !== 201) throw this.#refused('write', what, response)
  }

  /**
   * Makes sure that the account may write, by an upload that is begun and cancelled: distribution-spec v1.1.1, "Pushing a
   * blob in chunks". Throws `registry-denied`, `registry-refused` or `registry-unreadable`.
   */
  async requireWritable(): Promise<void> {
    const what = imageName(this.repository)
    const begun = await this.#call({ method: 'POST', path: 'blobs/uploads/', headers: {}, what })
    if (begun.status !== 202) throw this.#refused('write', what, begun)
    const { location } = begun.headers
    // An upload that can not be cancelled ends by itself; elsewhere nobody is told to delete anything.
    if (location === undefined || !URL.canParse(location, begun.url.href)) return
    const url = new URL(location, begun.url.href)
    const uploads = `/v2/${this.repository.path}/blobs/uploads/`
    if (url.origin !== begun.url.origin || !url.pathname.startsWith(uploads)) return
    const path = `blobs/uploads/${url.pathname.slice(uploads.length)}${url.search}`
    await this.#call({ method: 'DELETE', path, headers: {}, what }).catch((error: unknown) => {
      if (!(error instanceof ReleaseError) || error.name === 'interrupted') throw error
    })
  }

  /** Every tag of the repository, page by page; none when there is no such repository. */
  async listTags(): Promise<string[]> {
    const what = `the tags of ${imageName(this.repository)}`
    const tags: string[] = []
    const seen = new Set<string>()
    for (let path: string | undefined = 'tags/list?n=1000'; path !== undefined; ) {
      if (seen.has(path)) throw this.#unusable(what, 'the pages of its list lead back to one another')
      seen.add(path)
      const response: HttpResponse = await this.#call({
        method: 'GET',
        path,
        headers: { accept: 'application/json' },
        what,
      })
      if (provesAbsence(response)) return tags
      if (response.status !== 200) throw this.#refused('read', what, response)
      tags.push(...this.#tagsIn(response, what))
      path = this.#nextPage(response, what)
    }
    return tags
  }

  #tagsIn(response: HttpResponse, what: string): string[] {
    let answer: unknown
    try {
      answer = JSON.parse(response.body.toString('utf8'))
    } catch (error) {
      throw this.#unusable(what, 'its answer is not JSON', error)
    }
    const tags = field(answer, 'tags')
    // Some registries answer null for a repository whose last tag was deleted.
    if (tags === null) return []
    if (!Array.isArray(tags) || !tags.every(tag => typeof tag === 'string')) {
      throw this.#unusable(what, 'its answer has no list of tags')
    }
    return tags
  }

  /** The address in `Link: <…>; rel="next"` (RFC 5988), which must stay with the list of this repository. */
  #nextPage(response: HttpResponse, what: string): string | undefined {
    const link = response.headers.link
    const header = Array.isArray(link) ? link.join(', ') : link
    const target = header === undefined ? undefined : /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(header)?.[1]
    if (target === undefined) return undefined
    if (!URL.canParse(target, response.url.href)) throw this.#unusable(what, 'its next page is no address')
    const next = new URL(target, response.url)
    if (
      next.origin !== response.url.origin ||
      !next.pathname.endsWith(`/v2/${this.repository.path}/tags/list`)
    ) {
      throw this.#unusable(what, `its next page is elsewhere, at ${next.host}${next.pathname}`)
    }
    return `tags/list${next.search}`
  }

  /** GET of a blob that is read whole, such as an image's config. */
  async getBlob(digest: Digest): Promise<Buffer> {
    const what = byDigest(this.repository, digest)
    const response = await this.#call({ method: 'GET', path: `blobs/${digest}`, headers: {}, what })
    if (response.status !== 200) throw this.#refused('read', what, response)
    const actual = digestOf(response.body, digest)
    if (actual !== digest) throw this.#unusable(what, `what came has the digest ${actual}`)
    return response.body
  }

  async #call(options: {
    method: HttpRequest['method']
    path: string
    headers: Record<string, string>
    body?: Buffer
    what: string
  }): Promise<HttpResponse> {
    const { method, path, headers, body, what } = options
    let origin = await this.#connect()
    let challenged = false
    for (;;) {
      const authorization = await this.#authorization.header()
      const request: HttpRequest = {
        method,
        url: new URL(`${origin}/v2/${this.repository.path}/${path}`),
        headers: authorization === undefined ? headers : { ...headers, authorization },
        ...(body === undefined ? {} : { body }),
      }
      const response = await this.#send(request, what)
      if (this.#wantsTls(response, origin)) {
        origin = origin.replace('http:', 'https:')
        this.#origin = Promise.resolve(origin)
        continue
      }
      if (response.status !== 401) return response
      const challenges = this.#challengesOf(response, request, what)
      // Once: the token may have run out, or this repository is asked for otherwise than the rest.
      if (challenged)
        throw this.#refused(method === 'PUT' || method === 'POST' ? 'write' : 'read', what, response)
      challenged = true
      this.#authorization.challenged(challenges, origin, authorization)
    }
  }

  /**
   * A registry on loopback is asked by plain http, as docker does; one that speaks TLS answers that with 400, and
   * not in the words of the specification.
   */
  #wantsTls({ status, body }: HttpResponse, origin: string): boolean {
    return status === 400 && origin.startsWith('http:') && specErrors(body).length === 0
  }

  /**
   * With credentials, the registry is first asked without them how it wants to be asked, once a run: its
   * answer to a request without any may be that there is nothing, where it only shows nothing.
   */
  #connect(): Promise<string> {
    const origin = apiOrigin(this.repository.registry)
    this.#origin ??= this.#credentials.kind === 'anonymous' ? Promise.resolve(origin) : this.#ping(origin)
    return this.#origin
  }

  async #ping(origin: string): Promise<string> {
    const request = { method: 'GET', url: new URL(`${origin}/v2/`), headers: {} } as const
    const response = await this.#send(request, this.repository.registry)
    if (this.#wantsTls(response, origin)) return this.#ping(origin.replace('http:', 'https:'))
    if (response.status === 401) {
      const challenges = this.#challengesOf(response, request, this.repository.registry)
      this.#authorization.challenged(challenges, origin, undefined)
      return origin
    }
    if (response.status === 200) return origin
    if (response.status === 404) {
      throw new ReleaseError('registry-unreadable', {
        what: `${describeRequest(request)} answered 404: there is no container registry.`,
        remedy: 'Check the name of the registry.',
      })
    }
    throw this.#refused('read', this.repository.registry, response)
  }

  /** The challenges of a 401. Another origin, where a redirect led to, can't ask for this one's credentials. */
  #challengesOf(
    response: HttpResponse,
    asked: Pick<HttpRequest, 'url'>,
    what: string,
  ): ReturnType<typeof parseChallenges> {
    if (response.url.origin !== asked.url.origin) {
      throw this.#unusable(
        what,
        `it leads to ${response.url.origin}, which asks for credentials and gets none`,
      )
    }
    return parseChallenges(response.headers['www-authenticate'] ?? '')
  }

  async #send(request: HttpRequest, what: string): Promise<HttpResponse> {
    try {
      return await this.#transport.send(request)
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      throw new ReleaseError('registry-unreadable', {
        what: `The registry did not answer for ${what}: ${error.message}.`,
        remedy:
          'Nothing more was written. Check the name of the registry, and that it is up and can be reached from this machine; then run it again.',
        cause: error.cause,
      })
    }
  }

  #unusable(what: string, why: string, cause?: unknown): ReleaseError {
    return new ReleaseError('registry-unreadable', {
      what: `The registry's answer for ${what} can not be used: ${oneLine(why)}.`,
      remedy: 'The run stopped there. Run it again; if it stays so, ask those who run the registry.',
      cause,
    })
  }

  #refused(verb: 'read' | 'write', what: string, response: HttpResponse): ReleaseError {
    return refusalOf(verb, what, response, { credentials: this.#credentials, secrets: this.#secrets })
  }
}
