import { ReleaseError } from '../errors.ts'
import { NoAnswerError } from '../http/errors.ts'
import type { Backoff } from '../http/retry.ts'
import { describeRequest, type HttpRequest, type HttpResponse, type Transport } from '../http/transport.ts'
import type { Secrets } from '../secrets.ts'
import { oneLine } from '../text.ts'
import { refusalOf, specErrors } from './answer.ts'
import { type Access, Authorization, type Credentials } from './authorization.ts'
import { parseChallenges } from './challenge.ts'
import { apiOrigin, type Repository } from './reference.ts'

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly repository: Repository
  readonly transport: Transport
  readonly credentials: Credentials
  readonly secrets: Secrets
  readonly access: Access
  readonly now: () => number
}

/** What is asked of the registry. */
export interface Question {
  readonly method: HttpRequest['method']
  /** Below the name of the repository; or an address that the registry has given. */
  readonly path: string | URL
  readonly headers: Record<string, string>
  readonly body?: Buffer
  /** What it is about, for errors. */
  readonly what: string
}

/** Questions to the distribution API about one repository, with the authorization that the registry wants. */
export class RegistryConnection {
  readonly repository: Repository
  readonly #transport: Transport
  readonly #authorization: Authorization
  readonly #credentials: Credentials
  readonly #secrets: Secrets
  readonly #isWriting: boolean
  #origin: Promise<string> | undefined

  constructor(options: ConnectionOptions) {
    this.repository = options.repository
    this.#transport = options.transport
    this.#credentials = options.credentials
    this.#secrets = options.secrets
    this.#isWriting = options.access !== 'pull'
    this.#authorization = new Authorization({
      transport: options.transport,
      credentials: options.credentials,
      secrets: options.secrets,
      path: options.repository.path,
      access: options.access,
      now: options.now,
    })
  }

  /** What the registry calls itself when it asks for a token, if it did. */
  get tokenService(): string | undefined {
    return this.#authorization.service
  }

  /** Asks, and gives back the answer, whatever its status but 401. Throws `registry-denied` or `registry-unreadable`. */
  async ask(question: Question, backoff?: Backoff): Promise<HttpResponse> {
    const { method, path, headers, body, what } = question
    let origin = await this.#connect()
    let challenged = false
    for (;;) {
      const url = path instanceof URL ? path : new URL(`${origin}/v2/${this.repository.path}/${path}`)
      // Another host, to which an upload may be sent, gets no credentials.
      const authorization = url.origin === origin ? await this.#authorization.header() : undefined
      const request: HttpRequest = {
        method,
        url,
        headers: authorization === undefined ? headers : { ...headers, authorization },
        ...(body === undefined ? {} : { body }),
      }
      const response = await this.#send(request, what, backoff)
      if (this.#wantsTls(response, origin)) {
        origin = origin.replace('http:', 'https:')
        this.#origin = Promise.resolve(origin)
        continue
      }
      if (response.status !== 401) return response
      const challenges = this.#challengesOf(response, request, what)
      // Once: the token may have run out, or this repository is asked for otherwise than the rest.
      if (challenged)
        throw this.refused(method === 'PUT' || method === 'POST' ? 'write' : 'read', what, response)
      challenged = true
      this.#authorization.challenged(challenges, origin, authorization)
    }
  }

  /**
   * A registry on loopback is asked by plain http, as docker does; one that speaks TLS answers that with 400, and
   * not in the words of the specification.
   */
  #wantsTls({ status, body }: HttpResponse, origin: string): boolean {
    return status === 400 && origin.startsWith('http:') && specErrors(body).length === 0
  }

  /**
   * With credentials, the registry is first asked without them how it wants to be asked, once a run: its
   * answer to a request without any may be that there is nothing, where it only shows nothing.
   */
  #connect(): Promise<string> {
    const origin = apiOrigin(this.repository.registry)
    this.#origin ??= this.#credentials.kind === 'anonymous' ? Promise.resolve(origin) : this.#ping(origin)
    return this.#origin
  }

  async #ping(origin: string): Promise<string> {
    const request = { method: 'GET', url: new URL(`${origin}/v2/`), headers: {} } as const
    const response = await this.#send(request, this.repository.registry)
    if (this.#wantsTls(response, origin)) return this.#ping(origin.replace('http:', 'https:'))
    if (response.status === 401) {
      const challenges = this.#challengesOf(response, request, this.repository.registry)
      this.#authorization.challenged(challenges, origin, undefined)
      return origin
    }
    if (response.status === 200) return origin
    if (response.status === 404) {
      throw new ReleaseError('registry-unreadable', {
        what: `${describeRequest(request)} answered 404: there is no container registry.`,
        remedy: 'Check the name of the registry.',
      })
    }
    throw this.refused('read', this.repository.registry, response)
  }

  /** The challenges of a 401. Another origin, where a redirect led to, can't ask for this one's credentials. */
  #challengesOf(
    response: HttpResponse,
    asked: Pick<HttpRequest, 'url'>,
    what: string,
  ): ReturnType<typeof parseChallenges> {
    if (response.url.origin !== asked.url.origin) {
      throw this.unusable(
        what,
        `it leads to ${response.url.origin}, which asks for credentials and gets none`,
      )
    }
    return parseChallenges(response.headers['www-authenticate'] ?? '')
  }

  async #send(request: HttpRequest, what: string, backoff?: Backoff): Promise<HttpResponse> {
    try {
      return await this.#transport.send(request, backoff)
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      throw new ReleaseError('registry-unreadable', {
        what: `The registry did not answer for ${what}: ${error.message}.`,
        remedy: `${this.#isWriting ? 'Nothing more was written. ' : ''}Check the name of the registry, and that it is up and can be reached from this machine; then run it again.`,
        cause: error.cause,
      })
    }
  }

  /** The error for an answer that is of no use. */
  unusable(what: string, why: string, cause?: unknown): ReleaseError {
    return new ReleaseError('registry-unreadable', {
      what: `The registry's answer for ${what} can not be used: ${oneLine(why)}.`,
      remedy: "Run it again; if it stays so, contact the registry's administrators.",
      cause,
    })
  }

  /** The error for an answer that refuses. */
  refused(verb: 'read' | 'write', what: string, response: HttpResponse): ReleaseError {
    return refusalOf(verb, what, response, { credentials: this.#credentials, secrets: this.#secrets })
  }
}
