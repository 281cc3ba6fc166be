import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { readTag } from '../../sandbox/storage.ts'
import { startTokenServer, type TokenServer, type TokenServerOptions } from '../../sandbox/token-server.ts'
import type { Credentials } from '../../src/registry/authorization.ts'
import { digestOf } from '../../src/registry/client.ts'
import { EMPTY_INDEX, makeClient, PATH } from './client-of.ts'

const SCOPE = `repository:${PATH}:pull,push`
const BOB = { kind: 'password', username: 'bob', password: 'secret:1' } as const
const USERS = { bob: 'secret:1' }
const digest = digestOf(EMPTY_INDEX.bytes)

const stops: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(stops.splice(0).map(stop => stop())))

/** What a front of the token server changes: the question on its way in, the token on its way out. */
interface Change {
  question?(query: URLSearchParams, headers: IncomingHttpHeaders): void
  answer?(token: string): string
}

/** A token server that gives other tokens than the one behind it would: fewer rights, or useless ones. */
const startFront = async ({ trust }: TokenServer, { question, answer }: Change): Promise<string> => {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', trust.realm)
    question?.(url.searchParams, request.headers)
    const { authorization = '' } = request.headers
    fetch(url, { headers: { authorization } })
      .then(async behind => {
        const body = (await behind.json()) as { token?: string }
        response.writeHead(behind.status, { 'Content-Type': 'application/json' })
        response.end(JSON.stringify({ ...body, token: answer?.(body.token ?? '') ?? body.token }))
      })
      .catch(error => response.destroy(error))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
}

const start = async (
  options: Partial<TokenServerOptions> = {},
  change?: Change,
): Promise<{ registry: Registry; tokens: TokenServer }> => {
  const tokens = await startTokenServer({ users: USERS, ...options })
  const realm = change === undefined ? tokens.trust.realm : await startFront(tokens, change)
  const registry = await startRegistry({ auth: { kind: 'token', trust: { ...tokens.trust, realm } } })
  stops.push(tokens.stop, registry.stop)
  return { registry, tokens }
}

const put = (client: ReturnType<typeof makeClient>, tag = '2.3.4') => client.putManifest(tag, EMPTY_INDEX)

test.each([
  { name: 'token', options: { field: 'token' }, credentials: BOB, asked: ['GET basic 200'] },
  { name: 'access_token', options: { field: 'access_token' }, credentials: BOB, asked: ['GET basic 200'] },
  {
    name: 'an identity token, exchanged by POST',
    options: { identityTokens: { refresh: 'bob' } },
    credentials: { kind: 'identity-token', token: 'refresh' },
    asked: ['POST identity token 200'],
  },
  {
    name: 'an identity token where there is no POST',
    options: { post: false, users: { '<token>': 'refresh' } },
    credentials: { kind: 'identity-token', token: 'refresh' },
    asked: ['POST none 404', 'GET basic 200'],
  },
] satisfies {
  name: string
  options: Partial<TokenServerOptions>
  credentials: Credentials
  asked: string[]
}[])('$name: one token serves for everything', async ({ options, credentials, asked }) => {
  const { registry, tokens } = await start(options)
  using client = makeClient(registry.host, { credentials })
  expect(await Promise.all(['2.3.4', '2.3.4-stable'].map(tag => client.headTag(tag)))).toEqual([
    { kind: 'absent' },
    { kind: 'absent' },
  ])
  await put(client)
  expect(await client.headTag('2.3.4')).toEqual({ kind: 'present', digest })
  expect(await client.listTags()).toEqual(['2.3.4'])
  expect(
    tokens.requests.map(request => `${request.method} ${request.credentials} ${request.status}`),
  ).toEqual(asked.map(line => line.replace('POST none', 'POST identity token')))
  for (const { scopes, service } of tokens.requests) {
    expect(scopes).toEqual([SCOPE])
    expect(service).toBe(tokens.trust.service)
  }
})

describe('is denied, which is not absent', () => {
  test.each([
    { name: 'a wrong password', credentials: { ...BOB, password: 'wrong' }, says: 'gave user bob no token' },
    {
      name: 'an unknown identity token',
      credentials: { kind: 'identity-token', token: 'x' },
      says: 'gave the caller no token',
    },
    { name: 'nobody', credentials: { kind: 'anonymous' }, says: 'wants a login, and there is none, to read' },
  ] as const)('$name', async ({ credentials, says }) => {
    const { registry } = await start()
    using client = makeClient(registry.host, { credentials })
    const denied = { name: 'registry-denied', message: expect.stringContaining(says) }
    await expect(client.headTag('2.3.4')).rejects.toMatchObject(denied)
    await expect(client.getManifest('2.3.4')).rejects.toMatchObject({ name: 'registry-denied' })
  })
})

/** Grants no more than pulling; those who do not say who they are may do it as bob. */
const pullOnly: Change = {
  question: (query, headers) => {
    query.set('scope', (query.get('scope') ?? '').replace(':pull,push', ':pull'))
    headers.authorization ??= `Basic ${Buffer.from('bob:secret:1').toString('base64')}`
  },
}

test.each([
  { credentials: BOB, says: 'does not let this account write' },
  { credentials: { kind: 'anonymous' }, says: 'wants a login, and there is none, to write' },
] as const)(
  'with a token for pulling alone, $credentials.kind may read and not write',
  async ({ credentials, says }) => {
    const { registry } = await start({}, pullOnly)
    using client = makeClient(registry.host, { credentials })
    expect(await client.headTag('2.3.4')).toEqual({ kind: 'absent' })
    expect(await client.listTags()).toEqual([])
    await expect(put(client)).rejects.toMatchObject({
      name: 'registry-denied',
      message: expect.stringContaining(`${says} ${registry.host}/${PATH}:2.3.4: status 401`),
    })
    expect(await readTag(registry.storage, PATH, '2.3.4')).toBeUndefined()
  },
)

test('a token that ran out is fetched anew', async () => {
  const { registry, tokens } = await start()
  let now = 0
  using client = makeClient(registry.host, { credentials: BOB, now: () => now })
  await client.headTag('2.3.4')
  // The server says 300 seconds.
  now += 200_000
  await client.headTag('2.3.4')
  expect(tokens.requests).toHaveLength(1)
  now += 100_000
  expect(await client.headTag('2.3.4')).toEqual({ kind: 'absent' })
  expect(tokens.requests).toHaveLength(2)
})

test('a token that the registry refuses is fetched anew, once', async () => {
  let given = 0
  const { registry, tokens } = await start(
    {},
    {
      answer: token => {
        given += 1
        return given === 1 ? `${token}x` : token
      },
    },
  )
  using client = makeClient(registry.host, { credentials: BOB })
  expect(await client.headTag('2.3.4')).toEqual({ kind: 'absent' })
  await put(client)
  expect(tokens.requests).toHaveLength(2)
})

test('tokens that the registry always refuses end in an error', async () => {
  const { registry, tokens } = await start({}, { answer: token => `${token}x` })
  using client = makeClient(registry.host, { credentials: BOB })
  await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-denied' })
  expect(tokens.requests).toHaveLength(2)
})

test('a token server that is down is an error that names it', async () => {
  const { registry, tokens } = await start()
  const { host } = new URL(tokens.trust.realm)
  await stops.splice(0, 1)[0]?.()
  using client = makeClient(registry.host, { credentials: BOB })
  await expect(client.headTag('2.3.4')).rejects.toMatchObject({
    name: 'registry-unreadable',
    message: expect.stringContaining(`${host} gave no token`),
  })
})
