import { causesOf, ReleaseError } from '../errors.ts'
import { describeRequest, type HttpResponse, NoAnswerError, type Transport } from '../http/transport.ts'
import type { Challenge } from './challenge.ts'

/** What a registry may be told about who asks. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** What docker stores when a helper answers with the user name `<token>`: an OAuth2 refresh token. */
  | { readonly kind: 'identity-token'; readonly token: string }

/** What a token is asked for. */
export type Access = 'pull' | 'pull,push'

/** The name under which token servers know this client. */
const CLIENT_ID = 'stable-release'

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

const denied = (what: string, cause?: unknown): ReleaseError =>
  new ReleaseError('registry-denied', {
    what,
    wayOut: 'Check username and password, or the login that docker has, and what the account may do there.',
    cause,
  })

const jsonOf = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** The realm of a Bearer challenge as an address; only https, unless the registry itself is plain http. */
const realmOf = (challenge: Challenge, origin: string): URL => {
  const realm = challenge.parameters.get('realm') ?? ''
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  const allowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && origin.startsWith('http:'))
  if (url === undefined || !allowed) {
    throw new ReleaseError('registry-unreadable', {
      what: `${origin} wants a token from ${JSON.stringify(realm)}, which is not an https address.`,
      wayOut: 'No credentials were sent there; ask those who run the registry.',
    })
  }
  return url
}

const tokenRequests = (
  challenge: Challenge,
  realm: URL,
  scopes: readonly string[],
  credentials: Credentials,
) => {
  const service = challenge.parameters.get('service')
  const get = new URL(realm)
  if (service !== undefined) get.searchParams.set('service', service)
  for (const scope of scopes) get.searchParams.append('scope', scope)
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    ...(service === undefined ? {} : { service }),
    client_id: CLIENT_ID,
    scope: scopes.join(' '),
    ...(credentials.kind === 'identity-token' ? { refresh_token: credentials.token } : {}),
  })
  return {
    get: {
      method: 'GET' as const,
      url: get,
      headers: {
        accept: 'application/json',
        ...(credentials.kind === 'password'
          ? { authorization: basic(credentials.username, credentials.password) }
          : credentials.kind === 'identity-token'
            ? { authorization: basic('<token>', credentials.token) }
            : {}),
      },
    },
    post: {
      method: 'POST' as const,
      url: realm,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(form.toString()),
    },
  }
}

/** A token and the moment, in milliseconds of the clock, from which it should not be used any more. */
interface Token {
  readonly authorization: string
  readonly until: number
}

const tokenIn = (response: HttpResponse, realm: URL, now: number): Token => {
  const answer = jsonOf(response.body)
  const token = field(answer, 'token') ?? field(answer, 'access_token')
  if (response.status !== 200 || typeof token !== 'string' || token === '') {
    throw new ReleaseError('registry-unreadable', {
      what: `${describeRequest({ method: 'GET', url: realm })} answered ${response.status} without a token.`,
      wayOut: 'Run it again later; if it stays so, ask those who run the registry.',
    })
  }
  const expires = field(answer, 'expires_in')
  const seconds = typeof expires === 'number' && expires > 0 ? expires : 60
  return { authorization: `Bearer ${token}`, until: now + seconds * 900 }
}

/**
 * Answers the challenges of one registry. Source: distribution documentation, spec/auth/token and
 * spec/auth/oauth.
 */
export class Authorization {
  readonly #transport: Transport
  readonly #credentials: Credentials
  readonly #scope: string
  readonly #now: () => number
  #challenge: { readonly challenge: Challenge; readonly origin: string } | undefined
  /** The token in use, or on its way: requests that go out together ask for one once. */
  #token: Promise<Token> | undefined
  #authorization: string | undefined

  constructor(options: {
    transport: Transport
    credentials: Credentials
    /** The path of the repository and what is to be done there. */
    path: string
    access: Access
    now: () => number
  }) {
    this.#transport = options.transport
    this.#credentials = options.credentials
    this.#scope = `repository:${options.path}:${options.access}`
    this.#now = options.now
  }

  /** What the registry calls itself when it asks for a token; nothing while it has not asked for one. */
  get service(): string | undefined {
    return this.#challenge?.challenge.parameters.get('service')
  }

  /**
   * Takes the challenges of a 401 to a request that went out with `refused`. What has been replaced since, by
   * a request that was faster, is not thrown away.
   */
  challenged(challenges: readonly Challenge[], origin: string, refused: string | undefined): void {
    if (this.#challenge !== undefined && refused !== this.#authorization) return
    const challenge =
      challenges.find(({ scheme }) => scheme === 'bearer') ??
      challenges.find(({ scheme }) => scheme === 'basic')
    if (challenge === undefined) {
      throw new ReleaseError('registry-unreadable', {
        what: `${origin} answered 401 and asks for neither Basic nor Bearer authentication.`,
        wayOut: 'Check that its name is that of a container registry.',
      })
    }
    this.#challenge = { challenge, origin }
    this.#token = undefined
  }

  /** The Authorization header for the next request, or nothing while none was asked for. */
  async header(): Promise<string | undefined> {
    if (this.#challenge === undefined) return undefined
    const { challenge, origin } = this.#challenge
    this.#authorization =
      challenge.scheme === 'basic' ? this.#basic(origin) : await this.#bearer(challenge, origin)
    return this.#authorization
  }

  #basic(origin: string): string {
    const credentials = this.#credentials
    if (credentials.kind === 'password') return basic(credentials.username, credentials.password)
    throw denied(
      `${origin} asks for a user name and a password, and ${credentials.kind === 'anonymous' ? 'there are none' : 'only an identity token is there'}.`,
    )
  }

  async #bearer(challenge: Challenge, origin: string): Promise<string> {
    if (this.#token !== undefined && (await this.#token).until <= this.#now()) this.#token = undefined
    this.#token ??= this.#fetchToken(challenge, origin)
    return (await this.#token).authorization
  }

  async #fetchToken(challenge: Challenge, origin: string): Promise<Token> {
    const realm = realmOf(challenge, origin)
    const { get, post } = tokenRequests(challenge, realm, [this.#scope], this.#credentials)
    try {
      let response = await this.#transport.send(this.#credentials.kind === 'identity-token' ? post : get)
      // Servers without the OAuth2 form answer 404 (or 405, where only GET is routed): ask the older way.
      if (this.#credentials.kind === 'identity-token' && [404, 405].includes(response.status)) {
        response = await this.#transport.send(get)
      }
      if (response.status === 401 || response.status === 403) {
        const who =
          this.#credentials.kind === 'password' ? `user ${this.#credentials.username}` : 'the caller'
        throw denied(`${realm.host} gave ${who} no token for ${this.#scope}: status ${response.status}.`)
      }
      return tokenIn(response, realm, this.#now())
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      throw new ReleaseError('registry-unreadable', {
        what: `${realm.host} gave no token: ${causesOf(error)[0]}.`,
        wayOut: 'Run it again; if it stays so, check the network and ask those who run the registry.',
        cause: error.cause,
      })
    }
  }
}
