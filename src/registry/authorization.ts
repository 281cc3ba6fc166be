import type { HttpResponse, Transport } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import type { Secrets } from '../secrets.ts'
import { denied, describeAnswer, unreadable } from './answer.ts'
import type { Credentials } from './credentials.ts'
import { realmProblem } from './realm.ts'
import type { Repository } from './reference.ts'

export interface ConnectionOptions {
  readonly repository: Repository
  readonly transport: Transport
  readonly credentials: Credentials
  readonly secrets: Secrets
  /** With `pull`, no tag is asked for by GET, which Harbor counts as a pull. */
  readonly access: 'pull' | 'pull,push'
  readonly now: () => number
}

/** Answers a registry's challenges: distribution's documentation, spec/auth/token and spec/auth/oauth. */
export function authorizationFor(options: ConnectionOptions) {
  const { credentials, now, secrets } = options
  let challenge: Challenge | undefined
  let token: ReturnType<typeof fetchToken> | undefined
  let header: string | undefined
  const login = loginOf(credentials)
  if (login !== undefined) secrets.addLogin(login)
  return {
    /** Unless another request has replaced `refused`; false if there is no challenge. */
    challenged({ headers }: HttpResponse, refused: string | undefined) {
      if (challenge !== undefined && refused !== header) return true
      const challenges = parseChallenges(headers['www-authenticate'] ?? '')
      const of = (name: string) => challenges.find(({ scheme }) => scheme === name)
      // Harbor answers a token without the right, or for no project, with Basic or with an empty header.
      challenge = of('bearer') ?? challenge ?? of('basic')
      token = undefined
      return challenge !== undefined
    },
    async header(origin: string): Promise<string | undefined> {
      if (challenge === undefined) return undefined
      if (challenge.scheme === 'basic') {
        if (credentials.kind !== 'password')
          throw denied(`${origin} asks for a user name and a password; there are none.`)
        header = basic(credentials)
      } else if (credentials.kind === 'registry-token') {
        header = `Bearer ${credentials.token}`
      } else {
        if (token !== undefined && (await token).until <= now()) token = undefined
        token ??= fetchToken(challenge, origin, options)
        header = `Bearer ${(await token).token}`
      }
      return header
    },
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
  const query = new URLSearchParams(service === undefined ? { scope } : { service, scope })
  const url = new URL(realm)
  const response = await askForToken(url, query, origin, options)
  const { status, body } = response
  if (status === 401 && options.credentials.kind === 'password')
    throw denied(
      `${url.host} did not accept the user name and password: ${describeAnswer(response, secrets)}.`,
      "Check username and password (or docker's login): they are wrong, or have expired.",
    )
  if (status === 401 || status === 403)
    throw denied(`${url.host} gave no token for ${scope}: ${describeAnswer(response, secrets)}.`)
  const answer = parseJson(body.toString())
  const token = field(answer, 'token') ?? field(answer, 'access_token')
  if (status !== 200 || typeof token !== 'string' || token === '')
    throw unreadable(`${url.host} answered ${status} without a token.`)
  secrets.add(token)
  const expires = field(answer, 'expires_in')
  return { token, until: now() + (typeof expires === 'number' && expires > 0 ? expires : 60) * 900 }
}

async function askForToken(
  url: URL,
  query: URLSearchParams,
  origin: string,
  { credentials, transport }: ConnectionOptions,
) {
  if (credentials.kind === 'identity-token') {
    const grant = {
      grant_type: 'refresh_token',
      client_id: 'stable-release',
      refresh_token: credentials.token,
    }
    const body = Buffer.from(`${query}&${new URLSearchParams(grant)}`)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await transport.send({ method: 'POST', url, headers, body })
    // It has no OAuth2.
    if (answer.status !== 404 && answer.status !== 405) return answer
  }
  for (const [name, value] of query) url.searchParams.set(name, value)
  const login = loginOf(credentials)
  const headers: Record<string, string> = login === undefined ? {} : { authorization: basic(login) }
  const redirectProblem = ({ href }: URL) => realmProblem(href, origin)
  return transport.send({ method: 'GET', url, headers, redirectProblem })
}

function loginOf(credentials: Credentials) {
  if (credentials.kind === 'anonymous') return undefined
  return credentials.kind === 'password' ? credentials : { username: '<token>', password: credentials.token }
}

function basic({ username, password }: { username: string; password: string }) {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

type Challenge = ReturnType<typeof parseChallenges>[number]

/** RFC 9110, 11.6.1; names in lower case. One that was cut off is left out. */
export function parseChallenges(header: string) {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  for (let at = 0; at < header.length; at = PART.lastIndex) {
    PART.lastIndex = at
    const part = PART.exec(header)
    if (part === null) return challenges.slice(0, -1)
    const { known, other, name, quoted, plain = '' } = part.groups ?? {}
    const scheme = (known ?? other)?.toLowerCase()
    if (scheme !== undefined) challenges.push({ scheme, parameters: new Map() })
    if (name !== undefined)
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain)
  }
  return challenges
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const PARAMETER = `(?<name>${TOKEN})\\s*=\\s*(?:"(?<quoted>(?:[^"\\\\]|\\\\.)*)"|(?<plain>${TOKEN}))\\s*(?=,|$)`
/** Only other schemes may have one value in place of parameters. */
const SCHEME = `(?:(?<known>basic|bearer)(?=[ ,]|$)|(?<other>${TOKEN})(?=[ ,]|$)(?: +[\\w.~+/-]+=*\\s*(?=,|$))?)`
const PART = new RegExp(`[\\s,]*(?:${PARAMETER}|${SCHEME}|$)`, 'iy')
