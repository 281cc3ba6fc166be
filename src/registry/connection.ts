import { NoAnswerError, PlainHttpError } from '../http/errors.ts'
import type { Backoff } from '../http/retry.ts'
import type { HttpRequest, HttpResponse } from '../http/transport.ts'
import { provesAbsence, refusalOf, unreadable, unusable } from './answer.ts'
import { Authorization, type ConnectionOptions } from './authorization.ts'
import { apiHost, isLoopback, type Repository } from './reference.ts'

export interface Question {
  readonly method: HttpRequest['method']
  /** Below the repository; or an address from the registry. */
  readonly path: string | URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** For errors. */
  readonly what: string
  /** Every other status is an error. 404 stands for all that proves absence. */
  readonly expects: readonly number[]
}

export type Asker = Pick<RegistryConnection, 'repository' | 'ask'>

/** Adds the authorization that the registry wants. */
export class RegistryConnection {
  readonly repository: Repository
  readonly #options: ConnectionOptions
  readonly #authorization: Authorization
  #origin: Promise<string> | undefined
  /** Whether the last answer was 401: then a new token does not help. */
  #isRefused = false

  constructor(options: ConnectionOptions) {
    this.repository = options.repository
    this.#options = options
    this.#authorization = new Authorization(options)
  }

  /** Throws `registry-denied`, `registry-refused` or `registry-unreadable`. */
  async ask(question: Question, backoff?: Backoff): Promise<HttpResponse> {
    try {
      this.#origin ??= this.#findOrigin()
      return await this.#ask(question, await this.#origin, backoff)
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      const what = `There was no answer for ${question.what}: ${error.message}.`
      throw unreadable(what, error.remedy, error.cause)
    }
  }

  async #ask(question: Question, origin: string, backoff?: Backoff): Promise<HttpResponse> {
    const { method, path, body, what, expects } = question
    const url = path instanceof URL ? path : new URL(`${origin}/v2/${this.repository.path}/${path}`)
    for (let isAgain = this.#isRefused; ; isAgain = true) {
      // Uploads may go to another host, which gets no credentials.
      const authorization = url.origin === origin ? await this.#authorization.header(origin) : undefined
      const headers = { ...question.headers, ...(authorization === undefined ? {} : { authorization }) }
      const response = await this.#options.transport.send({ method, url, headers, body }, backoff)
      this.#isRefused = response.status === 401
      if (this.#isRefused && response.url.origin !== origin)
        throw unusable(what, `it leads to ${response.url.origin}, which wants credentials`)
      // Once: the token may have expired.
      if (this.#isRefused && !isAgain && this.#authorization.challenged(response, authorization)) continue
      if (expects.includes(response.status)) return response
      if (expects.includes(404) && provesAbsence(response)) return { ...response, status: 404 }
      throw refusalOf(question, response, this.#options)
    }
  }

  /** A registry on loopback may speak plain http, as for docker; any other is asked by https. */
  async #findOrigin(): Promise<string> {
    const host = apiHost(this.repository.registry)
    const [https, http] = [`https://${host}`, `http://${host}`]
    const isAnonymous = this.#options.credentials.kind === 'anonymous'
    if (isAnonymous && !isLoopback(host)) return https
    return this.#ping(https).catch((error: unknown) => {
      const isPlain = error instanceof NoAnswerError && error.cause instanceof PlainHttpError
      if (!isPlain || !isLoopback(host)) throw error
      return isAnonymous ? http : this.#ping(http)
    })
  }

  /** Asks without credentials first: registries hide from some accounts what they would show to others. */
  async #ping(origin: string): Promise<string> {
    const url = new URL(`${origin}/v2/`)
    const response = await this.#options.transport.send({ method: 'GET', url, headers: {} })
    const { status } = response
    const isOwn = response.url.origin === origin
    if (status === 401 && isOwn && this.#authorization.challenged(response, undefined)) return origin
    if (status === 401 || status === 404)
      throw unreadable(
        `${url} answered ${status}, not as a container registry.`,
        'Check the name of the registry.',
      )
    if (status !== 200) throw refusalOf({ method: 'GET', what: origin }, response, this.#options)
    return origin
  }
}
