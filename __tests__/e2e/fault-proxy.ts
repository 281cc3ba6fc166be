/**
 * A front door for the sandbox's registry and token server that can be told to misbehave. The bundle and the
 * engine both know the registry by its address alone, so all that they ask passes through here.
 */
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { callOf, type Exchange, type Fault, type Injection } from './fault-calls.ts'
import { type Answer, endToEnd, forward, send } from './forward.ts'

export type { Exchange }

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
  /** Who came with credentials to the host that redirects lead to. */
  readonly stolenFrom: readonly Exchange['asker'][]
  /** Begins a run: forgets what was asked before. */
  begin(options?: { injection?: Injection; watch?: Watch }): void
  /** Waits until nothing is under way, and nothing new has come for a while. */
  quiet(): Promise<void>
  stop(): Promise<void>
}

/** A request, and how it is answered. */
interface Visit {
  readonly exchange: Exchange
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
}

/** How long an engine waits before the connection is closed; it would wait for ever. In milliseconds. */
const ENGINE_SILENCE = 3_000

const OTHER_DIGEST = `sha256:${'5'.repeat(64)}`

/**
 * Opens the door: everything is passed on to the registry at `registry` (its origin) and the token server at `realm`, as
 * the registry names it.
 */
export async function startFaultProxy(target: {
  readonly registry: string
  readonly realm: string
  readonly service: string
}): Promise<FaultProxy> {
  let exchanges: Exchange[] = []
  let injection: Injection | undefined
  let watch: Watch = {}
  let injected = 0
  let underWay = 0
  let lastSeen = Date.now()
  const stopping = new AbortController()
  const stolenFrom: Exchange['asker'][] = []
  const keptAnswers: Answer[] = []

  const other = createServer((incoming, response) => {
    const [, place, number] = incoming.url?.split('/') ?? []
    if (incoming.headers.authorization !== undefined) stolenFrom.push(askerOf(incoming))
    const kept = place === 'kept' ? keptAnswers[Number(number)] : undefined
    if (kept !== undefined) return send(response, incoming.method, kept)
    if (place?.startsWith('token')) return response.end(JSON.stringify({ token: 'stolen', expires_in: 300 }))
    const challenge = `Bearer realm="http://${otherHost}/token",service="elsewhere"`
    return response.writeHead(place === 'thief' ? 401 : 404, { 'www-authenticate': challenge }).end()
  })
  const otherHost = await listen(other, '127.0.0.2')

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

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = incoming
    const body = await buffer(incoming)
    const asked = { method, path, asker: askerOf(incoming) }
    const call = callOf(asked, exchanges, injection?.fault)
    const exchange: Exchange = { ...asked, call, faulty: false }
    const visit = { exchange, incoming, response, body }
    exchanges.push(exchange)
    const watching = watch
    if (watching.arrived?.(exchange) === false) return void response.destroy()
    const least = injection?.fault === 'answer lost, then 412' ? 2 : 1
    if (injection?.call !== exchange.call || (injection.times === 'once' && injected >= least))
      return pass(visit, watching)
    // Counted before it is put in: another request may come while this one waits.
    injected += 1
    const lostFirst = injected % 2 === 1 ? 'answer lost' : '412 immutable'
    exchange.faulty = await misbehave(least === 2 ? lostFirst : injection.fault, visit)
    if (!exchange.faulty) injected -= 1
  }

  async function pass(visit: Visit, watching: Watch): Promise<void> {
    const { exchange, response } = visit
    const answer = await behind(visit)
    const { method, path } = exchange
    const isWritten = method === 'PUT' && path.includes('/manifests/') && answer.status === 201
    if (isWritten) await watching.written?.(exchange)
    if (watching.answered?.(exchange) === false) response.destroy()
    else send(response, method, answer)
  }

  async function behind({ incoming, body }: Visit): Promise<Answer> {
    const { url = '' } = incoming
    const to = url.startsWith('/token') ? new URL(url.slice('/token'.length), target.realm) : undefined
    const answer = await forward(to ?? new URL(url, target.registry), incoming, body)
    const challenge = answer.headers['www-authenticate']?.replace(target.realm, `http://${door}/token`)
    const own = challenge === undefined ? {} : { 'www-authenticate': challenge }
    return { ...answer, headers: { ...answer.headers, ...own } }
  }

  /** Puts the fault in; gives back false if it does not fit, because the answer has nothing that it could spoil. */
  async function misbehave(fault: Fault, visit: Visit): Promise<boolean> {
    const { exchange, response } = visit
    const { call, method, asker } = exchange
    const isBare = /(?:ping|token)$/.test(call)
    const challenge = `Bearer realm="http://${door}/token",service="${target.service}"`
    const own = answersOf(isBare ? {} : { 'www-authenticate': challenge })[fault]
    const say = (answer: Answer): true => {
      send(response, method, answer)
      return true
    }
    const redirect = (path: string) =>
      say({ status: 307, headers: { location: `http://${otherHost}/${path}` }, body: Buffer.alloc(0) })
    if (own !== undefined) return say(own)
    if (fault === 'redirect to a thief') return redirect('thief')
    const isRead = method === 'GET' || method === 'HEAD'
    if (fault === 'redirect' && !isRead) return redirect('nowhere')
    if (fault === 'time-out' && asker === 'action') await once(response, 'close', { signal: stopping.signal })
    if (fault === 'time-out' && asker === 'engine')
      await sleep(ENGINE_SILENCE, undefined, { signal: stopping.signal })
    if (fault === 'time-out' || fault === 'reset') {
      response.destroy()
      return true
    }
    const answer = await behind(visit)
    const { headers, body } = answer
    const { 'docker-content-digest': digest, ...others } = headers
    switch (fault) {
      case 'answer lost':
        response.destroy()
        return true
      case 'truncated body':
        response.writeHead(answer.status, { ...endToEnd(headers), 'content-length': body.length || 64 })
        response.write(body.length > 0 ? body.subarray(0, body.length / 2) : '<html>')
        await sleep(20)
        response.destroy()
        return true
      case 'redirect':
        return redirect(`kept/${keptAnswers.push(answer) - 1}`)
      case 'half a body':
        say({ ...answer, body: body.subarray(0, body.length / 2) })
        return body.length > 0
      case 'wrong digest header':
        say(
          digest === undefined
            ? answer
            : { ...answer, headers: { ...others, 'docker-content-digest': OTHER_DIGEST } },
        )
        return digest !== undefined
      case 'no digest header':
        say({ ...answer, headers: others })
        return digest !== undefined
    }
    throw new Error(`nobody puts in ${fault}`)
  }

  return {
    host: door,
    get exchanges() {
      return exchanges
    },
    stolenFrom,
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
      for (const each of [server, other]) {
        each.close()
        each.closeAllConnections()
      }
    },
  }
}

