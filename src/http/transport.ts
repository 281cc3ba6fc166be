import { setMaxListeners } from 'node:events'
import * as http from 'node:http'
import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { counted, oneLine } from '../text.ts'
import { agentFor } from './agents.ts'
import { LastingError, NoAnswerError } from './errors.ts'
import { type Backoff, isRetryable, isRetryableError, parseRetryAfter, pauseBetween } from './retry.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
  /** Says why a redirect must not be followed there, or nothing. */
  readonly redirectProblem?: (target: URL) => string | undefined
}

export interface HttpResponse {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
  /** Where the answer came from, after redirects. */
  readonly url: URL
}

interface TransportOptions {
  readonly userAgent: string
  readonly log: Log
  readonly clock: Clock
  readonly backoff: Backoff
  readonly signal: AbortSignal
}

/** Sends requests: connections kept, time and size limited, passing faults tried again. */
export class Transport implements Disposable {
  readonly #options: TransportOptions
  readonly #agents = new Map<string, http.Agent>()
  /** Until when an origin has asked to be left alone. */
  readonly #resumeAt = new Map<string, number>()
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal

  constructor(options: TransportOptions) {
    this.#options = options
    this.#signal = AbortSignal.any([options.signal, this.#closing.signal])
    // Every wait of the run listens.
    setMaxListeners(0, options.signal)
  }

  /** Sends a request, and follows redirects of GET and HEAD. Throws `NoAnswerError` when no attempt was answered. */
  async send(request: HttpRequest, backoff: Backoff = this.#options.backoff): Promise<HttpResponse> {
    const { clock, log } = this.#options
    const { origin } = request.url
    const pause = pauseBetween(backoff, clock)
    const wait = (): number => (this.#resumeAt.get(origin) ?? 0) - clock.now()
    for (let attempt = 1; ; attempt += 1) {
      while (wait() > 0) await clock.sleep(wait())
      const outcome = await this.#follow(request, backoff).catch((error: unknown) => ({ error }))
      this.#signal.throwIfAborted()
      const failed = 'error' in outcome
      if (!failed && !isRetryable(outcome.status)) return outcome
      const why = failed ? oneLine(messageOf(outcome.error)) : `status ${outcome.status}`
      const what = `${describeRequest(request)}: ${why}`
      const asked = failed ? undefined : parseRetryAfter(outcome.headers['retry-after'] ?? '', Date.now())
      const announce = (next: string): void => {
        log.info(`${what}; ${next}`)
        // What one request is told goes for all.
        if (asked !== undefined) this.#resumeAt.set(origin, clock.now() + asked)
      }
      const isPassing = !failed || isRetryableError(outcome.error)
      if (isPassing && (await pause(attempt, announce, asked))) continue
      if (!failed) return outcome
      throw new NoAnswerError(`${what} (after ${counted(attempt, 'attempt')})`, { cause: outcome.error })
    }
  }

  async #follow(request: HttpRequest, limits: Backoff, redirects = 0): Promise<HttpResponse> {
    const response = await this.#once(request, limits.attemptTimeout)
    const { location } = response.headers
    const isRedirect = location !== undefined && response.status >= 300 && response.status < 400
    if (!isRedirect || !['GET', 'HEAD'].includes(request.method)) return response
    if (redirects === 5) throw new LastingError('more than 5 redirects')
    return this.#follow(redirected(request, location), limits, redirects + 1)
  }

  async #once(request: HttpRequest, timeout: number): Promise<HttpResponse> {
    const { method, url, body } = request
    const headers = { ...request.headers, 'user-agent': this.#options.userAgent }
    const agent = this.#agents.get(url.origin) ?? agentFor(url)
    this.#agents.set(url.origin, agent)
    this.#signal.throwIfAborted()
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(timeout)])
    try {
      const message = await new Promise<http.IncomingMessage>((resolve, reject) => {
        // The timeout is that of a proxy, too, of whose connection the signal knows nothing.
        const sent = http.request(url, { method, headers, agent, signal, timeout })
        sent.on('error', reject).on('response', resolve).end(body)
      })
      const status = message.statusCode ?? 0
      this.#options.log.debug(`${describeRequest(request)}: ${status}`)
      return { status, headers: message.headers, body: await readBody(message), url }
    } catch (error) {
      throw signal.aborted ? new Error(`no answer within ${timeout / 1000} s`) : error
    }
  }

  /** Ends requests that nobody waits for any more, and kept connections. */
  [Symbol.dispose](): void {
    this.#closing.abort()
    for (const agent of this.#agents.values()) agent.destroy()
  }
}

/** The method and address of a request, without a query, which may hold a signature. */
export function describeRequest({ method, url }: Pick<HttpRequest, 'method' | 'url'>): string {
  return `${method} ${url.origin}${url.pathname}`
}

/** What a redirect asks for: never from https to http, and without the Authorization header at another origin. */
export function redirected(request: HttpRequest, location: string): HttpRequest {
  const { origin, protocol, href } = request.url
  const url = new URL(location, href)
  const isDowngrade = url.protocol !== 'https:' && url.protocol !== protocol
  const problem = isDowngrade ? 'is not https' : request.redirectProblem?.(url)
  if (problem !== undefined)
    throw new LastingError(`a redirect from ${origin} to ${url.protocol}//${url.host}, which ${problem}`)
  if (url.origin === origin) return { ...request, url }
  const headers = Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== 'authorization')
  return { ...request, url, headers: Object.fromEntries(headers) }
}

/** What a list of tags may need; of an error, its status counts, and how it begins. */
const [MAX_BYTES, MAX_ERROR_BYTES] = [32 * 1024 * 1024, 64 * 1024]

async function readBody(message: http.IncomingMessage): Promise<Buffer> {
  const isError = (message.statusCode ?? 0) >= 400
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop closes the connection.
    if (isError && bytes > MAX_ERROR_BYTES) break
    if (bytes > MAX_BYTES) throw new LastingError(`the answer has more than ${MAX_BYTES} bytes`)
  }
  return Buffer.concat(chunks)
}
