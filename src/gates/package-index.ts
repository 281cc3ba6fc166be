import { NoAnswerError } from '../http/errors.ts'
import type { Backoff } from '../http/retry.ts'
import type { HttpResponse, Transport } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import { oneLine } from '../text.ts'
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

/** PEP 691: `yanked` is false, or true, or a reason; an empty one is none, as pip has it. */
const filesInJson = (text: string): IndexFile[] | undefined => {
  const files = field(parseJson(text), 'files')
  if (!Array.isArray(files)) return undefined
  return files.flatMap((file: unknown) => {
    const filename = field(file, 'filename')
    const yanked = field(file, 'yanked')
    return typeof filename === 'string'
      ? [{ filename, yanked: yanked === true || (typeof yanked === 'string' && yanked !== '') }]
      : []
  })
}

const COMMENT = /<!--[\s\S]*?(?:-->|$)/g
/** A quoted value may hold ">": indexes write `data-requires-python=">=3.8"`. No anchor goes on behind the next one. */
const ANCHOR = /<a(?=\s)((?:"(?:(?!<a\s)[^"])*"|'(?:(?!<a\s)[^'])*'|(?!<a\s)[^"'>])*)>/gi
const ATTRIBUTE = /([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g

/** The file that an address leads to, as its last segment names it. */
const filenameIn = (href: string): string | undefined => {
  const path = href.replace(/&#43;|&plus;/g, '+').replace(/[?#].*$/s, '')
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
  } catch {
    return undefined
  }
}

/**
 * PEP 503 and PEP 592: one anchor a file, whose address ends with its name; yanked with the attribute
 * `data-yanked`, whatever its value.
 */
const filesInHtml = (text: string): IndexFile[] =>
  Array.from(text.replace(COMMENT, '').matchAll(ANCHOR)).flatMap(([, inner = '']) => {
    const attributes = new Map(
      Array.from(inner.matchAll(ATTRIBUTE), ([, name = '', double, single, bare]) => [
        name.toLowerCase(),
        double ?? single ?? bare ?? '',
      ]),
    )
    const filename = filenameIn(attributes.get('href') ?? '')
    return filename === undefined ? [] : [{ filename, yanked: attributes.has('data-yanked') }]
  })

/** The longest and the shortest limit of one look, in milliseconds. */
const LONGEST_LOOK = 15_000
const SHORTEST_LOOK = 3_000

/** One attempt a look: whoever looks does so again anyway, and at moments of their own. */
const within = (left: number): Backoff => ({
  attempts: 1,
  attemptTimeout: Math.min(Math.max(Math.ceil(left), SHORTEST_LOOK), LONGEST_LOOK),
  totalTime: 0,
  firstDelay: 0,
  longestDelay: 0,
})

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

  /** Asks once which versions there are, with not much more patience than what is left, in milliseconds. */
  async look(left: number): Promise<Listing> {
    let response: HttpResponse
    try {
      const headers = {
        accept: ACCEPT,
        // What pip sends: caches between may keep an answer for ten minutes.
        'cache-control': 'max-age=0',
        ...(this.#last === undefined ? {} : { 'if-none-match': this.#last.etag }),
      }
      response = await this.#transport.send({ method: 'GET', url: this.#url, headers }, within(left))
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      return { kind: 'no-answer', why: error.message, retryAfter: undefined }
    }
    if (response.status === 304 && this.#last !== undefined) return this.#last.listing
    const listing = this.#listingIn(response)
    const { etag } = response.headers
    if (listing.kind !== 'no-answer') {
      this.#last = listing.kind === 'versions' && etag !== undefined ? { etag, listing } : undefined
    }
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
      const why = `${this.address} answered with ${type === '' ? 'no content type' : oneLine(type)}, not the list of a package index`
      return { kind: 'no-answer', why, retryAfter }
    }
    const versions = files
      .filter(({ yanked }) => !yanked)
      .map(({ filename }) => versionOfFile(filename, this.#project))
      .filter(version => version !== undefined)
    return { kind: 'versions', versions: new Set(versions) }
  }
}
