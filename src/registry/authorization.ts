import type { HttpResponse, Transport } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import type { Secrets } from '../secrets.ts'
import { denied, unreadable } from './answer.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import type { Credentials } from './credentials.ts'
import { realmProblem } from './realm.ts'
import type { Repository } from './reference.ts'

export interface ConnectionOptions {
  readonly repository: Repository
  readonly transport: Transport
  readonly credentials: Credentials
  readonly secrets: Secrets
  /** `pull` allows no GET of a tag: at Harbor it counts as a pull, and keeps the image longer. */
  readonly access: 'pull' | 'pull,push'
  readonly now: () => number
}

/** Answers a registry's challenges: distribution's documentation, spec/auth/token and spec/auth/oauth. */
export class Authorization {
  readonly #options: ConnectionOptions
  #challenge: Challenge | undefined
  /** Shared by requests that are sent together. */
  #token: ReturnType<typeof fetchToken> | undefined
  #header: string | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    const login = loginOf(options.credentials)
    if (login !== undefined) options.secrets.addLogin(login)
  }

  /** Takes a new challenge, unless another request has replaced `refused`; false if none can be answered. */
  challenged({ headers }: HttpResponse, refused: string | undefined): boolean {
    if (this.#challenge !== undefined && refused !== this.#header) return true
    const challenges = parseChallenges(headers['www-authenticate'] ?? '')
    const of = (name: string) => challenges.find(({ scheme }) => scheme === name)
    // Harbor answers a token without the right, or for no project, with Basic or with an empty header.
    this.#challenge = of('bearer') ?? this.#challenge ?? of('basic')
    this.#token = undefined
    return this.#challenge !== undefined
  }

  /** For the next request; undefined while no challenge is known. */
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

async function fetchToken(challenge: Challenge, origin: string, options: ConnectionOptions) {
  const { repository, access, secrets, now } = options
  const realm = challenge.parameters.get('realm') ?? ''
  const problem = realmProblem(realm, origin)
  if (problem !== undefined)
    throw unreadable(
      `${origin} wants a token from ${JSON.stringify(realm)}, which ${problem}.`,
      "No credentials were sent there; contact the registry's administrators.",
    )
  const scope = `repository:${repository.path}:${access}`
  const service = challenge.parameters.get('service')
  const query = service === undefined ? { scope } : { service, scope }
  const { status, body } = await askForToken(new URL(realm), query, origin, options)
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

async function askForToken(
  url: URL,
  query: Readonly<Record<string, string>>,
  origin: string,
  { credentials, transport }: ConnectionOptions,
) {
  if (credentials.kind === 'identity-token') {
    const grant = {
      grant_type: 'refresh_token',
      client_id: 'stable-release',
      refresh_token: credentials.token,
    }
    const body = Buffer.from(`${new URLSearchParams({ ...query, ...grant })}`)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await transport.send({ method: 'POST', url, headers, body })
    // Of servers without OAuth2.
    if (answer.status !== 404 && answer.status !== 405) return answer
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const login = loginOf(credentials)
  const headers: Record<string, string> = login === undefined ? {} : { authorization: basic(login) }
  const redirectProblem = ({ href }: URL) => realmProblem(href, origin)
  return transport.send({ method: 'GET', url, headers, redirectProblem })
}

function loginOf(credentials: Credentials): { username: string; password: string } | undefined {
  if (credentials.kind === 'anonymous') return undefined
  return credentials.kind === 'password' ? credentials : { username: '<token>', password: credentials.token }
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