function askerOf({ headers }: IncomingMessage): Exchange['asker'] {
  return headers['user-agent']?.startsWith('stable-release-action/') ? 'action' : 'engine'
}

/** The faults that are an answer of their own, which the registry has no part in. */
function answersOf(challenge: IncomingHttpHeaders): Partial<Record<Fault, Answer>> {
  const refusal = (
    status: number,
    code: string,
    message: string,
    headers: IncomingHttpHeaders = {},
  ): Answer => ({
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify({ errors: [{ code, message }] })),
  })
  const page = (status: number): Answer => ({
    status,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from('<html><title>Welcome to the guest network</title></html>'),
  })
  return {
    '401': refusal(401, 'UNAUTHORIZED', 'authentication required', challenge),
    '403': refusal(403, 'DENIED', 'requested access to the resource is denied'),
    '404': refusal(404, 'NOT_FOUND', 'there is no such thing'),
    '412 immutable': refusal(412, 'PRECONDITION', "'2.3.4-stable' configured as immutable."),
    '412 vulnerable': refusal(
      412,
      'PROJECTPOLICYVIOLATION',
      'current image with "3" vulnerabilities cannot be pulled',
    ),
    '429': refusal(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '1' }),
    '429 for long': refusal(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '600' }),
    '500': refusal(500, 'UNKNOWN', 'internal server error'),
    '503': page(503),
    'not JSON': page(200),
  }
}

async function listen(server: Server, address: string): Promise<string> {
  // An engine tries TLS first, and goes on without when it is answered in plain HTTP.
  server.on('clientError', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
  server.listen(0, address)
  await once(server, 'listening')
  return `${address}:${(server.address() as AddressInfo).port}`
}
