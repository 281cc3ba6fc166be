import { NoAnswerError } from '../http/errors.ts'
import type { Backoff } from '../http/retry.ts'
import { describeRequest, type HttpRequest, type HttpResponse } from '../http/transport.ts'
import { provesAbsence, refusalOf, specErrors, unreadable, unusable } from './answer.ts'
import { Authorization, type ConnectionOptions } from './authorization.ts'
import { apiOrigin, type Repository } from './reference.ts'

export interface Question {
  readonly method: HttpRequest['method']
  /** Below the repository; or an address that the registry has given. */
  readonly path: string | URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** What it is about, for errors. */
  readonly what: string
  /** The statuses that answer it; every other one is an error. 404 stands for all that proves absence. */
  readonly expects: readonly number[]
}

export type Asker = Pick<RegistryConnection, 'repository' | 'ask'>

/** The distribution API of one repository, asked with the authorization that the registry wants. */
export class RegistryConnection {
  readonly repository: Repository
  readonly #options: ConnectionOptions
  readonly #authorization: Authorization
  #origin: Promise<string> | undefined

  constructor(options: ConnectionOptions) {
    this.repository = options.repository
    this.#options = options
    this.#authorization = new Authorization(options)
  }

  /** Throws `registry-denied`, `registry-refused` or `registry-unreadable`. */
  async ask(question: Question, backoff?: Backoff): Promise<HttpResponse> {
    try {
      return await this.#ask(question, backoff)
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      throw unreadable(
        `There was no answer for ${question.what}: ${error.message}.`,
        'Check the name of the registry, and that this machine can reach it; then run it again.',
        error.cause,
      )
    }
  }

  async #ask(question: Question, backoff?: Backoff): Promise<HttpResponse> {
    const { method, path, body, expects } = question
    this.#origin ??= this.#findOrigin(apiOrigin(this.repository.registry))
    const origin = await this.#origin
    const url = path instanceof URL ? path : new URL(`${origin}/v2/${this.repository.path}/${path}`)
    for (let wasChallenged = false; ; wasChallenged = true) {
      // Another host, to which an upload may be sent, gets no credentials.
      const authorization = url.origin === origin ? await this.#authorization.header(origin) : undefined
      const headers = { ...question.headers, ...(authorization === undefined ? {} : { authorization }) }
      const response = await this.#options.transport.send({ method, url, headers, body }, backoff)
      const { status } = response
      if (wantsTls(response, origin)) {
        this.#origin = Promise.resolve(origin.replace('http:', 'https:'))
        return this.#ask(question, backoff)
      }
      if (expects.includes(status)) return response
      if (expects.includes(404) && provesAbsence(response)) return { ...response, status: 404 }
      // Once: the token may have run out.
      if (status !== 401 || wasChallenged) throw refusalOf(question, response, this.#options)
      this.#challenged(response, { url, what: question.what }, authorization)
    }
  }

  /** Asks without credentials first: what is not shown to some may be said not to be there. */
  async #findOrigin(origin: string): Promise<string> {
    if (this.#options.credentials.kind === 'anonymous') return origin
    const request = { method: 'GET', url: new URL(`${origin}/v2/`), headers: {}, what: origin } as const
    const response = await this.#options.transport.send(request)
    if (wantsTls(response, origin)) return this.#findOrigin(origin.replace('http:', 'https:'))
    const { status } = response
    if (status === 404) {
      const what = `${describeRequest(request)} answered 404: there is no container registry.`
      throw unreadable(what, 'Check the name of the registry.')
    }
    if (status === 401) this.#challenged(response, request, undefined)
    else if (status !== 200) throw refusalOf(request, response, this.#options)
    return origin
  }

  #challenged(
    { headers, url: { origin } }: HttpResponse,
    { url, what }: { url: URL; what: string },
    refused: string | undefined,
  ): void {
    if (origin !== url.origin)
      throw unusable(what, `it leads to ${origin}, which asks for credentials and gets none`)
    this.#authorization.challenged(headers['www-authenticate'] ?? '', origin, refused)
  }
}

/** Whether a registry on loopback, which is asked by plain http, speaks TLS: it answers in words of its own. */
function wantsTls({ status, body }: HttpResponse, origin: string): boolean {
  return status === 400 && origin.startsWith('http:') && specErrors(body).length === 0
}
