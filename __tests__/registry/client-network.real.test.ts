import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Certificate, makeCertificate } from '../../sandbox/certificate.ts'
import { run } from '../../sandbox/command.ts'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { startTokenServer, type TokenServer } from '../../sandbox/token-server.ts'
import { PATH } from './client-of.ts'

let registry: Registry
let tokens: TokenServer
let guarded: Registry
let folder: string
beforeAll(async () => {
  registry = await startRegistry({ tls: true })
  tokens = await startTokenServer({ users: { bob: 'secret' } })
  guarded = await startRegistry({ tls: true, auth: { kind: 'token', trust: tokens.trust } })
  folder = await mkdtemp(join(tmpdir(), 'proxy-'))
})
afterAll(async () => {
  await Promise.all([registry?.stop(), guarded?.stop(), tokens?.stop()])
  await rm(folder, { recursive: true })
})

const CLIENT = JSON.stringify(join(import.meta.dirname, 'client-of.ts'))

/** Runs the client in a process of its own: Node reads what it trusts when it starts. */
const head = async (host: string, env: NodeJS.ProcessEnv, credentials: object = { kind: 'anonymous' }) => {
  const source = `import { makeClient } from ${CLIENT}
    using client = makeClient(${JSON.stringify(host)}, { credentials: ${JSON.stringify(credentials)} })
    const outcome = await client.headTag('2.3.4').catch(({ name, message }) => ({ name, message }))
    console.log(JSON.stringify(outcome))`
  const args = ['--input-type=module-typescript', '--eval', source]
  const output = await run(process.execPath, args, { env: { PATH: process.env.PATH, ...env } })
  return JSON.parse(output) as unknown
}

test('with an authority that Node was told to trust', async () => {
  expect(await head(registry.host, { NODE_EXTRA_CA_CERTS: registry.certificate })).toEqual({ kind: 'absent' })
  const request = { method: 'HEAD', path: `/v2/${PATH}/manifests/2.3.4`, status: 404 }
  expect(registry.requests().at(-1)).toMatchObject(request)
})

test('with an authority that nobody knows: an error, not absent, and no further attempt', async () => {
  expect(await head(registry.host, {})).toMatchObject({
    name: 'registry-unreadable',
    message: expect.stringMatching(/self-signed certificate.*\(after 1 attempt\).*NODE_EXTRA_CA_CERTS/),
  })
})

test('credentials do not go from https to a token server by http', async () => {
  const bob = { kind: 'password', username: 'bob', password: 'secret' }
  const outcome = await head(guarded.host, { NODE_EXTRA_CA_CERTS: guarded.certificate }, bob)
  expect(outcome).toMatchObject({ name: 'registry-unreadable' })
  expect(tokens.requests).toEqual([])
})

/** A server on this machine. */
const listen = async (server: Server) => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('a registry elsewhere that speaks plain http is an error, at once', async () => {
  const asked: string[] = []
  const plain = createServer((_, response) => response.end('{}'))
  const proxy = makeProxy(await listen(plain), asked)
  const env = { https_proxy: `http://127.0.0.1:${await listen(proxy)}` }
  for (const credentials of [
    { kind: 'anonymous' },
    { kind: 'password', username: 'bob', password: 'secret' },
  ])
    expect(await head('registry.invalid', env, credentials)).toMatchObject({
      name: 'registry-unreadable',
      message: expect.stringMatching(/it speaks plain http \(after 1 attempt\)\. Give it TLS/),
    })
  expect(asked).toHaveLength(2)
  for (const server of [proxy, plain]) server.close()
})

/** A proxy that leads to one port, whatever it is asked for; over TLS with a certificate. */
const makeProxy = (port: number, asked: string[], certificate?: Certificate): Server => {
  const options = { cert: certificate?.certificate, key: certificate?.key }
  const server = certificate === undefined ? createServer() : createTlsServer(options)
  return server.on('connect', ({ url, headers }, client, rest) => {
    asked.push(`CONNECT ${url} ${headers['proxy-authorization']}`)
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      target.write(rest)
      target.pipe(client).pipe(target)
    })
    target.on('error', () => client.destroy())
    client.on('error', () => target.destroy())
  })
}

test.each([
  { scheme: 'http', certifiedFor: 'localhost', outcome: { kind: 'absent' }, asks: 1 },
  { scheme: 'https', certifiedFor: 'localhost', outcome: { kind: 'absent' }, asks: 1 },
  { scheme: 'https', certifiedFor: 'registry.invalid', outcome: { name: 'registry-unreadable' }, asks: 0 },
])('through an $scheme proxy with a certificate for $certifiedFor', async given => {
  const { scheme, certifiedFor, outcome, asks } = given
  const asked: string[] = []
  const [own, other] = [makeCertificate('registry.invalid'), makeCertificate(certifiedFor)]
  const empty = createTlsServer({ cert: own.certificate, key: own.key }, (_, response) =>
    response.writeHead(404).end(),
  )
  const proxy = makeProxy(await listen(empty), asked, scheme === 'https' ? other : undefined)
  const host = `127.0.0.1:${await listen(proxy)}`
  const trusted = join(folder, `${scheme}-${certifiedFor}.pem`)
  await writeFile(trusted, own.certificate + other.certificate)
  const env = { NODE_EXTRA_CA_CERTS: trusted, https_proxy: `${scheme}://bob:secret@${host}` }
  expect(await head('registry.invalid', env)).toMatchObject(outcome)
  const login = Buffer.from('bob:secret').toString('base64')
  expect(asked).toEqual(Array(asks).fill(`CONNECT registry.invalid:443 Basic ${login}`))
  for (const server of [proxy, empty]) server.close()
})
