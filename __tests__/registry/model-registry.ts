import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { field, parseJson } from '../../src/json.ts'
import { USER_AGENT } from '../../src/version.ts'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/**
 * A registry in memory, asked over loopback by the distribution API; it takes any login, and asks for none. contract.ts
 * holds it to what a real registry answers.
 */
export interface ModelRegistry {
  /** `127.0.0.1:<port>`, as in a reference. */
  readonly host: string
  readonly url: string
  /** The tags of a repository, and the digests that they lead to. */
  tags(repository: string): Readonly<Record<string, string>>
  /** Points a tag at what another tag has, as another run would. */
  copyTag(repository: string, from: string, to: string): void
  /** How many uploads to a repository were begun, and neither ended nor cancelled. */
  openUploads(repository: string): number
  /** What refers to a manifest: each manifest, and the bytes of its layers. */
  referrers(
    repository: string,
    digest: string,
  ): readonly { readonly manifest: unknown; readonly layers: readonly Buffer[] }[]
  /** Whether a PUT of what refers to something says so. */
  silentSubject(is: boolean): void
  /** Deletes a tag. */
  deleteTag(repository: string, tag: string): void
  /** Answers what the client asks, in short such as `HEAD 2.3.4` or `GET list`, so; as often as given, or always. */
  answer(request: string, answer: Answer, times?: number): void
  /** Does what a request that begins so asks for, once, and breaks the connection before it says so. */
  loseAnswer(request: string): void
  stop(): Promise<void>
}

/** What kind of registry it is. */
export interface ModelOptions {
  /** Whether it has the referrers API of distribution-spec v1.1; the distribution project's own has not. */
  readonly referrers?: boolean
  /** How many referrers are on a page. */
  readonly page?: number
  /** How many tags are on a page at most; that more follow is not said, as by Nexus. Without it all are. */
  readonly tagPage?: number
  /** The tags that can't be written once they are there, as with Harbor's immutability rules. */
  readonly immutable?: RegExp
}

interface Stored {
  readonly mediaType: string
  readonly bytes: Buffer
}

interface Repository {
  readonly manifests: Map<string, Stored>
  readonly tags: Map<string, string>
  readonly blobs: Map<string, Buffer>
  /** Begun, and not ended. */
  readonly uploads: Set<string>
}

/** An error as the specification has it: distribution-spec v1.1.1, "Error Codes". */
export const refused = (status: number, code: string): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' '), detail: {} }] }),
})

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const ROUTE =
  /^\/v2\/(?<path>.+)\/(?<kind>manifests|blobs|tags|referrers)\/(?<reference>(?:uploads\/)?[^/]*)$/

/** What distribution answers to an address that it does not know. */
const NO_SUCH_PAGE: Answer = { status: 404, body: '404 page not found\n' }

const DIGEST = /^sha256:[0-9a-f]{64}$/
const INDEX = 'application/vnd.oci.image.index.v1+json'

/** The descriptor of a manifest in a list of referrers: image-spec v1.1, descriptor.md; distribution-spec v1.1.1, "Listing Referrers". */
const referrerOf = (digest: string, { mediaType, bytes }: Stored): object => {
  const manifest = parseJson(bytes.toString())
  const artifactType = field(manifest, 'artifactType') ?? field(manifest, 'config', 'mediaType')
  return { mediaType, digest, size: bytes.length, artifactType, annotations: field(manifest, 'annotations') }
}

const referring = ({ manifests }: Repository, digest: string): [string, Stored][] =>
  [...manifests].filter(([, { bytes }]) => field(parseJson(bytes.toString()), 'subject', 'digest') === digest)

/** A page of what refers to a digest, also to one that is not there. */
const referrersPage = (
  repository: Repository,
  digest: string,
  { path, query, page }: { path: string; query: URLSearchParams; page: number },
): Answer => {
  if (!DIGEST.test(digest)) return refused(400, 'DIGEST_INVALID')
  const type = query.get('artifactType')
  const from = Number(query.get('from') ?? 0)
  const all = referring(repository, digest)
    .map(([each, stored]) => referrerOf(each, stored))
    .filter(descriptor => type === null || field(descriptor, 'artifactType') === type)
  const next = new URLSearchParams([...query].filter(([name]) => name !== 'from'))
  next.set('from', String(from + page))
  return {
    status: 200,
    headers: {
      'content-type': INDEX,
      ...(type === null ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...(from + page < all.length ? { link: `</v2/${path}/referrers/${digest}?${next}>; rel="next"` } : {}),
    },
    body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: all.slice(from, from + page) }),
  }
}

