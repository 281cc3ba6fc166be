import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Certificate, makeCertificate } from '../../sandbox/certificate.ts'
import { run } from '../../sandbox/command.ts'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { startTokenServer, type TokenServer } from '../../sandbox/token-server.ts'
import { makeClient, makeTransport, PATH } from './client-of.ts'

/** A proxy that serves every host from one place, and writes down what it was asked; over TLS with a certificate. */
const startProxy = async (port: () => number, certificate?: Certificate) => {
  const asked: string[] = []
  const server = (
    certificate === undefined
      ? createServer()
      : createTlsServer({ cert: certificate.certificate, key: certificate.key })
  ).on('request', (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
    const { pathname } = new URL(request.url ?? '')
    fetch(`http://127.0.0.1:${port()}${pathname}`)
      .then(async answer => response.writeHead(answer.status).end(await answer.text()))
      .catch(error => response.destroy(error))
  })
  server.on('connect', (request, client, head) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
    const target = connect(port(), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      target.write(head)
      target.pipe(client).pipe(target)
    })
    target.on('error', () => client.destroy())
    client.on('error', () => target.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { host, asked, stop }
}

/** The registry at a port, served by TLS under a name; gives back the path of its certificate. */
const startSecureFront = async (folder: string, port: () => number, name: string) => {
  const pair = makeCertificate(name)
  const path = join(folder, `${name}.pem`)
  await writeFile(path, pair.certificate)
  const asked: string[] = []
  const server = createTlsServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    fetch(`http://127.0.0.1:${port()}${request.url}`, { method: request.method ?? '' })
      .then(answer => response.writeHead(answer.status).end())
      .catch(error => response.destroy(error))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, certificate: path, asked, stop }
}

const module = (path: string): string => JSON.stringify(join(import.meta.dirname, path))
const portOf = (registry: Registry | undefined): number => Number(registry?.host.split(':')[1])

/** Runs the client in a process of its own: Node reads what it trusts when it starts. */
const headElsewhere = (
  registry: string,
  env: NodeJS.ProcessEnv,
  credentials: object = { kind: 'anonymous' },
) =>
  run(
    process.execPath,
    [
      '--input-type=module-typescript',
      '--eval',
      `import { makeClient } from ${module('client-of.ts')}
       using client = makeClient(${JSON.stringify(registry)}, { credentials: ${JSON.stringify(credentials)} })
       const outcome = await client.headTag('2.3.4').catch(({ name, message }) => ({ name, message }))
       console.log(JSON.stringify(outcome))`,
    ],
    { env: { PATH: process.env.PATH, ...env } },
  ).then((output): unknown => JSON.parse(output))

describe('TLS', () => {
  let registry: Registry
  let tokens: TokenServer
  let guarded: Registry
  beforeAll(async () => {
    registry = await startRegistry({ tls: true })
    tokens = await startTokenServer({ users: { bob: 'secret' } })
    guarded = await startRegistry({ tls: true, auth: { kind: 'token', trust: tokens.trust } })
  })
  afterAll(() => Promise.all([registry?.stop(), guarded?.stop(), tokens?.stop()]))

  test('with an authority that Node was told to trust', async () => {
    const env = { NODE_EXTRA_CA_CERTS: registry.certificate }
    expect(await headElsewhere(registry.host, env)).toEqual({ kind: 'absent' })
    expect(registry.requests().at(-1)).toMatchObject({
      method: 'HEAD',
      path: `/v2/${PATH}/manifests/2.3.4`,
      status: 404,
    })
  })

  test('with an authority that nobody knows: an error, not absent', async () => {
    expect(await headElsewhere(registry.host, {})).toMatchObject({
      name: 'registry-unreadable',
      message: expect.stringMatching(/self-signed certificate/),
    })
  })

  test('credentials do not go from https to a token server by http', async () => {
    const bob = { kind: 'password', username: 'bob', password: 'secret' }
    const env = { NODE_EXTRA_CA_CERTS: guarded.certificate }
    expect(await headElsewhere(guarded.host, env, bob)).toMatchObject({
      name: 'registry-unreadable',
      message: expect.stringMatching(/which is not an https address.*No credentials were sent there/),
    })
    expect(tokens.requests).toEqual([])
  })
})

