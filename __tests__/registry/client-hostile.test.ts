import type { RequestListener } from 'node:http'
import { describe, expect, test } from 'vitest'
import { field } from '../../src/json.ts'
import { digestOf } from '../../src/registry/reference.ts'
import { Secrets } from '../../src/secrets.ts'
import { EMPTY_INDEX, makeClient, makeTransport, PATH } from './client-of.ts'
import { serve } from './serve.ts'

const BOB = { kind: 'password', username: 'bob', password: 'correct horse' } as const
const digest = digestOf(EMPTY_INDEX.bytes)
const BASIC = { 'www-authenticate': 'Basic realm="registry"' }
const UNREADABLE = { name: 'registry-unreadable' }

/** A registry that wants a password, and gives the answer to whoever has one. */
const serveGuarded = (answer: RequestListener) =>
  serve((request, response) =>
    request.headers.authorization === undefined
      ? response.writeHead(401, BASIC).end()
      : answer(request, response),
  )

const redirect =
  (location: string): RequestListener =>
  (_, response) =>
    response.writeHead(307, { location }).end()

describe('a redirect', () => {
  test.each([
    { to: 'another port', address: '127.0.0.1' },
    { to: 'another host', address: '127.0.0.2' },
  ])('to $to of the same machine goes without the password', async ({ address }) => {
    const other = await serve((_, response) => response.end(EMPTY_INDEX.bytes), address)
    const registry = await serveGuarded(redirect(`http://${other.host}/kept`))
    using client = makeClient(registry.host, { credentials: BOB })
    await client.getBlob(digest)
    expect(other.asked.map(({ line }) => line)).toEqual(['GET /kept'])
    expect(other.asked[0]?.headers.authorization).toBeUndefined()
    expect(registry.asked.at(-1)?.headers.authorization).toMatch(/^Basic /)
  })

  test('to another port, which asks for credentials, gets none', async () => {
    const other = await serve((_, response) => response.writeHead(401, BASIC).end())
    const registry = await serve(redirect(`http://${other.host}/`))
    using client = makeClient(registry.host, { credentials: BOB })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject(UNREADABLE)
    expect(other.asked).toHaveLength(1)
  })

  test.each(['ftp://127.0.0.1/', '/again'])('to %s is an error, and not asked for again', async location => {
    const registry = await serve(redirect(location))
    const log: string[] = []
    using client = makeClient(registry.host, { log })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject(UNREADABLE)
    expect(log).toEqual([])
    expect(registry.asked.length).toBeLessThanOrEqual(6)
  })

  test('of a write is not followed', async () => {
    const other = await serve((_, response) => response.writeHead(202).end())
    const registry = await serve(redirect(`http://${other.host}/`))
    using client = makeClient(registry.host)
    await expect(client.requireWritable()).rejects.toMatchObject(UNREADABLE)
    expect(other.asked).toEqual([])
  })
})