/** What a manifest needs to be there before it. */
const needs = (manifest: unknown): { blobs: unknown[]; manifests: unknown[] } => {
  const listed = (name: string): unknown[] => {
    const entries = field(manifest, name)
    return Array.isArray(entries) ? entries.map((entry: unknown) => field(entry, 'digest')) : []
  }
  const config = field(manifest, 'config', 'digest')
  return {
    blobs: [...(config === undefined ? [] : [config]), ...listed('layers')],
    manifests: listed('manifests'),
  }
}

const read = (repository: Repository, reference: string, method: string | undefined): Answer => {
  const digest = reference.includes(':') ? reference : repository.tags.get(reference)
  const stored = digest === undefined ? undefined : repository.manifests.get(digest)
  if (digest === undefined || stored === undefined) return refused(404, 'MANIFEST_UNKNOWN')
  const { mediaType, bytes } = stored
  const headers = {
    'content-type': mediaType,
    'content-length': String(bytes.length),
    'docker-content-digest': digest,
  }
  return { status: 200, headers, ...(method === 'HEAD' ? {} : { body: bytes }) }
}

const write = (repository: Repository, reference: string, { mediaType, bytes }: Stored): Answer => {
  const digest = digestOf(bytes)
  const manifest = parseJson(bytes.toString())
  if (field(manifest, 'mediaType') !== mediaType) return refused(400, 'MANIFEST_INVALID')
  if (reference.includes(':') && reference !== digest) return refused(400, 'DIGEST_INVALID')
  const { blobs, manifests } = needs(manifest)
  const isThere = (among: ReadonlyMap<string, unknown>, needed: readonly unknown[]): boolean =>
    needed.every(each => typeof each === 'string' && among.has(each))
  if (!isThere(repository.blobs, blobs) || !isThere(repository.manifests, manifests)) {
    return refused(400, 'MANIFEST_BLOB_UNKNOWN')
  }
  repository.manifests.set(digest, { mediaType, bytes })
  if (!reference.includes(':')) repository.tags.set(reference, digest)
  return { status: 201, headers: { 'docker-content-digest': digest } }
}

interface Asked {
  readonly method: string | undefined
  readonly kind: string | undefined
  readonly path: string
  readonly reference: string
  readonly type: string | undefined
  readonly body: Buffer
  readonly query: URLSearchParams
}

/** Answers as the registry of the distribution project does. */
const answerOf = (
  repository: Repository,
  asked: Asked,
  { referrers = false, page = 1_000, tagPage, immutable }: ModelOptions,
): Answer => {
  const { method, kind, path, reference, type, body, query } = asked
  const { manifests, tags, blobs, uploads } = repository
  if (kind === 'referrers') {
    return referrers ? referrersPage(repository, reference, { path, query, page }) : NO_SUCH_PAGE
  }
  if (kind === 'manifests') {
    if (method !== 'PUT') return read(repository, reference, method)
    // Also for the digest that the tag has: goharbor/harbor, 2.15.
    if (immutable?.test(reference) && tags.has(reference)) return refused(412, 'PRECONDITION')
    const answer = write(repository, reference, { mediaType: type ?? '', bytes: body })
    const subject = field(parseJson(body.toString()), 'subject', 'digest')
    if (!referrers || answer.status !== 201 || typeof subject !== 'string') return answer
    return { ...answer, headers: { ...answer.headers, 'oci-subject': subject } }
  }
  if (kind === 'tags') {
    if (manifests.size === 0) return refused(404, 'NAME_UNKNOWN')
    const last = query.get('last') ?? ''
    const sorted = [...tags.keys()].toSorted()
    const listed = tagPage === undefined ? sorted : sorted.filter(tag => tag > last).slice(0, tagPage)
    return { status: 200, body: JSON.stringify({ name: path, tags: listed }) }
  }
  if (method === 'POST') {
    const upload = randomUUID()
    uploads.add(upload)
    // What is behind it belongs to the address as well: clients must not make one of their own.
    return { status: 202, headers: { location: `/v2/${path}/blobs/uploads/${upload}?_state=${upload}` } }
  }
  if (method === 'DELETE') {
    const wasThere = uploads.delete(reference.replace('uploads/', ''))
    return wasThere ? { status: 204 } : refused(404, 'BLOB_UPLOAD_UNKNOWN')
  }
  if (method === 'PUT') {
    const upload = reference.replace('uploads/', '')
    if (!uploads.has(upload) || query.get('_state') !== upload) return refused(404, 'BLOB_UPLOAD_UNKNOWN')
    const digest = digestOf(body)
    if (query.get('digest') !== digest) return refused(400, 'DIGEST_INVALID')
    blobs.set(digest, body)
    uploads.delete(upload)
    const location = `/v2/${path}/blobs/${digest}`
    return { status: 201, headers: { location, 'docker-content-digest': digest } }
  }
  const blob = blobs.get(reference)
  if (blob === undefined) return refused(404, 'BLOB_UNKNOWN')
  const headers = { 'content-length': String(blob.length) }
  return { status: 200, headers, ...(method === 'HEAD' ? {} : { body: blob }) }
}