describe('proxies', () => {
  let plain: Registry
  let secure: Awaited<ReturnType<typeof startSecureFront>>
  let other: Awaited<ReturnType<typeof startSecureFront>>
  let folder: string
  let proxy: Awaited<ReturnType<typeof startProxy>> | undefined
  beforeAll(async () => {
    plain = await startRegistry()
    folder = await mkdtemp(join(tmpdir(), 'front-'))
    secure = await startSecureFront(folder, () => portOf(plain), 'localhost')
    other = await startSecureFront(folder, () => portOf(plain), 'registry.invalid')
  })
  afterAll(async () => {
    secure?.stop()
    other?.stop()
    await plain?.stop()
    await rm(folder, { recursive: true })
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    proxy?.stop()
  })

  test.each(['http_proxy', 'HTTP_PROXY'])('%s serves plain http', async variable => {
    proxy = await startProxy(() => portOf(plain))
    vi.stubEnv(variable, `http://user:word@${proxy.host}`)
    using transport = makeTransport()
    const url = new URL('http://registry.invalid/v2/')
    for (const _ of ['first', 'on the same connection']) {
      const { status, body } = await transport.send({ method: 'GET', url, headers: {} })
      expect({ status, body: body.toString() }).toEqual({ status: 200, body: '{}' })
    }
    const login = Buffer.from('user:word').toString('base64')
    expect(proxy.asked).toEqual([`CONNECT registry.invalid:80 Basic ${login}`])
  })

  test.each(['registry.invalid', '.invalid', '*'])('no_proxy: %s goes past it', async noProxy => {
    proxy = await startProxy(() => portOf(plain))
    vi.stubEnv('http_proxy', `http://${proxy.host}`)
    vi.stubEnv('no_proxy', `other.example,${noProxy}`)
    using transport = makeTransport()
    const url = new URL('http://registry.invalid/v2/')
    // There is no such host: without the proxy nobody answers.
    await expect(transport.send({ method: 'GET', url, headers: {} })).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/)
    expect(proxy.asked).toEqual([])
  })

  test('loopback registries are never asked through a proxy', async () => {
    proxy = await startProxy(() => portOf(plain))
    vi.stubEnv('http_proxy', `http://${proxy.host}`)
    vi.stubEnv('https_proxy', `http://${proxy.host}`)
    using client = makeClient(plain.host)
    expect(await client.headTag('2.3.4')).toEqual({ kind: 'absent' })
    expect(proxy.asked).toEqual([])
  })

  test.each(['https_proxy', 'HTTPS_PROXY'])('%s serves https, through a tunnel', async variable => {
    proxy = await startProxy(() => secure.port)
    const env = { NODE_EXTRA_CA_CERTS: secure.certificate, [variable]: `http://${proxy.host}` }
    // With a dot at its end, the name that the certificate has is not taken for a loopback name.
    expect(await headElsewhere('localhost.', env)).toEqual({ kind: 'absent' })
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT localhost.:443']))
    expect(secure.asked).toContain(`HEAD /v2/${PATH}/manifests/2.3.4`)
  })

  test.each([
    { title: 'for it is asked', certifiedFor: 'localhost', outcome: { kind: 'absent' }, asks: 1 },
    {
      title: 'for the registry is not',
      certifiedFor: 'registry.invalid',
      outcome: { name: 'registry-unreadable', message: expect.stringMatching(/the proxy .*does not match/) },
      asks: 0,
    },
  ])('an https proxy with a certificate $title', async ({ certifiedFor, outcome, asks }) => {
    const certificate = makeCertificate(certifiedFor)
    const trusted = join(folder, `proxy-${certifiedFor}.pem`)
    await writeFile(trusted, `${await readFile(other.certificate, 'utf8')}${certificate.certificate}`)
    proxy = await startProxy(() => other.port, certificate)
    const env = { NODE_EXTRA_CA_CERTS: trusted, https_proxy: `https://user:word@${proxy.host}` }
    expect(await headElsewhere('registry.invalid', env)).toMatchObject(outcome)
    const login = Buffer.from('user:word').toString('base64')
    expect(proxy.asked).toEqual(Array(asks).fill(`CONNECT registry.invalid:443 Basic ${login}`))
  })

  test('a proxy that is written without a scheme is asked by http', async () => {
    proxy = await startProxy(() => secure.port)
    const env = {
      NODE_EXTRA_CA_CERTS: secure.certificate,
      https_proxy: proxy.host.replace('127.0.0.1', 'localhost'),
    }
    expect(await headElsewhere('localhost.', env)).toEqual({ kind: 'absent' })
    expect(proxy.asked).toEqual(['CONNECT localhost.:443'])
  })

  test.each([
    { registry: '[2001:db8::1]:5000', authority: '[2001:db8::1]:5000' },
    { registry: '[2001:db8::1]', authority: '[2001:db8::1]:443' },
    { registry: '192.0.2.1:5000', authority: '192.0.2.1:5000' },
  ])('a proxy is asked for $registry by its address', async ({ registry, authority }) => {
    proxy = await startProxy(() => secure.port)
    const env = { NODE_EXTRA_CA_CERTS: secure.certificate, https_proxy: `http://${proxy.host}` }
    // The certificate is for another name, as it must be seen.
    expect(await headElsewhere(registry, env)).toMatchObject({
      name: 'registry-unreadable',
      message: expect.stringMatching(/does not match certificate's altnames/),
    })
    expect(proxy.asked[0]).toBe(`CONNECT ${authority}`)
  })

  test.each([
    { status: 403, attempts: 1 },
    { status: 404, attempts: 1 },
    { status: 407, attempts: 1 },
    { status: 502, attempts: 2 },
  ])("a proxy's $status is no answer of the registry", async ({ status, attempts }) => {
    let asked = 0
    const refusing = createServer().on('connect', (_, socket) => {
      asked += 1
      socket.end(`HTTP/1.1 ${status} Not The Registry\r\ncontent-length: 0\r\n\r\n`)
    })
    refusing.listen(0, '127.0.0.1')
    await once(refusing, 'listening')
    const host = `127.0.0.1:${(refusing.address() as AddressInfo).port}`
    vi.stubEnv('https_proxy', `http://${host}`)
    using client = makeClient('registry.invalid')
    await expect(client.headTag('2.3.4')).rejects.toThrow(
      `HEAD https://registry.invalid/v2/${PATH}/manifests/2.3.4: the proxy ${host} answered ${status} to CONNECT (`,
    )
    expect(asked).toBe(attempts)
    refusing.close()
  })

  test('a proxy that never answers is an error, and nothing is left open', async () => {
    const silent = createTcpServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const connected = once(silent, 'connection')
    vi.stubEnv('https_proxy', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`)
    const single = { attempts: 1, attemptTimeout: 300, totalTime: 300, firstDelay: 1, longestDelay: 1 }
    const transport = makeTransport()
    const url = new URL('https://registry.invalid/v2/')
    await expect(transport.send({ method: 'GET', url, headers: {} }, single)).rejects.toThrow(
      'no answer within 0.3 s',
    )
    const [socket] = await connected
    socket.resume()
    const closed = once(socket, 'close')
    transport[Symbol.dispose]()
    await closed
    silent.close()
  })

  test('a run that is over asks no proxy', async () => {
    const silent = createTcpServer(() => expect.unreachable('it was asked')).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    vi.stubEnv('https_proxy', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`)
    const transport = makeTransport()
    transport[Symbol.dispose]()
    const url = new URL('https://registry.invalid/v2/')
    await expect(transport.send({ method: 'GET', url, headers: {} })).rejects.toThrow(/aborted/)
    silent.close()
  })

  test('a proxy that is down is an error', async () => {
    proxy = await startProxy(() => 1)
    proxy.stop()
    const env = { NODE_EXTRA_CA_CERTS: secure.certificate, https_proxy: `http://${proxy.host}` }
    expect(await headElsewhere('localhost.', env)).toMatchObject({
      name: 'registry-unreadable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })
})
