import type { HttpRequest, HttpResponse, Transport } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import type { Secrets } from '../secrets.ts'
import { denied, unreadable } from './answer.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import type { Credentials, PasswordCredentials } from './credentials.ts'
import { realmProblem } from './realm.ts'
import type { Repository } from './reference.ts'

export interface ConnectionOptions {
  readonly repository: Repository
  readonly transport: Transport
  readonly credentials: Credentials
  /** Is told of all of them, and of every token. */
  readonly secrets: Secrets
  readonly access: 'pull' | 'pull,push'
  readonly now: () => number
}

/** Answers a registry's challenges: distribution's documentation, spec/auth/token and spec/auth/oauth. */
export class Authorization {
  readonly #options: ConnectionOptions
  #challenge: Challenge | undefined
  /** In use, or on its way: requests that go out together ask for one once. */
  #token: Promise<Token> | undefined
  #header: string | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    const login = loginOf(options.credentials)
    if (login !== undefined) options.secrets.addLogin(login)
  }

  /** Takes the challenges of a 401 to `refused`, unless a faster request has replaced that. */
  challenged(header: string, origin: string, refused: string | undefined): void {
    if (this.#challenge !== undefined && refused !== this.#header) return
    const challenges = parseChallenges(header)
    const of = (name: string) => challenges.find(({ scheme }) => scheme === name)
    this.#challenge = of('bearer') ?? of('basic')
    this.#token = undefined
    if (this.#challenge !== undefined) return
    throw unreadable(
      `${origin} answered 401 and asks for neither Basic nor Bearer authentication.`,
      'Check that its name is that of a container registry.',
    )
  }

  /** The header for the next request; nothing while none was asked for. */
  async header(origin: string): Promise<string | undefined> {
    const { credentials, now } = this.#options
    if (this.#challenge?.scheme === 'basic') {
      if (credentials.kind !== 'password')
        throw denied(`${origin} asks for a user name and a password, and there are none.`)
      this.#header = basic(credentials)
    } else if (this.#challenge !== undefined && credentials.kind === 'registry-token') {
      this.#header = `Bearer ${credentials.token}`
    } else if (this.#challenge !== undefined) {
      if (this.#token !== undefined && (await this.#token).until <= now()) this.#token = undefined
      this.#token ??= fetchToken(this.#challenge, origin, this.#options)
      this.#header = `Bearer ${(await this.#token).token}`
    }
    return this.#header
  }
}

interface Token {
  readonly token: string
  readonly until: number
}

async function fetchToken(
  { parameters }: Challenge,
  origin: string,
  { credentials, repository, access, transport, secrets, now }: ConnectionOptions,
): Promise<Token> {
  const realm = parameters.get('realm') ?? ''
  const problem = realmProblem(realm, origin)
  if (problem !== undefined)
    throw unreadable(
      `${origin} wants a token from ${JSON.stringify(realm)}, which ${problem}.`,
      "No credentials were sent there; contact the registry's administrators.",
    )
  const scope = `repository:${repository.path}:${access}`
  const service = parameters.get('service')
  const query = { ...(service === undefined ? {} : { service }), scope }
  let response: HttpResponse | undefined
  if (credentials.kind === 'identity-token')
    response = await transport.send(exchangeRequest(credentials.token, new URL(realm), query))
  // Servers without the form of OAuth2 answer 404, or 405 where only GET is routed.
  if (response === undefined || response.status === 404 || response.status === 405) {
    const redirectProblem = ({ href }: URL) => realmProblem(href, origin)
    response = await transport.send({ ...tokenRequest(credentials, new URL(realm), query), redirectProblem })
  }
  const { status, body } = response
  const { host } = new URL(realm)
  if (status === 401 || status === 403) throw denied(`${host} gave no token for ${scope}: status ${status}.`)
  const answer = parseJson(body.toString('utf8'))
  const token = field(answer, 'token') ?? field(answer, 'access_token')
  if (status !== 200 || typeof token !== 'string' || token === '')
    throw unreadable(`${host} answered ${status} without a token.`)
  secrets.add(token)
  const expires = field(answer, 'expires_in')
  return { token, until: now() + (typeof expires === 'number' && expires > 0 ? expires : 60) * 900 }
}

type Query = Readonly<Record<string, string>>

function exchangeRequest(token: string, url: URL, query: Query): HttpRequest {
  const form = { ...query, grant_type: 'refresh_token', client_id: 'stable-release', refresh_token: token }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', url, headers, body: Buffer.from(new URLSearchParams(form).toString()) }
}

function tokenRequest(credentials: Credentials, url: URL, query: Query): HttpRequest {
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const login = loginOf(credentials)
  return { method: 'GET', url, headers: login === undefined ? {} : { authorization: basic(login) } }
}

type Login = Pick<PasswordCredentials, 'username' | 'password'>

function loginOf(credentials: Credentials): Login | undefined {
  if (credentials.kind === 'anonymous') return undefined
  return credentials.kind === 'password' ? credentials : { username: '<token>', password: credentials.token }
}

function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
