import { setMaxListeners } from 'node:events'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { oneLine } from '../text.ts'
import { Agents } from './agents.ts'
import { beginAttempt } from './attempt.ts'
import { NoAnswerError, UnusableAnswerError } from './errors.ts'
import { redirectTo, type Target } from './redirect.ts'
import { type Backoff, delayBefore, isRetryable, isRetryableError, nextAttempt } from './retry.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** The longest answer that is taken, in bytes; without it, what a manifest or a list of tags may need. */
  readonly maxBytes?: number
  /** Says what keeps a redirect from being followed to an address, or nothing. */
  readonly redirectProblem?: (target: URL) => string | undefined
}

export interface HttpResponse {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
  /** Where the answer came from, after redirects. */
  readonly url: URL
}

/** The longest answer, in bytes, where the request does not say. */
const MAX_BYTES = 32 * 1024 * 1024
/** How much is read of an answer that is an error, in bytes: what counts is its status, and how it begins. */
const MAX_ERROR_BYTES = 64 * 1024
const MAX_REDIRECTS = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

const withoutQuery = (url: URL): string => `${url.origin}${url.pathname}`

/** The method and address of a request, without a query, which may hold a signature. */
export const describeRequest = ({ method, url }: Pick<HttpRequest, 'method' | 'url'>): string =>
  `${method} ${withoutQuery(url)}`

/** Reads the body of an answer: not more than `maxBytes`, and of an error only the beginning. */
const readBody = async (message: http.IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const isError = (message.statusCode ?? 0) >= 400
  const limit = isError ? MAX_ERROR_BYTES : maxBytes
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop closes the connection.
    if (bytes > limit) break
  }
  if (bytes > limit && !isError) throw new UnusableAnswerError(`the answer has more than ${limit} bytes`)
  return Buffer.concat(chunks).subarray(0, limit)
}

/**
 * Sends requests: through proxies, connections kept, a time limit an attempt, answers bounded in size, passing
 * faults tried again.
 */
export class Transport implements Disposable {
  readonly #agents = new Agents()
  readonly #userAgent: string
  readonly #log: Log
  readonly #clock: Clock
  readonly #backoff: Backoff
  readonly #signal: AbortSignal
  readonly #closing = new AbortController()
  /** Until when, by the clock, an origin has asked to be left alone. */
  readonly #resumeAt = new Map<string, number>()

  constructor(options: { userAgent: string; log: Log; clock: Clock; backoff: Backoff; signal: AbortSignal }) {
    this.#userAgent = options.userAgent
    this.#log = options.log
    this.#clock = options.clock
    this.#backoff = options.backoff
    this.#signal = AbortSignal.any([options.signal, this.#closing.signal])
    // Every request that is under way listens, and every wait of the run.
    setMaxListeners(0, this.#signal, options.signal)
  }

  /**
   * Sends a request, again while the fault is one that passes (408, 429, 5xx, a broken or silent connection)
   * and the limits allow it. Gives back the last answer, whatever its status.
   *
   * Follows redirects of GET and HEAD, never from https to http, and without the Authorization header when
   * scheme, host or port is another. `backoff` is for callers with limits of their own. Throws `NoAnswerError` when no
   * attempt was answered.
   */
  async send(request: HttpRequest, backoff: Backoff = this.#backoff): Promise<HttpResponse> {
    const started = this.#clock.now()
    const { origin } = request.url
    for (let attempt = 1; ; attempt += 1) {
      await this.#untilWelcome(origin)
      const outcome = await this.#follow(request, backoff).then(
        response => ({ response, error: undefined }),
        (error: unknown) => ({ response: undefined, error }),
      )
      this.#signal.throwIfAborted()
      if (outcome.response !== undefined && !isRetryable(outcome.response.status)) return outcome.response

      const elapsed = this.#clock.now() - started
      const retryAfter = outcome.response?.headers['retry-after']
      const delay = isRetryableError(outcome.error)
        ? delayBefore(backoff, { attempt, elapsed, retryAfter, random: this.#clock.random() })
        : undefined
      const why =
        outcome.response === undefined
          ? oneLine(outcome.error instanceof Error ? outcome.error.message : String(outcome.error))
          : `status ${outcome.response.status}`
      if (delay === undefined) {
        if (outcome.response !== undefined) return outcome.response
        const attempts = attempt === 1 ? 'the only attempt' : `after ${attempt} attempts`
        throw new NoAnswerError(`${describeRequest(request)}: ${why} (${attempts})`, { cause: outcome.error })
      }
      this.#log.info(`${describeRequest(request)}: ${why}; ${nextAttempt(attempt, backoff, delay)}`)
      // What one request is told goes for all.
      if (retryAfter !== undefined) this.#resumeAt.set(origin, this.#clock.now() + delay)
      await this.#clock.sleep(delay)
    }
  }

  /** Waits as long as an origin has asked for with Retry-After, of whichever request. */
  async #untilWelcome(origin: string): Promise<void> {
    for (;;) {
      const wait = (this.#resumeAt.get(origin) ?? 0) - this.#clock.now()
      if (wait <= 0) return
      await this.#clock.sleep(wait)
    }
  }

  async #follow(request: HttpRequest, { attemptTimeout }: Backoff): Promise<HttpResponse> {
    let target: Target = request
    for (let redirects = 0; ; redirects += 1) {
      const response = await this.#once({ ...request, ...target }, attemptTimeout)
      const location = response.headers.location
      const follows = request.method === 'GET' || request.method === 'HEAD'
      if (!follows || !REDIRECTS.includes(response.status) || location === undefined) return response
      if (redirects === MAX_REDIRECTS) throw new UnusableAnswerError(`more than ${MAX_REDIRECTS} redirects`)
      const { origin } = target.url
      target = redirectTo(location, target)
      const problem = request.redirectProblem?.(target.url)
      if (problem !== undefined)
        throw new UnusableAnswerError(`a redirect from ${origin} to ${target.url.origin}, which ${problem}`)
    }
  }

  async #once(
    { method, url, headers, body, maxBytes = MAX_BYTES }: HttpRequest,
    attemptTimeout: number,
  ): Promise<HttpResponse> {
    const started = this.#clock.now()
    using attempt = beginAttempt(this.#signal, attemptTimeout)
    const { signal } = attempt
    signal.throwIfAborted()
    try {
      const message = await new Promise<http.IncomingMessage>((resolve, reject) => {
        // A request that still waits for its connection says nothing of its own end.
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        const { request } = url.protocol === 'https:' ? https : http
        const sent = request(url, {
          method,
          headers: {
            ...headers,
            'user-agent': this.#userAgent,
            ...(body === undefined ? {} : { 'content-length': body.length }),
          },
          agent: this.#agents.for(url),
          signal,
        })
        sent.on('error', reject).on('response', resolve).end(body)
      })
      const answer = await readBody(message, maxBytes)
      const status = message.statusCode ?? 0
      const took = Math.round(this.#clock.now() - started)
      this.#log.debug(`${describeRequest({ method, url })}: ${status}, ${answer.length} bytes, ${took} ms`)
      return { status, headers: message.headers, body: answer, url }
    } catch (error) {
      const failure = attempt.isOverdue ? new Error(`no answer within ${attemptTimeout / 1000} s`) : error
      this.#log.debug(`${describeRequest({ method, url })}: ${String(failure)}`)
      throw failure
    }
  }

  /** Closes the connections that were kept, and ends requests that nobody waits for any more. */
  [Symbol.dispose](): void {
    this.#closing.abort()
    this.#agents[Symbol.dispose]()
  }
}