describe('a token server', () => {
  const wantsToken = (realm: string) =>
    serve((_, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end(),
    )

  test.each(['http://10.0.0.1/token', 'http://[fd00::1]/token', 'http://169.254.169.254/'])(
    'at %s is not asked, nor where another one redirects to it',
    async elsewhere => {
      const tokens = await serve(redirect(elsewhere))
      for (const realm of [elsewhere, `http://${tokens.host}/token`]) {
        const registry = await wantsToken(realm)
        const log: string[] = []
        using client = makeClient(registry.host, { credentials: BOB, log })
        const message = expect.stringContaining("and not the registry's own host")
        await expect(client.headTag('2.3.4')).rejects.toMatchObject({ ...UNREADABLE, message })
        expect(log).toEqual([])
      }
    },
  )

  test('that redirects to another of this machine is followed', async () => {
    const other = await serve((_, response) => response.end('{"token":"t0ken"}'), '127.0.0.2')
    const tokens = await serve(redirect(`http://${other.host}/token`))
    const registry = await wantsToken(`http://${tokens.host}/token`)
    using client = makeClient(registry.host, { credentials: BOB })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-denied' })
    expect(other.asked[0]?.line).toMatch(/^GET \/token/)
    expect(other.asked[0]?.headers.authorization).toBeUndefined()
  })

  test.each([
    {
      who: BOB,
      status: 401,
      says: /did not accept the user name and password: status 401, UNAUTHORIZED: expired\.$/,
    },
    { who: BOB, status: 403, says: /gave no token for repository:.*: status 403, UNAUTHORIZED: expired\.$/ },
    {
      who: { kind: 'anonymous' },
      status: 401,
      says: /gave no token for .*: status 401, UNAUTHORIZED: expired\.$/,
    },
  ] as const)('that answers $who.kind with $status is quoted', async ({ who, status, says }) => {
    const errors = [{ code: 'UNAUTHORIZED', message: 'expired.' }]
    const tokens = await serve((_, response) => response.writeHead(status).end(JSON.stringify({ errors })))
    const registry = await wantsToken(`http://${tokens.host}/token`)
    using client = makeClient(registry.host, { credentials: who })
    const what = expect.stringMatching(says)
    await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-denied', what })
  })

  test.each(['{"token":""}', '{"token":7}', '<html>'])('that answers %s gives no token', async body => {
    const tokens = await serve((_, response) => response.end(body))
    const registry = await wantsToken(`http://${tokens.host}/token`)
    using client = makeClient(registry.host, { credentials: BOB })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject(UNREADABLE)
  })
})

test.each([
  { status: 404, is: { status: 404 } },
  { status: 200, is: { name: 'NoAnswerError' } },
])('an answer that does not end, with status $status', async ({ status, is }) => {
  const registry = await serve((_, response) => {
    response.writeHead(status)
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', write)
    }
    write()
  })
  using transport = makeTransport()
  const request = { method: 'GET', url: new URL(`http://${registry.host}/`), headers: {} } as const
  const answer = await transport.send(request).catch((error: unknown) => error)
  expect(answer).toMatchObject(is)
  expect(registry.asked).toHaveLength(1)
})

describe('a server that sends credentials back', () => {
  const sent = Buffer.from(`${BOB.username}:${BOB.password}`).toString('base64')
  const token = 'T0ken-of-the-token-server'
  const errors = (message: string): string => JSON.stringify({ errors: [{ code: 'DENIED', message }] })
  const bodies: { name: string; body: (authorization: string) => string }[] = [
    { name: 'in a header', body: authorization => `Authorization: ${authorization}` },
    {
      name: 'in JSON',
      body: authorization => JSON.stringify({ headers: { authorization: [authorization] } }),
    },
    { name: 'in the words of the specification', body: authorization => errors(`no, ${authorization}`) },
    { name: 'where it is cut', body: authorization => `${'x'.repeat(290)} ${authorization.split(' ')[1]}` },
    { name: 'decoded', body: given => errors(Buffer.from(given.slice(6), 'base64').toString()) },
  ]

  test.each(bodies.flatMap(row => ['Basic', 'Bearer'].map(scheme => ({ ...row, scheme }))))(
    '$scheme, $name: nothing of it is quoted',
    async ({ scheme, body }) => {
      const tokens = await serve((_, response) => response.end(JSON.stringify({ token })))
      const challenge =
        scheme === 'Basic' ? BASIC : { 'www-authenticate': `Bearer realm="http://${tokens.host}/"` }
      const registry = await serve(({ headers: { authorization } }, response) =>
        authorization === undefined
          ? response.writeHead(401, challenge).end()
          : response.writeHead(403).end(body(authorization)),
      )
      const secrets = new Secrets()
      using client = makeClient(registry.host, { credentials: BOB, secrets })
      const error = await client.getManifest('2.3.4').catch((reason: unknown) => String(reason))
      expect(error).toMatch(/^registry-denied: .*status 403, /)
      for (const secret of [BOB.password, sent, token])
        for (let at = 0; at + 6 <= secret.length; at += 1)
          expect(error).not.toContain(secret.slice(at, at + 6))
      for (const secret of [BOB.password, sent.replace(/=+$/, ''), ...(scheme === 'Bearer' ? [token] : [])])
        expect(secrets.mask(secret)).toBe('***')
    },
  )

  test('an identity token, and the token that it is exchanged for', async () => {
    const tokens = await serve((_, response) => response.end(JSON.stringify({ access_token: token })))
    const challenge = { 'www-authenticate': `Bearer realm="http://${tokens.host}/"` }
    const registry = await serve((_, response) => response.writeHead(401, challenge).end())
    const secrets = new Secrets()
    const credentials = { kind: 'identity-token', token: 'refresh-me' } as const
    using client = makeClient(registry.host, { credentials, secrets })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-denied' })
    const basic = Buffer.from('<token>:refresh-me').toString('base64')
    expect(secrets.mask(`refresh-me ${basic} ${token}`)).toBe('*** *** ***')
  })
})

