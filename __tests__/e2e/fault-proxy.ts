/**
 * A front door for the sandbox's registry and token server that can be told to misbehave. The bundle and the
 * engine both know the registry by its address alone, so all that they ask passes through here.
 */
import { once } from 'node:events'
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

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
  readonly authorized: boolean
  /** What was answered: a status, or what happened instead. */
  answer: number | 'under way' | 'broken' | 'silent'
  /** Whether the fault was put in here. */
  faulty: boolean
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A request to the host that redirects lead to. */
export type Visit = Pick<Exchange, 'path' | 'asker' | 'authorized'>

/** What the door asks whoever watches the run. */
export interface Watch {
  /** Before a request is passed on; false drops it, and its connection. */
  arrived?(exchange: Exchange): boolean
  /** After the registry has answered; false keeps the answer back and breaks the connection. */
  answered?(exchange: Exchange): boolean
  /** After the registry has accepted a manifest, before anybody else knows. */
  written?(exchange: Exchange): Promise<void>
}

export interface FaultProxy {
  /** As in a reference. */
  readonly host: string
  /** Every request since the last `begin`. */
  readonly exchanges: readonly Exchange[]
  /** What came to the host that redirects lead to. */
  readonly elsewhere: readonly Visit[]
  /** Begins a run: forgets what was asked before. */
  begin(options?: { injection?: Injection; watch?: Watch }): void
  /** Waits until nothing is under way, and nothing new has come for a while. */
  quiet(): Promise<void>
  stop(): Promise<void>
}

/** How long an engine waits before the connection is closed; it would wait for ever. In milliseconds. */
const ENGINE_SILENCE = 3_000

const askerOf = ({ headers }: IncomingMessage): Exchange['asker'] =>
  headers['user-agent']?.startsWith('stable-release-action/') ? 'action' : 'engine'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const refusal = (
  status: number,
  code: string,
  message: string,
  headers: IncomingHttpHeaders = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: json({ errors: [{ code, message }] }),
})

/** The faults that are an answer of their own, which the registry has no part in. */
const answersOf = (challenge: string | undefined): Partial<Record<Fault, Answer>> => ({
  '401': refusal(
    401,
    'UNAUTHORIZED',
    'authentication required',
    challenge === undefined ? {} : { 'www-authenticate': challenge },
  ),
  '403': refusal(403, 'DENIED', 'requested access to the resource is denied'),
  '404': refusal(404, 'NOT_FOUND', 'there is no such thing'),
  '412 immutable': refusal(
    412,
    'PRECONDITION',
    "Failed to process request due to '2.3.4-stable' configured as immutable.",
  ),
  '412 vulnerable': refusal(
    412,
    'PROJECTPOLICYVIOLATION',
    'current image with "3" vulnerabilities cannot be pulled due to configured policy',
  ),
  '429': refusal(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '1' }),
  '429 for long': refusal(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '600' }),
  '500': refusal(500, 'UNKNOWN', 'internal server error'),
  '503': { status: 503, headers: { 'content-type': 'text/html' }, body: Buffer.from('<h1>Maintenance</h1>') },
  'not JSON': {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from('<html><title>Welcome to the guest network</title></html>'),
  },
})

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'expect', 'content-length']

const endToEnd = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)))