/** Starts an empty registry, in this process. What the client asks is added to `requests`. */
export const startModelRegistry = async (
  requests: string[] = [],
  options: ModelOptions = {},
): Promise<ModelRegistry> => {
  const repositories = new Map<string, Repository>()
  const answers: { request: string; answer: Answer; left: number }[] = []
  const lost: string[] = []
  let isSilent = false

  const at = (path: string): Repository =>
    repositories.get(path) ?? {
      manifests: new Map(),
      tags: new Map(),
      blobs: new Map(),
      uploads: new Set(),
    }

  const prepared = (request: string): Answer | undefined => {
    const found = answers.find(each => each.request === request && each.left > 0)
    if (found === undefined) return undefined
    found.left -= 1
    return found.answer
  }

  const answerTo = ({ method, headers }: IncomingMessage, url: URL, body: Buffer): Answer | 'lost' => {
    if (url.pathname === '/v2/') return { status: 200, body: '{}' }
    const { path, kind, reference } = ROUTE.exec(url.pathname)?.groups ?? {}
    if (path === undefined || reference === undefined) return refused(404, 'NAME_UNKNOWN')
    const request = `${method} ${kind === 'referrers' ? kind : reference}`
    const loss = headers['user-agent'] === USER_AGENT ? lost.findIndex(each => request.startsWith(each)) : -1
    if (headers['user-agent'] === USER_AGENT) {
      requests.push(request)
      const instead = prepared(request)
      if (instead !== undefined) return instead
    }
    const repository = at(path)
    const type = headers['content-type']
    const asked = { method, kind, reference, path, body, type, query: url.searchParams }
    const said = answerOf(repository, asked, options)
    const { 'oci-subject': _, ...without } = said.headers ?? {}
    const answer = isSilent ? { ...said, headers: without } : said
    if (method === 'POST' || (method === 'PUT' && answer.status === 201)) repositories.set(path, repository)
    if (loss === -1) return answer
    lost.splice(loss, 1)
    return 'lost'
  }

  const server = createServer((request, response) => {
    buffer(request)
      .then(body => {
        const url = new URL(request.url ?? '', 'http://localhost')
        const answer = answerTo(request, url, body)
        if (answer === 'lost') response.destroy()
        else response.writeHead(answer.status, answer.headers).end(answer.body)
      })
      .catch((error: Error) => response.destroy(error))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `http://${host}`,
    tags: repository => Object.fromEntries(repositories.get(repository)?.tags ?? []),
    copyTag: (repository, from, to) => {
      const { tags } = at(repository)
      const digest = tags.get(from)
      if (digest === undefined) throw new Error(`there is no tag ${from}`)
      tags.set(to, digest)
    },
    referrers: (path, digest) => {
      const repository = at(path)
      return referring(repository, digest).map(([, { bytes }]) => {
        const manifest = parseJson(bytes.toString())
        const layers = needs(manifest).blobs.slice(1)
        return { manifest, layers: layers.flatMap(layer => repository.blobs.get(String(layer)) ?? []) }
      })
    },
    silentSubject: is => {
      isSilent = is
    },
    openUploads: repository => at(repository).uploads.size,
    deleteTag: (repository, tag) => void at(repository).tags.delete(tag),
    answer: (request, answer, times = Number.POSITIVE_INFINITY) =>
      void answers.push({ request, answer, left: times }),
    loseAnswer: request => void lost.push(request),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
