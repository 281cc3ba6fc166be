import { causesOf, ReleaseError } from '../errors.ts'
import { NoAnswerError } from '../http/errors.ts'
import { describeRequest, type HttpResponse, type Transport } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import type { Secrets } from '../secrets.ts'
import type { Challenge } from './challenge.ts'
import { realmProblem } from './realm.ts'

/** An account with its password, or a token in place of one. */
export interface PasswordCredentials {
  readonly kind: 'password'
  readonly username: string
  readonly password: string
}

/** What a registry may be told about who asks. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  | PasswordCredentials
  /** What docker stores when a helper answers with the user name `<token>`: an OAuth2 refresh token. */
  | { readonly kind: 'identity-token'; readonly token: string }

/** What a token is asked for. */
export type Access = 'pull' | 'pull,push'

/** The name under which token servers know this client. */
const CLIENT_ID = 'stable-release'

/** The name and password that say who asks; docker's name for one with an identity token is `<token>`. */
const loginOf = (credentials: Credentials): NameAndPassword | undefined => {
  switch (credentials.kind) {
    case 'anonymous':
      return undefined
    case 'password':
      return credentials
    case 'identity-token':
      return { username: '<token>', password: credentials.token }
  }
}

interface NameAndPassword {
  readonly username: string
  readonly password: string
}

const basic = ({ username, password }: NameAndPassword): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

const denied = (what: string, cause?: unknown): ReleaseError =>
  new ReleaseError('registry-denied', {
    what,
    remedy: 'Check username and password, or the login that docker has, and what the account may do there.',
    cause,
  })

/** The realm of a Bearer challenge, if credentials may go there. */
const realmOf = (challenge: Challenge, origin: string): URL => {
  const realm = challenge.parameters.get('realm') ?? ''
  const problem = realmProblem(realm, new URL(origin))
  if (problem === undefined) return new URL(realm)
  throw new ReleaseError('registry-unreadable', {
    what: `${origin} wants a token from ${JSON.stringify(realm)}, which ${problem}.`,
    remedy: "No credentials were sent there; contact the registry's administrators.",
  })
}

/** The longest answer of a token server, in bytes; crane has the same limit. */
const MAX_TOKEN_ANSWER = 64 * 1024

const tokenRequests = (
  challenge: Challenge,
  realm: URL,
  scopes: readonly string[],
  { credentials, origin }: { credentials: Credentials; origin: string },
) => {
  const service = challenge.parameters.get('service')
  const login = loginOf(credentials)
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
      maxBytes: MAX_TOKEN_ANSWER,
      redirectProblem: (target: URL) => realmProblem(target.href, new URL(origin)),
      headers: {
        accept: 'application/json',
        ...(login === undefined ? {} : { authorization: basic(login) }),
      },
    },
    post: {
      method: 'POST' as const,
      url: realm,
      maxBytes: MAX_TOKEN_ANSWER,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(form.toString()),
    },
  }
}

/** A token and the moment, in milliseconds of the clock, from which it should not be used any more. */
interface BearerToken {
  readonly authorization: string
  readonly until: number
}

const tokenIn = (
  response: HttpResponse,
  realm: URL,
  now: number,
): { readonly token: string; readonly until: number } => {
  const answer = parseJson(response.body.toString('utf8'))
  const token = field(answer, 'token') ?? field(answer, 'access_token')
  if (response.status !== 200 || typeof token !== 'string' || token === '') {
    throw new ReleaseError('registry-unreadable', {
      what: `${describeRequest({ method: 'GET', url: realm })} answered ${response.status} without a token.`,
      remedy: 'Run it again later; if it stays so, ask those who run the registry.',
    })
  }
  const expires = field(answer, 'expires_in')
  const seconds = typeof expires === 'number' && expires > 0 ? expires : 60
  return { token, until: now + seconds * 900 }
}

/**
 * Answers the challenges of one registry. Source: distribution documentation, spec/auth/token and
 * spec/auth/oauth.
 */
export class Authorization {
  readonly #transport: Transport
  readonly #credentials: Credentials
  readonly #secrets: Secrets
  readonly #scope: string
  readonly #now: () => number
  #challenge: { readonly challenge: Challenge; readonly origin: string } | undefined
  /** The token in use, or on its way: requests that go out together ask for one once. */
  #token: Promise<BearerToken> | undefined
  #authorization: string | undefined

  constructor(options: {
    transport: Transport
    credentials: Credentials
    /** Is told of the credentials, and of every token that is obtained. */
    secrets: Secrets
    /** The path of the repository and what is to be done there. */
    path: string
    access: Access
    now: () => number
  }) {
    this.#transport = options.transport
    this.#credentials = options.credentials
    this.#secrets = options.secrets
    const login = loginOf(options.credentials)
    if (login !== undefined) options.secrets.addLogin(login)
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
        remedy: 'Check that its name is that of a container registry.',
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
    if (credentials.kind === 'password') return basic(credentials)
    throw denied(
      `${origin} asks for a user name and a password, and ${credentials.kind === 'anonymous' ? 'there are none' : 'only an identity token is there'}.`,
    )
  }

  async #bearer(challenge: Challenge, origin: string): Promise<string> {
    if (this.#token !== undefined && (await this.#token).until <= this.#now()) this.#token = undefined
    this.#token ??= this.#fetchToken(challenge, origin)
    return (await this.#token).authorization
  }

  async #fetchToken(challenge: Challenge, origin: string): Promise<BearerToken> {
    const realm = realmOf(challenge, origin)
    const { get, post } = tokenRequests(challenge, realm, [this.#scope], {
      credentials: this.#credentials,
      origin,
    })
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
      const { token, until } = tokenIn(response, realm, this.#now())
      this.#secrets.add(token)
      return { authorization: `Bearer ${token}`, until }
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      throw new ReleaseError('registry-unreadable', {
        what: `${realm.host} gave no token: ${causesOf(error)[0]}.`,
        remedy: 'Run it again; if it stays so, check the network and ask those who run the registry.',
        cause: error.cause,
      })
    }
  }
}
