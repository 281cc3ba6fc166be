import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { field, parseJson } from '../../src/json.ts'
import { digestOf } from '../../src/registry/reference.ts'
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
  deleteTag(repository: string, tag: string): void
  /** How many uploads to a repository were begun, and neither ended nor cancelled. */
  openUploads(repository: string): number
  /** What refers to a manifest: each manifest, and the bytes of its layers. */
  referrers(
    repository: string,
    digest: string,
  ): readonly { readonly manifest: unknown; readonly layers: readonly Buffer[] }[]
  /** Whether a PUT of what refers to something says nothing of that. */
  silentSubject(is: boolean): void
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
  /** The status of a PUT that has written; 201 without it. */
  readonly written?: number
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

const ROUTE =
  /^\/v2\/(?<path>.+)\/(?<kind>manifests|blobs|tags|referrers)\/(?<reference>(?:uploads\/)?[^/]*)$/

const INDEX = 'application/vnd.oci.image.index.v1+json'

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
    repositories.get(path) ?? { manifests: new Map(), tags: new Map(), blobs: new Map(), uploads: new Set() }

  const answerTo = ({ method = '', headers }: IncomingMessage, url: URL, body: Buffer): Answer | 'lost' => {
    if (url.pathname === '/v2/') return { status: 200, body: '{}' }
    const { path, kind = '', reference } = ROUTE.exec(url.pathname)?.groups ?? {}
    if (path === undefined || reference === undefined) return refused(404, 'NAME_UNKNOWN')
    const request = `${method} ${kind === 'referrers' ? kind : reference}`
    const isOurs = headers['user-agent'] === USER_AGENT
    if (isOurs) requests.push(request)
    const instead = isOurs ? answers.find(each => each.request === request && each.left > 0) : undefined
    if (instead !== undefined) {
      instead.left -= 1
      return instead.answer
    }
    const repository = at(path)
    const type = headers['content-type'] ?? ''
    const asked = { method, kind, reference, path, body, type, query: url.searchParams }
    const done = answerOf(repository, asked, options)
    const said = isOurs && done.status === 201 ? { ...done, status: options.written ?? 201 } : done
    const { 'oci-subject': _, ...without } = said.headers ?? {}
    if (method === 'POST' || (method === 'PUT' && done.status === 201)) repositories.set(path, repository)
    const loss = isOurs ? lost.findIndex(each => request.startsWith(each)) : -1
    if (loss === -1) return isSilent ? { ...said, headers: without } : said
    lost.splice(loss, 1)
    return 'lost'
  }

  const server = createServer((request, response) => {
    buffer(request)
      .then(body => {
        const answer = answerTo(request, new URL(request.url ?? '', 'http://localhost'), body)
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
      const digest = at(repository).tags.get(from)
      if (digest === undefined) throw new Error(`there is no tag ${from}`)
      at(repository).tags.set(to, digest)
    },
    deleteTag: (repository, tag) => void at(repository).tags.delete(tag),
    openUploads: repository => at(repository).uploads.size,
    referrers: (path, digest) =>
      referring(at(path), digest).map(([, { bytes }]) => {
        const manifest = parseJson(bytes.toString())
        const layers = digestsIn(manifest, 'layers').flatMap(layer => at(path).blobs.get(String(layer)) ?? [])
        return { manifest, layers }
      }),
    silentSubject: is => {
      isSilent = is
    },
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

interface Asked {
  readonly method: string
  readonly kind: string
  readonly path: string
  readonly reference: string
  readonly type: string
  readonly body: Buffer
  readonly query: URLSearchParams
}

/** Answers as the registry of the distribution project does. */
const answerOf = (repository: Repository, asked: Asked, options: ModelOptions): Answer => {
  const { method, kind, path, reference, body, query } = asked
  if (kind === 'referrers')
    return options.referrers === true
      ? referrersPage(repository, asked, options.page ?? 1_000)
      : { status: 404, body: '404 page not found\n' }
  if (kind === 'manifests')
    return method === 'PUT' ? write(repository, asked, options) : read(repository, reference, method)
  if (kind === 'tags') {
    if (repository.manifests.size === 0) return refused(404, 'NAME_UNKNOWN')
    const all = [...repository.tags.keys()].toSorted()
    const after = all.filter(tag => tag > (query.get('last') ?? ''))
    const tags = options.tagPage === undefined ? all : after.slice(0, options.tagPage)
    return { status: 200, body: JSON.stringify({ name: path, tags }) }
  }
  if (method === 'POST') {
    const upload = randomUUID()
    repository.uploads.add(upload)
    // What is behind it belongs to the address as well: clients must not make one of their own.
    return { status: 202, headers: { location: `/v2/${path}/blobs/uploads/${upload}?_state=${upload}` } }
  }
  const upload = reference.replace('uploads/', '')
  if (method === 'DELETE')
    return repository.uploads.delete(upload) ? { status: 204 } : refused(404, 'BLOB_UPLOAD_UNKNOWN')
  if (method === 'PUT') {
    if (!repository.uploads.has(query.get('_state') ?? '')) return refused(404, 'BLOB_UPLOAD_UNKNOWN')
    const digest = digestOf(body)
    if (query.get('digest') !== digest) return refused(400, 'DIGEST_INVALID')
    repository.blobs.set(digest, body)
    repository.uploads.delete(upload)
    return { status: 201, headers: { 'docker-content-digest': digest } }
  }
  const blob = repository.blobs.get(reference)
  if (blob === undefined) return refused(404, 'BLOB_UNKNOWN')
  return {
    status: 200,
    headers: { 'content-length': String(blob.length) },
    body: method === 'HEAD' ? '' : blob,
  }
}

const read = ({ manifests, tags }: Repository, reference: string, method: string): Answer => {
  const digest = (reference.includes(':') ? reference : tags.get(reference)) ?? ''
  const stored = manifests.get(digest)
  if (stored === undefined) return refused(404, 'MANIFEST_UNKNOWN')
  const length = String(stored.bytes.length)
  const headers = {
    'content-type': stored.mediaType,
    'content-length': length,
    'docker-content-digest': digest,
  }
  return { status: 200, headers, body: method === 'HEAD' ? '' : stored.bytes }
}

const write = (
  { manifests, tags, blobs }: Repository,
  { reference, type, body }: Asked,
  { immutable, referrers = false }: ModelOptions,
): Answer => {
  // Also for the digest that the tag has: goharbor/harbor, 2.15.
  if (immutable?.test(reference) && tags.has(reference)) return refused(412, 'PRECONDITION')
  const digest = digestOf(body)
  const manifest = parseJson(body.toString())
  if (field(manifest, 'mediaType') !== type) return refused(400, 'MANIFEST_INVALID')
  if (reference.includes(':') && reference !== digest) return refused(400, 'DIGEST_INVALID')
  const config = field(manifest, 'config', 'digest')
  const needed = [...(config === undefined ? [] : [config]), ...digestsIn(manifest, 'layers')]
  const has = (among: ReadonlyMap<string, unknown>, all: unknown[]) =>
    all.every(each => among.has(String(each)))
  if (!has(blobs, needed) || !has(manifests, digestsIn(manifest, 'manifests')))
    return refused(400, 'MANIFEST_BLOB_UNKNOWN')
  manifests.set(digest, { mediaType: type, bytes: body })
  if (!reference.includes(':')) tags.set(reference, digest)
  const subject = referrers ? field(manifest, 'subject', 'digest') : undefined
  const subjects = typeof subject === 'string' ? { 'oci-subject': subject } : {}
  return { status: 201, headers: { 'docker-content-digest': digest, ...subjects } }
}

const digestsIn = (manifest: unknown, name: string): unknown[] => {
  const entries = field(manifest, name)
  return Array.isArray(entries) ? entries.map((entry: unknown) => field(entry, 'digest')) : []
}

const referring = ({ manifests }: Repository, digest: string): [string, Stored][] =>
  [...manifests].filter(([, { bytes }]) => field(parseJson(bytes.toString()), 'subject', 'digest') === digest)

/** A page of what refers to a digest, also to one that is not there: distribution-spec v1.1.1, "Listing Referrers". */
const referrersPage = (repository: Repository, asked: Asked, page: number): Answer => {
  const { reference, path, query } = asked
  if (!/^sha256:[0-9a-f]{64}$/.test(reference)) return refused(400, 'DIGEST_INVALID')
  const type = query.get('artifactType')
  const from = Number(query.get('from') ?? 0)
  const all = referring(repository, reference)
    .map(([digest, { mediaType, bytes }]) => {
      const manifest = parseJson(bytes.toString())
      const artifactType = field(manifest, 'artifactType') ?? field(manifest, 'config', 'mediaType')
      const annotations = field(manifest, 'annotations')
      return { mediaType, digest, size: bytes.length, artifactType, annotations }
    })
    .filter(({ artifactType }) => type === null || artifactType === type)
  const next = new URLSearchParams([...query].filter(([name]) => name !== 'from'))
  next.set('from', String(from + page))
  const link = `</v2/${path}/referrers/${reference}?${next}>; rel="next"`
  const headers = { 'content-type': INDEX, ...(from + page < all.length ? { link } : {}) }
  const manifests = all.slice(from, from + page)
  return { status: 200, headers, body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }) }
}
