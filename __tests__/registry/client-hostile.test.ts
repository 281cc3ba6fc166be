import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/registry/client.ts'
import { Secrets } from '../../src/secrets.ts'
import { EMPTY_INDEX, makeClient, makeTransport, PATH } from './client-of.ts'

const BOB = { kind: 'password', username: 'bob', password: 'correct horse' } as const
const digest = digestOf(EMPTY_INDEX.bytes)
const OTHER = `sha256:${'5'.repeat(64)}` as const
const BASIC = { 'www-authenticate': 'Basic realm="registry"' }

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** A request as it came. */
interface Asked {
  readonly line: string
  readonly headers: IncomingHttpHeaders
}

/** A server that answers as it is told, and remembers what it was asked. */
const serve = async (answer: RequestListener, address = '127.0.0.1') => {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers })
    answer(request, response)
  }).listen(0, address)
  await once(server, 'listening')
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { host: `${address}:${(server.address() as AddressInfo).port}`, asked }
}

/** A registry that wants a password, and gives the answer to whoever has one. */
const serveGuarded = (answer: RequestListener) =>
  serve((request, response) =>
    request.headers.authorization === undefined
      ? response.writeHead(401, BASIC).end()
      : answer(request, response),
  )

describe('a redirect', () => {
  test.each([
    { to: 'another port', address: '127.0.0.1' },
    { to: 'another host', address: '127.0.0.2' },
  ])('to $to of the same machine goes without the password', async ({ address }) => {
    const other = await serve((_, response) => response.end(EMPTY_INDEX.bytes), address)
    const registry = await serveGuarded((_, response) =>
      response.writeHead(307, { location: `http://${other.host}/kept` }).end(),
    )
    using client = makeClient(registry.host, { credentials: BOB })
    await client.getBlob(digest)
    expect(other.asked.map(({ line }) => line)).toEqual(['GET /kept'])
    expect(other.asked[0]?.headers.authorization).toBeUndefined()
    expect(registry.asked.at(-1)?.headers.authorization).toMatch(/^Basic /)
  })

  test('to the same origin keeps it', async () => {
    const registry = await serveGuarded((request, response) =>
      request.url === '/kept'
        ? response.end(EMPTY_INDEX.bytes)
        : response.writeHead(307, { location: '/kept' }).end(),
    )
    using client = makeClient(registry.host, { credentials: BOB })
    await client.getBlob(digest)
    expect(registry.asked.at(-1)).toMatchObject({
      line: 'GET /kept',
      headers: { authorization: expect.stringMatching(/^Basic /) },
    })
  })

  test('to another port, which asks for credentials, gets none', async () => {
    const other = await serve((_, response) => response.writeHead(401, BASIC).end())
    const registry = await serve((_, response) =>
      response.writeHead(307, { location: `http://${other.host}/` }).end(),
    )
    using client = makeClient(registry.host, { credentials: BOB })
    await expect(client.headTag('2.3.4')).rejects.toThrow(
      `it leads to http://${other.host}, which asks for credentials and gets none`,
    )
    expect(other.asked).toHaveLength(1)
  })

  test.each([
    { location: 'ftp://127.0.0.1/', says: /a redirect from http:\/\/\S+ to ftp:\/\/127\.0\.0\.1/ },
    { location: 'http://', says: /a redirect from http:\/\/\S+ to no address/ },
    { location: '/again', says: /more than 5 redirects/ },
  ])('to $location is an error, and not asked for again', async ({ location, says }) => {
    const registry = await serve((_, response) => response.writeHead(302, { location }).end())
    const log: string[] = []
    using client = makeClient(registry.host, { log })
    await expect(client.headTag('2.3.4')).rejects.toThrow(says)
    expect(log).toEqual([])
  })
})

