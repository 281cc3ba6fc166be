/** What the bundle and the engine ask a registry, and what can happen to it. */

/** The kinds of calls that the bundle makes, in the order in which a run makes them. */
export const OUR_CALLS = [
  /** `GET /v2/`. */
  'ping',
  'token',
  /** HEAD of a planned tag before anything was written. */
  'head',
  'tags/list',
  /** GET of the first tag before anything is pushed: it is published already. */
  'get published',
  /** GET of a manifest by its digest: of an image in an index. */
  'get platform',
  /** GET of a blob, the image's config. */
  'config',
  /** POST that begins an upload, to find out whether the account may write, and DELETE that cancels it. */
  'upload',
  'cancel',
  /** GET of the first tag after it was pushed. */
  'read back',
  /** HEAD of a tag between the push and the first copy. */
  'head again',
  /** PUT of a manifest under a tag: a copy. */
  'put',
  /** HEAD of a tag after a copy was written. */
  'final head',
] as const

/** The kinds of calls of docker and its engine. */
export const ENGINE_CALLS = [
  'engine ping',
  'engine token',
  'engine head',
  'engine get',
  'engine POST blob',
  'engine PATCH blob',
  'engine PUT blob',
  'engine PUT manifest',
] as const

export type OurCall = (typeof OUR_CALLS)[number]
export type EngineCall = (typeof ENGINE_CALLS)[number]
export type Call = OurCall | EngineCall

export const FAULTS = [
  '401',
  '403',
  '404',
  /** Harbor's answer where a tag is immutable. */
  '412 immutable',
  /** Harbor's answer where its vulnerability policy forbids to pull. */
  '412 vulnerable',
  /** With a Retry-After of one second. */
  '429',
  /** With a Retry-After of ten minutes. */
  '429 for long',
  '500',
  '503',
  /** The connection breaks, and the request has not reached the registry. */
  'reset',
  /** The registry has done what it was asked, and the connection breaks before it says so. */
  'answer lost',
  /** The same, and the next attempt is refused, as by Harbor where the tag is immutable now. */
  'answer lost, then 412',
  /** No answer. */
  'time-out',
  /** The connection breaks in the middle of the answer's body. */
  'truncated body',
  /** Half a body that claims to be whole. */
  'half a body',
  /** A page for people, with status 200. */
  'not JSON',
  'wrong digest header',
  'no digest header',
  /** To a host that has the answer: registries keep blobs elsewhere. */
  'redirect',
  /** To a host that asks for credentials. */
  'redirect to a thief',
] as const

export type Fault = (typeof FAULTS)[number]

export interface Injection {
  readonly call: Call
  readonly fault: Fault
  readonly times: 'once' | 'always'
}

/** One request that came to the door. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly call: Call
  readonly asker: 'action' | 'engine'
  /** Whether the fault was put in here. */
  faulty: boolean
}

/** What kind of call a request is, which depends on what has been asked before in the same run. */
export function callOf(
  { method, path, asker }: Pick<Exchange, 'method' | 'path' | 'asker'>,
  before: readonly Exchange[],
  fault: Fault | undefined,
): Call {
  const { pathname } = new URL(path, 'http://door')
  const isEngine = asker === 'engine'
  if (pathname === '/token') return isEngine ? 'engine token' : 'token'
  if (pathname === '/v2/') return isEngine ? 'engine ping' : 'ping'
  const [, place = '', reference = ''] = /\/(manifests|blobs|tags)\/(.*)$/.exec(pathname) ?? []
  if (isEngine) {
    if (method === 'HEAD') return 'engine head'
    if (method === 'GET') return 'engine get'
    if (place === 'manifests') return 'engine PUT manifest'
    return method === 'POST' || method === 'PATCH' ? `engine ${method} blob` : 'engine PUT blob'
  }
  if (place === 'tags') return 'tags/list'
  if (place === 'blobs') return method === 'POST' ? 'upload' : method === 'DELETE' ? 'cancel' : 'config'
  if (method === 'PUT') return 'put'
  const isPushed = before.some(({ call }) => call === 'engine PUT manifest')
  const head = before.some(({ call }) => call === 'put') ? 'final head' : isPushed ? 'head again' : 'head'
  if (method === 'HEAD') return head
  if (reference.startsWith('sha256:')) return 'get platform'
  // A GET of a tag right after a HEAD that did not tell its digest is the same question.
  const last = before.findLast(exchange => exchange.path === path && exchange.asker === asker)
  if (last?.method === 'HEAD' && last.faulty && fault !== 'wrong digest header') return head
  return isPushed ? 'read back' : 'get published'
}
