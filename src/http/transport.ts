import { setMaxListeners } from 'node:events'
import * as http from 'node:http'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { counted, oneLine } from '../text.ts'
import { agentFor } from './agents.ts'
import { explainFailure, LastingError, NoAnswerError } from './errors.ts'
import { type Backoff, isRetryable, isRetryableError, parseRetryAfter, pauseBetween } from './retry.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
  readonly redirectProblem?: (target: URL) => string | undefined
}

export interface HttpResponse {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
  /** After redirects. */
  readonly url: URL
}

interface TransportOptions {
  readonly userAgent: string
  readonly log: Log
  readonly clock: Clock
  readonly backoff: Backoff
  readonly signal: AbortSignal
}

export class Transport implements Disposable {
  readonly #options: TransportOptions
  readonly #agents = new Map<string, http.Agent>()
  readonly #resumeAt = new Map<string, number>()
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal

  constructor(options: TransportOptions) {
    this.#options = options
    this.#signal = AbortSignal.any([options.signal, this.#closing.signal])
    setMaxListeners(0, options.signal)
  }

  /** Follows redirects of GET and HEAD. Throws `NoAnswerError`. */
  async send(request: HttpRequest, backoff: Backoff = this.#options.backoff): Promise<HttpResponse> {
    const { clock, log } = this.#options
    const { origin } = request.url
    const pause = pauseBetween(backoff, clock)
    const wait = () => (this.#resumeAt.get(origin) ?? 0) - clock.now()
    for (let attempt = 1; ; attempt += 1) {
      while (wait() > 0) await clock.sleep(wait())
      const answer = await this.#follow(request, backoff.attemptTimeout).catch((error: Error) => error)
      this.#signal.throwIfAborted()
      const failed = answer instanceof Error
      const what = `${describeRequest(request)}: ${failed ? oneLine(answer.message) : `status ${answer.status}`}`
      const asked = failed ? undefined : parseRetryAfter(answer.headers['retry-after'] ?? '', Date.now())
      const announce = (next: string) => {
        log.info(`${what}; ${next}`)
        if (asked !== undefined) this.#resumeAt.set(origin, clock.now() + asked)
      }
      if (isTemporary(answer) && (await pause(attempt, announce, asked))) continue
      if (!failed) return answer
      throw new NoAnswerError(`${what} (after ${counted(attempt, 'attempt')})`, { cause: answer })
    }
  }

  async #follow(request: HttpRequest, timeout: number, redirects = 0): Promise<HttpResponse> {
    const response = await this.#once(request, timeout)
    const { location } = response.headers
    const isRedirect = location !== undefined && response.status >= 300 && response.status < 400
    if (!isRedirect || !['GET', 'HEAD'].includes(request.method)) return response
    if (redirects === 5) throw new LastingError('more than 5 redirects')
    return this.#follow(redirected(request, location), timeout, redirects + 1)
  }

  async #once({ method, url, body, headers: given }: HttpRequest, timeout: number): Promise<HttpResponse> {
    const headers = { ...given, 'user-agent': this.#options.userAgent }
    const agent = this.#agents.get(url.origin) ?? agentFor(url)
    this.#agents.set(url.origin, agent)
    this.#signal.throwIfAborted()
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(timeout)])
    try {
      const message = await new Promise<http.IncomingMessage>((resolve, reject) => {
        // `signal` does not end the connection to a proxy, `timeout` does.
        const sent = http.request(url, { method, headers, agent, signal, timeout })
        sent.on('error', reject).on('response', resolve).end(body)
      })
      const status = message.statusCode ?? 0
      this.#options.log.debug(`${describeRequest({ method, url })}: ${status}`)
      return { status, headers: message.headers, body: await readBody(message, status), url }
    } catch (error) {
      throw signal.aborted ? new Error(`no answer within ${timeout / 1000} s`) : explainFailure(error)
    }
  }

  [Symbol.dispose]() {
    this.#closing.abort()
    for (const agent of this.#agents.values()) agent.destroy()
  }
}

/** Without the query: it may hold a signature. */
export function describeRequest({ method, url }: { method: string; url: URL }) {
  return `${method} ${url.origin}${url.pathname}`
}

/** Never from https to http, and without Authorization for another origin. */
export function redirected(request: HttpRequest, location: string): HttpRequest {
  const { origin, protocol, href } = request.url
  const url = new URL(location, href)
  const isDowngrade = url.protocol !== 'https:' && url.protocol !== protocol
  const problem = isDowngrade ? 'is not https' : request.redirectProblem?.(url)
  if (problem !== undefined)
    throw new LastingError(`a redirect from ${origin} to ${url.origin}, which ${problem}`)
  if (url.origin === origin) return { ...request, url }
  const headers = Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== 'authorization')
  return { ...request, url, headers: Object.fromEntries(headers) }
}

function isTemporary(answer: HttpResponse | Error) {
  if (answer instanceof Error) return isRetryableError(answer)
  // GitHub's secondary rate limit is a 403 with Retry-After.
  return isRetryable(answer.status) || (answer.status === 403 && answer.headers['retry-after'] !== undefined)
}

async function readBody(message: http.IncomingMessage, status: number) {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    // Of an error, the beginning suffices.
    if (status >= 400 && bytes > 64 * 1024) break
    if (bytes > 32 * 1024 * 1024) throw new LastingError('the answer has more than 32 MiB')
  }
  return Buffer.concat(chunks)
}
