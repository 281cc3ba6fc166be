import { LastingError, NoAnswerError } from '../http/errors.ts'
import { parseRetryAfter, registryBackoff } from '../http/retry.ts'
import type { HttpResponse, Transport } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import { oneLine } from '../text.ts'
import { normaliseName, versionOfFile } from './package-version.ts'

/** Versions that are not yanked; `refused` is for good. */
export type Listing =
  | { readonly kind: 'versions'; readonly versions: ReadonlySet<string> }
  | {
      readonly kind: 'no project' | 'unusable' | 'refused'
      readonly why: string
      readonly notBefore?: number | undefined
    }

const SIMPLE = 'application/vnd.pypi.simple.v1'

/** `look` asks once, as pip does. */
export function packageIndex(index: URL, project: string, transport: Transport) {
  const url = new URL(`${normaliseName(project)}/`, index.href.endsWith('/') ? index : `${index.href}/`)
  const address = `${url.origin}${url.pathname}`
  const headers = {
    accept: `${SIMPLE}+json, ${SIMPLE}+html;q=0.2, text/html;q=0.01`,
    // As pip: caches may keep an answer for ten minutes.
    'cache-control': 'max-age=0',
  }
  const look = async (): Promise<Listing> => {
    try {
      const once = { ...registryBackoff, attempts: 1 }
      return listingIn(await transport.send({ method: 'GET', url, headers }, once), address, project)
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      return { kind: error.cause instanceof LastingError ? 'refused' : 'unusable', why: error.message }
    }
  }
  return { address, look }
}

function listingIn({ status, headers, body }: HttpResponse, address: string, project: string): Listing {
  const notBefore = parseRetryAfter(headers['retry-after'] ?? '', Date.now())
  const why = `${address} answered ${status}`
  if (status === 404) return { kind: 'no project', why: `${address} has no project ${project}`, notBefore }
  if ([401, 403, 410].includes(status)) return { kind: 'refused', why }
  if (status !== 200) return { kind: 'unusable', why, notBefore }
  const [type = ''] = headers['content-type']?.toLowerCase().split(/\s*;/) ?? []
  const isHtml = type === `${SIMPLE}+html` || type === 'text/html'
  const filesIn = isHtml ? filesInHtml : filesInJson
  const files = isHtml || type === `${SIMPLE}+json` ? filesIn(body.toString('utf8')) : undefined
  if (files === undefined) return { kind: 'unusable', why: `${why} with "${oneLine(type)}", not with a list` }
  return { kind: 'versions', versions: new Set(files.flatMap(file => versionOfFile(file, project) ?? [])) }
}

/** PEP 691. For pip, too, an empty reason for being yanked is none. */
function filesInJson(text: string) {
  const files = field(parseJson(text), 'files')
  if (!Array.isArray(files)) return undefined
  return files.flatMap((file: unknown) => {
    const filename = field(file, 'filename')
    return typeof filename === 'string' && !field(file, 'yanked') ? [filename] : []
  })
}

// What is not closed ends with the text: a hostile page is read in one pass.
const COMMENT = /<!--[\s\S]*?(?:-->|$)/g
/** Quoted values may hold ">". */
const ANCHOR = /<a(?=\s)([^"'>]*(?:(?:"[^"]*(?:"|$)|'[^']*(?:'|$))[^"'>]*)*)/gi
const ATTRIBUTE = /([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g

/** PEP 503 and 592: an anchor a file; any `data-yanked` means yanked. */
function filesInHtml(text: string) {
  return [...text.replace(COMMENT, '').matchAll(ANCHOR)].flatMap(([, inner = '']) => {
    const attributes = new Map(
      Array.from(inner.matchAll(ATTRIBUTE), ([, name = '', ...values]) => [
        name.toLowerCase(),
        values.join(''),
      ]),
    )
    return attributes.has('data-yanked') ? [] : filenameIn(attributes.get('href') ?? '')
  })
}

function filenameIn(href: string) {
  const path = href.replace(/&#43;|&plus;/g, '+').replace(/[?#].*$/s, '')
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
  } catch {
    return []
  }
}
