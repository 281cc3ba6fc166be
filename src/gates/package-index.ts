import { LastingError, NoAnswerError } from '../http/errors.ts'
import { registryBackoff } from '../http/retry.ts'
import type { HttpResponse, Transport } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import { oneLine } from '../text.ts'
import { normaliseName, versionOfFile } from './package-version.ts'

/** The versions of which an index has a file that is not yanked, or why it does not say so. */
export type Listing =
  | { readonly kind: 'versions'; readonly versions: ReadonlySet<string> }
  /** `none` this time, `refused` however long one waits. */
  | { readonly kind: 'none' | 'refused'; readonly why: string; readonly retryAfter?: string | undefined }

const SIMPLE = 'application/vnd.pypi.simple.v1'
const ACCEPT = `${SIMPLE}+json, ${SIMPLE}+html;q=0.2, text/html;q=0.01`

/** One project, asked for as pip does. Its address has no credentials; `look` asks once. */
export function packageIndex(index: URL, project: string, transport: Transport) {
  const url = new URL(`${normaliseName(project)}/`, index.href.endsWith('/') ? index : `${index.href}/`)
  const address = `${url.origin}${url.pathname}`
  let last: { readonly etag: string; readonly listing: Listing } | undefined
  const ask = async (): Promise<Listing> => {
    const known = last && { 'if-none-match': last.etag }
    // What pip sends: caches between may keep an answer for ten minutes.
    const headers = { accept: ACCEPT, 'cache-control': 'max-age=0', ...known }
    // One attempt: whoever looks does so again.
    const answer = await transport.send({ method: 'GET', url, headers }, { ...registryBackoff, attempts: 1 })
    if (answer.status === 304 && last !== undefined) return last.listing
    const listing = listingIn(answer, address, project)
    const { etag } = answer.headers
    if (listing.kind === 'versions') last = etag === undefined ? undefined : { etag, listing }
    return listing
  }
  const look = (): Promise<Listing> =>
    ask().catch((error: unknown) => {
      if (!(error instanceof NoAnswerError)) throw error
      return { kind: error.cause instanceof LastingError ? 'refused' : 'none', why: error.message }
    })
  return { address, look }
}

function listingIn({ status, headers, body }: HttpResponse, address: string, project: string): Listing {
  const retryAfter = headers['retry-after']
  const none = (why: string): Listing => ({ kind: 'none', why: `${address} ${why}`, retryAfter })
  if (status === 404) return none(`has no project ${project}`)
  if ([401, 403, 410].includes(status)) return { kind: 'refused', why: `${address} answered ${status}` }
  if (status !== 200) return none(`answered ${status}`)
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(/\s*;/)
  const isHtml = type === `${SIMPLE}+html` || type === 'text/html'
  const filesIn = type === `${SIMPLE}+json` ? filesInJson : isHtml ? filesInHtml : undefined
  const files = filesIn?.(body.toString('utf8'))
  if (files === undefined) return none(`answered with "${oneLine(type)}", not the list of a package index`)
  return { kind: 'versions', versions: new Set(files.flatMap(file => versionOfFile(file, project) ?? [])) }
}

/** PEP 691; an empty reason for being yanked is none, as pip has it. */
function filesInJson(text: string): string[] | undefined {
  const files = field(parseJson(text), 'files')
  if (!Array.isArray(files)) return undefined
  return files.flatMap((file: unknown) => {
    const filename = field(file, 'filename')
    return typeof filename === 'string' && !field(file, 'yanked') ? [filename] : []
  })
}

// What has no end goes on to that of the text, or a hostile page would be read again from every beginning.
const COMMENT = /<!--[\s\S]*?(?:-->|$)/g
/** A quoted value may hold ">": indexes write `data-requires-python=">=3.8"`. */
const ANCHOR = /<a(?=\s)([^"'>]*(?:(?:"[^"]*(?:"|$)|'[^']*(?:'|$))[^"'>]*)*)/gi
const ATTRIBUTE = /([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g

/** PEP 503, PEP 592: one anchor a file, whose address ends with its name; yanked with `data-yanked`, whatever its value. */
function filesInHtml(text: string): string[] {
  return Array.from(text.replace(COMMENT, '').matchAll(ANCHOR)).flatMap(([, inner = '']) => {
    const attributes = new Map(
      Array.from(inner.matchAll(ATTRIBUTE), ([, name = '', double, single, bare]) => [
        name.toLowerCase(),
        double ?? single ?? bare ?? '',
      ]),
    )
    return attributes.has('data-yanked') ? [] : filenameIn(attributes.get('href') ?? '')
  })
}

function filenameIn(href: string): string | [] {
  const path = href.replace(/&#43;|&plus;/g, '+').replace(/[?#].*$/s, '')
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
  } catch {
    return []
  }
}
