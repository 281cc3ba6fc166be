/**
 * The token server that a registry sends its clients to
 * (https://distribution.github.io/distribution/spec/auth/token/ and …/spec/auth/oauth/).
 */
import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { makeCertificate } from './certificate.ts'

export interface TokenServerOptions {
  /** Keys are names, values are passwords. They may do what `allows` says; nobody else may do anything. */
  users: Readonly<Record<string, string>>
  /** Whether an action, such as `pull`, is granted on a repository; without it, every one is. */
  allows?: (repository: string, action: string) => boolean
  /** Identity tokens (the `refresh_token` of a POST), and the users whom they belong to. */
  identityTokens?: Readonly<Record<string, string>>
  /** The field of the answer to a GET that has the token; the specification allows both. */
  field?: 'token' | 'access_token'
  /** Whether the server knows the POST form; if not, it answers 404. */
  post?: boolean
  /** Whether it is reached by https. */
  tls?: boolean
}

/** What the server was asked, for assertions. No secret is in it. */
export interface TokenRequest {
  readonly method: string
  readonly service: string
  readonly scopes: readonly string[]
  /** How the client said who it is. */
  readonly credentials: 'none' | 'basic' | 'password' | 'identity token'
  readonly status: number
}

export interface TokenServer {
  /** What a registry must be configured with to accept the tokens (`auth.token`). */
  readonly trust: { realm: string; service: string; issuer: string; certificate: string }
  readonly requests: readonly TokenRequest[]
  stop(): Promise<void>
}

interface Question {
  method: string
  form: URLSearchParams
  credentials: TokenRequest['credentials']
  user: string | undefined
}

const issuer = 'sandbox issuer'
const service = 'sandbox registry'
const lifetime = 300

const base64url = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url')

/** The body of a certificate's PEM, which is what `x5c` holds (RFC 7515, section 4.1.6). */
const derOf = (pem: string): string => pem.replace(/-----[A-Z ]+-----|\s/g, '')

/** What a token grants (https://distribution.github.io/distribution/spec/auth/jwt/). */
interface Access {
  type: string
  name: string
  actions: string[]
}

/** `repository:name:pull,push`, where the name may have colons of its own. */
const parseScope = (scope: string): Access => {
  const [, type = '', name = '', actions = ''] = /^([^:]*):(.*):([^:]*)$/.exec(scope) ?? []
  return { type, name, actions: actions.split(',') }
}

const scopesOf = (form: URLSearchParams): string[] =>
  form.getAll('scope').flatMap(scopes => scopes.split(' ').filter(scope => scope !== ''))

const readQuestion = async (request: IncomingMessage, options: TokenServerOptions): Promise<Question> => {
  const { users, identityTokens = {} } = options
  const userWith = (name: string, password: string) => (users[name] === password ? name : undefined)
  const method = request.method ?? ''
  if (method === 'POST') {
    const form = new URLSearchParams(await text(request))
    const token = form.get('refresh_token')
    if (token !== null) return { method, form, credentials: 'identity token', user: identityTokens[token] }
    const user = userWith(form.get('username') ?? '', form.get('password') ?? '')
    return { method, form, credentials: 'password', user }
  }
  const form = new URL(request.url ?? '', 'http://localhost').searchParams
  const [, encoded] = /^Basic (.*)$/.exec(request.headers.authorization ?? '') ?? []
  if (encoded === undefined) return { method, form, credentials: 'none', user: undefined }
  const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return { method, form, credentials: 'basic', user: userWith(name, password) }
}

const makeToken = (
  key: string,
  certificate: string,
  access: readonly Access[],
  user: string | undefined,
): string => {
  const now = Math.floor(Date.now() / 1000)
  const header = { typ: 'JWT', alg: 'ES256', x5c: [derOf(certificate)] }
  const claims = {
    iss: issuer,
    aud: service,
    sub: user ?? '',
    jti: randomUUID(),
    iat: now,
    nbf: now - 10,
    exp: now + lifetime,
    access,
  }
  const content = [header, claims].map(part => base64url(JSON.stringify(part))).join('.')
  const signature = sign('sha256', Buffer.from(content), {
    key: createPrivateKey(key),
    dsaEncoding: 'ieee-p1363',
  })
  return `${content}.${base64url(signature)}`
}

/** Starts a token server on loopback. It runs in this process, and ends with it. */
export const startTokenServer = async (options: TokenServerOptions): Promise<TokenServer> => {
  const { field = 'token', post = true, tls = false, allows = () => true } = options
  const { certificate, key } = makeCertificate()
  const requests: TokenRequest[] = []

  const reply = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, form, credentials, user } = await readQuestion(request, options)
    const scopes = scopesOf(form)
    const known = method === 'GET' || (method === 'POST' && post)
    const status = !known ? 404 : credentials !== 'none' && user === undefined ? 401 : 200
    requests.push({ method, service: form.get('service') ?? '', scopes, credentials, status })
    if (status !== 200)
      return reply(response, status, { errors: [{ code: status === 404 ? 'NOT_FOUND' : 'UNAUTHORIZED' }] })
    const granted = scopes.map(parseScope).map(({ actions, ...access }) => ({
      ...access,
      actions: actions.filter(action => allows(access.name, action)),
    }))
    const token = makeToken(key, certificate, user === undefined ? [] : granted, user)
    reply(response, status, { [method === 'POST' ? 'access_token' : field]: token, expires_in: lifetime })
  }
  const listener: RequestListener = (request, response) => {
    answer(request, response).catch(error => response.destroy(error))
  }

  const server = tls ? createTlsServer({ cert: certificate, key }, listener) : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    trust: { realm: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/token`, service, issuer, certificate },
    requests,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
