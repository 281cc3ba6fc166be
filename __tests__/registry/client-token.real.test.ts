import type { IncomingHttpHeaders } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { readTag } from '../../sandbox/storage.ts'
import { startTokenServer, type TokenServer, type TokenServerOptions } from '../../sandbox/token-server.ts'
import { digestOf } from '../../src/registry/reference.ts'
import { EMPTY_INDEX, makeClient, PATH } from './client-of.ts'
import { serve } from './serve.ts'

const BOB = { kind: 'password', username: 'bob', password: 'secret:1' } as const
const REFRESH = { kind: 'identity-token', token: 'refresh' } as const
const ABSENT = { kind: 'absent' }

const stops: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(stops.splice(0).map(stop => stop())))

/** What a front of the token server changes: the question on its way in, the token on its way out. */
interface Change {
  question?(query: URLSearchParams, headers: IncomingHttpHeaders): void
  answer?(token: string): string
}

/** A token server that gives other tokens than the one behind it would: fewer rights, or useless ones. */
const startFront = async ({ trust }: TokenServer, { question, answer }: Change): Promise<string> => {
  const { host } = await serve((request, response) => {
    const url = new URL(request.url ?? '', trust.realm)
    question?.(url.searchParams, request.headers)
    const { authorization = '' } = request.headers
    fetch(url, { headers: { authorization } })
      .then(async behind => {
        const { token = '' } = (await behind.json()) as { token?: string }
        response.writeHead(behind.status).end(JSON.stringify({ token: answer?.(token) ?? token }))
      })
      .catch(error => response.destroy(error))
  })
  return `http://${host}/token`
}

const start = async (
  options: Partial<TokenServerOptions> = {},
  change?: Change,
): Promise<{ registry: Registry; tokens: TokenServer }> => {
  const tokens = await startTokenServer({ users: { bob: 'secret:1' }, ...options })
  const realm = change === undefined ? tokens.trust.realm : await startFront(tokens, change)
  const registry = await startRegistry({ auth: { kind: 'token', trust: { ...tokens.trust, realm } } })
  stops.push(tokens.stop, registry.stop)
  return { registry, tokens }
}

const NO_POST = { post: false, users: { '<token>': 'refresh' } }
test.each([
  { name: 'token', options: { field: 'token' }, who: BOB, asks: ['GET basic 200'] },
  { name: 'access_token', options: { field: 'access_token' }, who: BOB, asks: ['GET basic 200'] },
  {
    name: 'OAuth2',
    options: { identityTokens: { refresh: 'bob' } },
    who: REFRESH,
    asks: ['POST identity token 200'],
  },
  { name: 'no OAuth2', options: NO_POST, who: REFRESH, asks: ['POST identity token 404', 'GET basic 200'] },
] as const)('$name: one token serves for everything', async ({ options, who, asks }) => {
  const { registry, tokens } = await start(options)
  using client = makeClient(registry.host, { credentials: who })
  const heads = await Promise.all(['2.3.4', '2.3.4-stable'].map(tag => client.headTag(tag)))
  expect(heads).toEqual([ABSENT, ABSENT])
  await client.requireWritable()
  await client.putManifest('2.3.4', EMPTY_INDEX)
  expect(await client.headTag('2.3.4')).toEqual({ kind: 'present', digest: digestOf(EMPTY_INDEX.bytes) })
  expect(await client.listTags()).toEqual(['2.3.4'])
  expect(tokens.requests.map(each => `${each.method} ${each.credentials} ${each.status}`)).toEqual(asks)
  for (const { scopes, service } of tokens.requests) {
    expect(scopes).toEqual([`repository:${PATH}:pull,push`])
    expect(service).toBe(tokens.trust.service)
  }
})

test.each([
  { name: 'a wrong password', credentials: { ...BOB, password: 'wrong' } },
  { name: 'an unknown identity token', credentials: { kind: 'identity-token', token: 'x' } },
  { name: 'nobody', credentials: { kind: 'anonymous' } },
] as const)('$name is denied, which is not absent', async ({ credentials }) => {
  const { registry } = await start()
  using client = makeClient(registry.host, { credentials })
  await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-denied' })
  await expect(client.getManifest('2.3.4')).rejects.toMatchObject({ name: 'registry-denied' })
})

test.each([BOB, { kind: 'anonymous' }] as const)(
  'with a token for pulling alone, $kind may read and not write',
  async credentials => {
    const { registry } = await start(
      {},
      {
        question: (query, headers) => {
          query.set('scope', (query.get('scope') ?? '').replace(':pull,push', ':pull'))
          headers.authorization ??= `Basic ${Buffer.from('bob:secret:1').toString('base64')}`
        },
      },
    )
    using client = makeClient(registry.host, { credentials })
    expect(await client.headTag('2.3.4')).toEqual(ABSENT)
    const put = client.putManifest('2.3.4', EMPTY_INDEX)
    await expect(put).rejects.toMatchObject({ name: 'registry-denied' })
    expect(await readTag(registry.storage, PATH, '2.3.4')).toBeUndefined()
  },
)

test('a token that ran out is fetched anew', async () => {
  const { registry, tokens } = await start()
  let now = 0
  using client = makeClient(registry.host, { credentials: BOB, now: () => now })
  // The server says 300 seconds.
  for (now of [0, 200_000, 300_000]) expect(await client.headTag('2.3.4')).toEqual(ABSENT)
  expect(tokens.requests).toHaveLength(2)
})

test('a token that the registry refuses is fetched anew, once', async () => {
  let given = 0
  const { registry, tokens } = await start({}, { answer: token => (given++ === 0 ? `${token}x` : token) })
  using client = makeClient(registry.host, { credentials: BOB })
  expect(await client.headTag('2.3.4')).toEqual(ABSENT)
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
  await stops.splice(0, 1)[0]?.()
  using client = makeClient(registry.host, { credentials: BOB })
  const message = expect.stringContaining(new URL(tokens.trust.realm).host)
  await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-unreadable', message })
})