test.each([
  {
    challenge: (server: string) => `Bearer realm="http://${server}/"`,
    sent: 'Bearer for-the-registry',
    is: 'absent',
  },
  { challenge: () => 'Basic realm="registry"', sent: undefined, is: 'registry-denied' },
])('a token for the registry itself goes to it alone, as $sent: $is', async ({ challenge, sent, is }) => {
  const tokens = await serve((_, response) => response.end('{}'))
  const headers = { 'www-authenticate': challenge(tokens.host) }
  const registry = await serve(({ headers: { authorization } }, response) =>
    response.writeHead(authorization === 'Bearer for-the-registry' ? 404 : 401, headers).end(),
  )
  const secrets = new Secrets()
  const credentials = { kind: 'registry-token', token: 'for-the-registry' } as const
  using client = makeClient(registry.host, { credentials, secrets })
  const answer = await client
    .headTag('2.3.4')
    .catch((error: unknown) => ({ kind: String(field(error, 'name')) }))
  expect(answer).toEqual({ kind: is })
  expect(registry.asked.at(-1)?.headers.authorization).toBe(sent)
  expect(tokens.asked).toEqual([])
  expect(secrets.mask('for-the-registry')).toBe('***')
})

test('a blob goes to another host, where the registry says so, without the password', async () => {
  const other = await serve((request, response) =>
    request.resume().on('end', () => response.writeHead(201).end()),
  )
  const registry = await serveGuarded(({ method }, response) =>
    response.writeHead(method === 'HEAD' ? 404 : 202, { location: `http://${other.host}/?signed=1` }).end(),
  )
  using client = makeClient(registry.host, { credentials: BOB })
  const put = await client.putBlob(EMPTY_INDEX.bytes)
  expect(other.asked[0]?.line).toBe(`PUT /?signed=1&digest=${encodeURIComponent(put)}`)
  expect(other.asked[0]?.headers.authorization).toBeUndefined()
})

test.each([
  { where: 'another host', location: (other: string) => `http://${other}/v2/${PATH}/blobs/uploads/1?a=b` },
  { where: 'another repository', location: () => '/v2/cmswmcore/other/blobs/uploads/1' },
  { where: 'no address', location: () => 'http://' },
])('an upload that is at $where is not cancelled there', async ({ location }) => {
  const other = await serve((_, response) => response.writeHead(204).end())
  const registry = await serve((_, response) =>
    response.writeHead(202, { location: location(other.host) }).end(),
  )
  using client = makeClient(registry.host)
  await client.requireWritable()
  expect([...other.asked, ...registry.asked].map(({ line }) => line)).toEqual([
    `POST /v2/${PATH}/blobs/uploads/`,
  ])
})