describe('a token server', () => {
  const wantsToken = (realm: string) =>
    serve((_, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end(),
    )

  test('at a private address that is not of the registry gets no credentials', async () => {
    const registry = await wantsToken('http://10.0.0.1/token')
    using client = makeClient(registry.host, { credentials: BOB })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject({
      name: 'registry-unreadable',
      message: expect.stringMatching(
        /wants a token from "http:\/\/10\.0\.0\.1\/token", which is a private or reserved address, .*No credentials were sent there/,
      ),
    })
  })

  test.each([
    { location: 'http://10.0.0.1/token', says: 'http://10.0.0.1, which is a private or reserved address' },
    { location: 'http://[fd00::1]/token', says: 'http://[fd00::1], which is a private or reserved address' },
    { location: 'http://169.254.169.254/', says: 'http://169.254.169.254, which is a private or reserved' },
  ])('that redirects to $location is not followed', async ({ location, says }) => {
    const tokens = await serve((_, response) => response.writeHead(307, { location }).end())
    const registry = await wantsToken(`http://${tokens.host}/token`)
    const log: string[] = []
    using client = makeClient(registry.host, { credentials: BOB, log })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject({
      name: 'registry-unreadable',
      message: expect.stringContaining(`a redirect from http://${tokens.host} to ${says}`),
    })
    expect(log).toEqual([])
  })

  test('that redirects to another of this machine is followed', async () => {
    const other = await serve((_, response) => response.end('{"token":"t0ken"}'), '127.0.0.2')
    const tokens = await serve((_, response) =>
      response.writeHead(307, { location: `http://${other.host}/token` }).end(),
    )
    const registry = await wantsToken(`http://${tokens.host}/token`)
    using client = makeClient(registry.host, { credentials: BOB })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-denied' })
    expect(other.asked.map(({ line }) => line)).toContainEqual(expect.stringMatching(/^GET \/token/))
  })

  test.each([
    { bytes: 60_000, ends: 'the token is used' },
    { bytes: 70_000, ends: 'nothing is used' },
  ])('that answers with $bytes bytes: $ends', async ({ bytes }) => {
    const tokens = await serve((_, response) => response.end(JSON.stringify({ token: 't'.repeat(bytes) })))
    const registry = await wantsToken(`http://${tokens.host}/token`)
    const log: string[] = []
    using client = makeClient(registry.host, { credentials: BOB, log })
    const head = client.headTag('2.3.4')
    // The registry refuses every token, and headers of this size.
    if (bytes > 65_536)
      await expect(head).rejects.toThrow('the answer has more than 65536 bytes (the only attempt)')
    else await expect(head).rejects.not.toThrow(/bytes/)
    expect(log).toEqual([])
  })
})

test('of an error no more than 64 KiB are read, and its status counts', async () => {
  const registry = await serve((_, response) => {
    response.writeHead(404)
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', write)
    }
    write()
  })
  using transport = makeTransport()
  const url = new URL(`http://${registry.host}/`)
  const { status, body } = await transport.send({ method: 'GET', url, headers: {} })
  expect({ status, bytes: body.length }).toEqual({ status: 404, bytes: 65_536 })
})

test.each([
  { bytes: 1_000, maxBytes: 1_000 },
  { bytes: 1_001, maxBytes: 1_000 },
])('an answer of $bytes bytes where $maxBytes are taken', async ({ bytes, maxBytes }) => {
  const registry = await serve((_, response) => response.end('x'.repeat(bytes)))
  using transport = makeTransport()
  const url = new URL(`http://${registry.host}/`)
  const answer = transport.send({ method: 'GET', url, headers: {}, maxBytes })
  if (bytes <= maxBytes) expect((await answer).body).toHaveLength(bytes)
  else await expect(answer).rejects.toThrow(`the answer has more than ${maxBytes} bytes`)
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
    {
      name: 'where the quotation ends',
      body: authorization => `${'x'.repeat(290)} ${authorization.split(' ')[1]}`,
    },
    {
      name: 'decoded',
      body: authorization => errors(Buffer.from(authorization.slice(6), 'base64').toString()),
    },
  ]

  test.each(
    bodies.flatMap(row => [
      { ...row, scheme: 'Basic' },
      { ...row, scheme: 'Bearer' },
    ]),
  )('$scheme, $name: nothing of it is quoted', async ({ scheme, body }) => {
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
    expect(error).toMatch(/does not let this account read .*: status 403, /)
    for (const secret of [BOB.password, sent, token])
      for (let at = 0; at + 6 <= secret.length; at += 1) expect(error).not.toContain(secret.slice(at, at + 6))
    for (const secret of [BOB.password, sent.replace(/=+$/, ''), ...(scheme === 'Bearer' ? [token] : [])])
      expect(secrets.mask(secret)).toBe('***')
  })

  test('an identity token, and the token that it is exchanged for', async () => {
    const tokens = await serve((_, response) => response.end(JSON.stringify({ access_token: token })))
    const registry = await serve((_, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${tokens.host}/"` }).end(),
    )
    const secrets = new Secrets()
    using client = makeClient(registry.host, {
      credentials: { kind: 'identity-token', token: 'refresh-me' },
      secrets,
    })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-denied' })
    const basic = Buffer.from('<token>:refresh-me').toString('base64')
    expect(secrets.mask(`refresh-me ${basic} ${token}`)).toBe('*** *** ***')
  })
})