const listen = async (server: Server, address: string): Promise<string> => {
  // An engine tries TLS first, and goes on without when it is answered in plain HTTP.
  server.on('clientError', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
  server.listen(0, address)
  await once(server, 'listening')
  return `${address}:${(server.address() as AddressInfo).port}`
}

const close = async (server: Server): Promise<void> => {
  server.close()
  server.closeAllConnections()
  if (server.listening) await once(server, 'close')
}

const OTHER_DIGEST = `sha256:${'5'.repeat(64)}`

/** What kind of call a request is, which depends on what has been asked before in the same run. */
const callOf = (
  { method, path, asker }: Pick<Exchange, 'method' | 'path' | 'asker'>,
  before: readonly Exchange[],
  fault: Fault | undefined,
): Call => {
  const url = new URL(path, 'http://door')
  const engine = asker === 'engine'
  if (url.pathname === '/token') return engine ? 'engine token' : 'token'
  if (url.pathname === '/v2/') return engine ? 'engine ping' : 'ping'
  const [, place = '', reference = ''] = /\/(manifests|blobs|tags)\/(.*)$/.exec(url.pathname) ?? []
  if (engine) {
    if (method === 'HEAD') return 'engine head'
    if (method === 'GET') return 'engine get'
    if (place === 'manifests') return 'engine PUT manifest'
    return method === 'POST'
      ? 'engine POST blob'
      : method === 'PATCH'
        ? 'engine PATCH blob'
        : 'engine PUT blob'
  }
  if (place === 'tags') return 'tags/list'
  if (place === 'blobs') return 'config'
  if (method === 'PUT') return 'put'
  const copied = before.some(({ call }) => call === 'put')
  const pushed = before.some(({ call }) => call === 'engine PUT manifest')
  const head: OurCall = copied ? 'final head' : pushed ? 'head again' : 'head'
  if (method === 'HEAD') return head
  if (reference.startsWith('sha256:')) return 'get platform'
  // A GET of a tag right after a HEAD that did not tell its digest is the same question.
  const last = before.findLast(exchange => exchange.path === path && exchange.asker === asker)
  const repeats = last?.method === 'HEAD' && last.faulty && fault !== 'wrong digest header'
  if (repeats) return head
  return pushed ? 'read back' : 'get published'
}

/** Opens the door: everything is passed on to the registry at `registry` and the token server at `realm`. */
export const startFaultProxy = async (target: {
  /** Origin of the registry. */
  readonly registry: string
  /** Address of the token server, as the registry names it. */
  readonly realm: string
  readonly service: string
}): Promise<FaultProxy> => {
  const agent = new Agent({ keepAlive: true })
  let exchanges: Exchange[] = []
  let injection: Injection | undefined
  let watch: Watch = {}
  let injected = 0
  let underWay = 0
  let lastSeen = Date.now()
  const stopping = new AbortController()
  const elsewhere: Visit[] = []
  const keptAnswers = new Map<string, Answer>()

  const forward = async (
    { method, url = '', headers }: IncomingMessage,
    body: Buffer,
    door: string,
  ): Promise<Answer> => {
    const to = url.startsWith('/token') ? new URL(url.slice('/token'.length), target.realm) : undefined
    const sent = request(to ?? new URL(url, target.registry), {
      method,
      agent,
      // The Host as it came: the registry makes its Location headers from it.
      headers: {
        ...endToEnd(headers),
        ...(body.length > 0 || method !== 'GET' ? { 'content-length': body.length } : {}),
      },
    }).end(body)
    const [message] = (await once(sent, 'response')) as [IncomingMessage]
    const answer = { status: message.statusCode ?? 0, headers: message.headers, body: await buffer(message) }
    const challenge = answer.headers['www-authenticate']?.replace(target.realm, `http://${door}/token`)
    return challenge === undefined
      ? answer
      : { ...answer, headers: { ...answer.headers, 'www-authenticate': challenge } }
  }

  const send = (response: ServerResponse, exchange: Exchange, { status, headers, body }: Answer): void => {
    exchange.answer = status
    const length = exchange.method === 'HEAD' ? headers['content-length'] : String(body.length)
    const all: OutgoingHttpHeaders = { ...endToEnd(headers), 'content-length': length }
    if (length === undefined) delete all['content-length']
    response.writeHead(status, all)
    response.end(exchange.method === 'HEAD' ? undefined : body)
  }

  const breakOff = (response: ServerResponse, exchange: Exchange): void => {
    exchange.answer = 'broken'
    response.destroy()
  }

  const other = createServer((incoming, response) => {
    const { pathname } = new URL(incoming.url ?? '', 'http://elsewhere')
    elsewhere.push({
      path: pathname,
      asker: askerOf(incoming),
      authorized: incoming.headers.authorization !== undefined,
    })
    const kept = keptAnswers.get(pathname)
    if (kept !== undefined) {
      response.writeHead(kept.status, { ...endToEnd(kept.headers), 'content-length': kept.body.length })
      return response.end(incoming.method === 'HEAD' ? undefined : kept.body)
    }
    if (pathname === '/token') return response.end(json({ token: 'stolen', expires_in: 300 }))
    response.writeHead(pathname.startsWith('/thief/') ? 401 : 404, {
      'www-authenticate': `Bearer realm="http://${otherHost}/token",service="elsewhere"`,
    })
    return response.end()
  })
  const otherHost = await listen(other, '127.0.0.2')

  /** Puts the fault in; gives back false if it does not fit, because the answer has nothing that it could spoil. */
  const misbehave = async (
    fault: Fault,
    {
      exchange,
      incoming,
      response,
      body,
      door,
    }: {
      exchange: Exchange
      incoming: IncomingMessage
      response: ServerResponse
      body: Buffer
      door: string
    },
  ): Promise<boolean> => {
    const { call, method } = exchange
    const challenge = `Bearer realm="http://${door}/token",service="${target.service}"`
    const bare = call === 'ping' || call === 'token' || call === 'engine ping' || call === 'engine token'
    const fixed = answersOf(bare ? undefined : challenge)[fault]
    if (fixed !== undefined) {
      send(response, exchange, fixed)
      return true
    }
    if (fault === 'reset') {
      breakOff(response, exchange)
      return true
    }
    if (fault === 'time-out') {
      exchange.answer = 'silent'
      if (exchange.asker === 'engine') await sleep(ENGINE_SILENCE, undefined, { signal: stopping.signal })
      else await once(response, 'close', { signal: stopping.signal })
      response.destroy()
      return true
    }
    if (fault === 'redirect to a thief' || (fault === 'redirect' && method !== 'GET' && method !== 'HEAD')) {
      const location = `http://${otherHost}/${fault === 'redirect' ? 'nowhere' : 'thief'}/${elsewhere.length}`
      send(response, exchange, { status: 307, headers: { location }, body: Buffer.alloc(0) })
      return true
    }
    const answer = await forward(incoming, body, door)
    const digest = answer.headers['docker-content-digest']
    const { 'docker-content-digest': _, ...headers } = answer.headers
    switch (fault) {
      case 'answer lost':
        breakOff(response, exchange)
        return true
      case 'truncated body': {
        const length = answer.body.length > 0 ? answer.body.length : 64
        exchange.answer = 'broken'
        response.writeHead(answer.status, { ...endToEnd(answer.headers), 'content-length': length })
        response.write(answer.body.length > 0 ? answer.body.subarray(0, length / 2) : '<html>')
        await sleep(20)
        response.destroy()
        return true
      }
      case 'redirect': {
        const path = `/kept/${keptAnswers.size}`
        keptAnswers.set(path, answer)
        send(response, exchange, {
          status: 307,
          headers: { location: `http://${otherHost}${path}` },
          body: Buffer.alloc(0),
        })
        return true
      }
      case 'half a body':
        send(response, exchange, { ...answer, body: answer.body.subarray(0, answer.body.length / 2) })
        return answer.body.length > 0
      case 'wrong digest header':
        send(response, exchange, {
          ...answer,
          headers: digest === undefined ? headers : { ...headers, 'docker-content-digest': OTHER_DIGEST },
        })
        return digest !== undefined
      case 'no digest header':
        send(response, exchange, { ...answer, headers })
        return digest !== undefined
    }
    throw new Error(`nobody puts in ${fault}`)
  }

  const pass = async (
    exchange: Exchange,
    {
      incoming,
      response,
      body,
      door,
    }: { incoming: IncomingMessage; response: ServerResponse; body: Buffer; door: string },
    watching: Watch,
  ): Promise<void> => {
    const answer = await forward(incoming, body, door)
    const wrote = incoming.method === 'PUT' && exchange.path.includes('/manifests/') && answer.status === 201
    if (wrote) await watching.written?.(exchange)
    if (watching.answered?.(exchange) === false) return breakOff(response, exchange)
    send(response, exchange, answer)
  }

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = incoming
    const body = await buffer(incoming)
    const asker = askerOf(incoming)
    const asked = { method, path, asker } as const
    const exchange: Exchange = {
      ...asked,
      call: callOf(asked, exchanges, injection?.fault),
      authorized: headers.authorization !== undefined,
      answer: 'under way',
      faulty: false,
    }
    exchanges.push(exchange)
    const watching = watch
    if (watching.arrived?.(exchange) === false) return breakOff(response, exchange)
    const least = injection?.fault === 'answer lost, then 412' ? 2 : 1
    const due =
      injection?.call === exchange.call && (injection.times === 'always' || injected < least)
        ? injection
        : undefined
    if (due === undefined) return pass(exchange, { incoming, response, body, door }, watching)
    // Counted before it is put in: another request may come while this one waits.
    injected += 1
    const { fault: planned } = due
    const lost = injected % 2 === 1 ? 'answer lost' : '412 immutable'
    const fault = planned === 'answer lost, then 412' ? lost : planned
    exchange.faulty = await misbehave(fault, { exchange, incoming, response, body, door })
    if (!exchange.faulty) injected -= 1
  }

  const server = createServer((incoming, response) => {
    underWay += 1
    lastSeen = Date.now()
    answer(incoming, response)
      .catch(() => response.destroy())
      .finally(() => {
        underWay -= 1
        lastSeen = Date.now()
      })
  })
  const door = await listen(server, '127.0.0.1')

  return {
    host: door,
    get exchanges() {
      return exchanges
    },
    elsewhere,
    begin(options = {}) {
      exchanges = []
      injected = 0
      injection = options.injection
      watch = options.watch ?? {}
    },
    async quiet() {
      while (underWay > 0 || Date.now() - lastSeen < 100) await sleep(20)
    },
    async stop() {
      stopping.abort()
      await Promise.all([close(server), close(other)])
      agent.destroy()
    },
  }
}
