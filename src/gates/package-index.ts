import { type HttpResponse, NoAnswerError, type Transport } from '../http/transport.ts'
import { normaliseName, versionOfFile } from './package-version.ts'

/** What an index says of a project. */
export type Listing =
  /** The versions of which at least one file is there and not yanked. */
  | { readonly kind: 'versions'; readonly versions: ReadonlySet<string> }
  /** There is no such project, or not yet. */
  | { readonly kind: 'unknown-project' }
  /** No usable answer this time. `retryAfter` is the server's own header. */
  | { readonly kind: 'no-answer'; readonly why: string; readonly retryAfter: string | undefined }
  /** An answer that waiting does not change. */
  | { readonly kind: 'refused'; readonly why: string }

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const HTML_TYPES = ['application/vnd.pypi.simple.v1+html', 'text/html']
const ACCEPT = `${JSON_TYPE}, ${HTML_TYPES[0]};q=0.2, ${HTML_TYPES[1]};q=0.01`

interface IndexFile {
  readonly filename: string
  readonly yanked: boolean
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** PEP 691: `yanked` is false, or true, or a reason. */
const filesInJson = (text: string): IndexFile[] | undefined => {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return undefined
  }
  const files = field(answer, 'files')
  if (!Array.isArray(files)) return undefined
  return files.flatMap((file: unknown) => {
    const filename = field(file, 'filename')
    const yanked = field(file, 'yanked')
    return typeof filename === 'string'
      ? [{ filename, yanked: yanked === true || typeof yanked === 'string' }]
      : []
  })
}

/** PEP 503 and PEP 592: one anchor a file, whose text is its name; yanked with the attribute `data-yanked`. */
const filesInHtml = (text: string): IndexFile[] =>
  Array.from(text.matchAll(/<a\b([^>]*)>([^<]*)<\/a>/gi), ([, attributes = '', filename = '']) => ({
    filename: filename.trim(),
    yanked: /\bdata-yanked\b/i.test(attributes),
  }))

/** One project on one index, asked as pip does: by the simple repository API, with conditional requests. */
export class PackageIndex {
  readonly #transport: Transport
  readonly #url: URL
  readonly #project: string
  #last: { readonly etag: string; readonly listing: Listing } | undefined

  constructor(options: { transport: Transport; index: URL; project: string }) {
    this.#transport = options.transport
    this.#project = options.project
    const base = options.index.href.endsWith('/') ? options.index : new URL(`${options.index.href}/`)
    this.#url = new URL(`${normaliseName(options.project)}/`, base)
  }

  /** The address of the project's page, without credentials. */
  get address(): string {
    return `${this.#url.origin}${this.#url.pathname}`
  }

  /** Asks once which versions there are. */
  async look(): Promise<Listing> {
    let response: HttpResponse
    try {
      response = await this.#transport.send({
        method: 'GET',
        url: this.#url,
        headers: {
          accept: ACCEPT,
          // What pip sends: caches between may keep an answer for ten minutes.
          'cache-control': 'max-age=0',
          ...(this.#last === undefined ? {} : { 'if-none-match': this.#last.etag }),
        },
      })
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      return { kind: 'no-answer', why: error.message, retryAfter: undefined }
    }
    if (response.status === 304 && this.#last !== undefined) return this.#last.listing
    const listing = this.#listingIn(response)
    const { etag } = response.headers
    this.#last = listing.kind === 'versions' && etag !== undefined ? { etag, listing } : undefined
    return listing
  }

  #listingIn({ status, headers, body }: HttpResponse): Listing {
    if (status === 404) return { kind: 'unknown-project' }
    if (status === 401 || status === 403 || status === 410) {
      return { kind: 'refused', why: `${this.address} answered ${status}` }
    }
    const retryAfter = headers['retry-after']
    if (status !== 200) return { kind: 'no-answer', why: `${this.address} answered ${status}`, retryAfter }
    const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    const text = body.toString('utf8')
    const files =
      type === JSON_TYPE ? filesInJson(text) : HTML_TYPES.includes(type) ? filesInHtml(text) : undefined
    if (files === undefined) {
      const why = `${this.address} answered with ${type === '' ? 'no content type' : type}, not the list of a package index`
      return { kind: 'no-answer', why, retryAfter }
    }
    const versions = files
      .filter(({ yanked }) => !yanked)
      .map(({ filename }) => versionOfFile(filename, this.#project))
      .filter(version => version !== undefined)
    return { kind: 'versions', versions: new Set(versions) }
  }
}