describe('a HEAD', () => {
  /** Answers HEAD with a status and, if there is one, a digest; and GET with the empty index. */
  const serveHead = (status: number, said?: string) =>
    serve((request, response) => {
      const digests = said === undefined ? {} : { 'docker-content-digest': said }
      if (request.method === 'HEAD') return response.writeHead(status, digests).end()
      return response.writeHead(200, { 'content-type': EMPTY_INDEX.mediaType }).end(EMPTY_INDEX.bytes)
    })

  test.each([
    { status: 404, said: undefined, looks: { kind: 'absent' }, reads: { kind: 'absent' } },
    {
      status: 200,
      said: OTHER,
      looks: { kind: 'present', digest: OTHER },
      reads: { kind: 'present', digest: OTHER },
    },
    {
      status: 200,
      said: undefined,
      looks: /does not say which image it is/,
      reads: { kind: 'present', digest },
    },
    {
      status: 200,
      said: 'sha256:5',
      looks: /does not say which image it is/,
      reads: { kind: 'present', digest },
    },
    {
      status: 403,
      said: undefined,
      looks: /does not let this account read .*status 403/,
      reads: { kind: 'present', digest },
    },
    {
      status: 412,
      said: undefined,
      looks: /refuses to show .*vulnerability policy/,
      reads: { kind: 'present', digest },
    },
    { status: 500, said: undefined, looks: /could not read .*status 500/, reads: /status 500/ },
  ] as const)('of a tag that answers $status, digest $said', async ({ status, said, looks, reads }) => {
    for (const [looksOnly, expected] of [
      [true, looks],
      [false, reads],
    ] as const) {
      const registry = await serveHead(status, said)
      using client = makeClient(registry.host, { looksOnly })
      const state = client.headTag('2.3.4')
      if (expected instanceof RegExp) await expect(state).rejects.toThrow(expected)
      else expect(await state).toEqual(expected)
      // At Harbor, a GET is a pull.
      if (looksOnly) expect(registry.asked.filter(({ line }) => !line.startsWith('HEAD '))).toEqual([])
    }
  })

  test.each([
    { status: 200, said: digest, is: true },
    { status: 200, said: undefined, is: true },
    { status: 404, said: undefined, is: false },
    { status: 200, said: OTHER, is: new RegExp(`it announced ${OTHER}`) },
    { status: 403, said: undefined, is: /does not let this account read .*@sha256:.*status 403/ },
    { status: 500, said: undefined, is: /status 500/ },
  ] as const)('of a digest that answers $status, digest $said', async ({ status, said, is }) => {
    const registry = await serveHead(status, said)
    using client = makeClient(registry.host)
    const has = client.hasManifest(digest)
    if (is instanceof RegExp) await expect(has).rejects.toThrow(is)
    else expect(await has).toBe(is)
    expect(new Set(registry.asked.map(({ line }) => line))).toEqual(
      new Set([`HEAD /v2/${PATH}/manifests/${digest}`]),
    )
  })
})
