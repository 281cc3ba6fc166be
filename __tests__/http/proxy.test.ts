import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { agentFor } from '../../src/http/agents.ts'
import { makeTransport } from '../registry/client-of.ts'

/** A proxy that writes down what it is asked, and answers every question with one status. */
const asked: string[] = []
let status = 403
const proxy = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`)
  response.end()
}).on('connect', ({ url, headers }, socket) => {
  asked.push(`CONNECT ${url} ${headers['proxy-authorization'] ?? ''}`.trim())
  socket.end(`HTTP/1.1 ${status} Not The Host\r\ncontent-length: 0\r\n\r\n`)
})

let address: string
beforeEach(async () => {
  asked.length = 0
  status = 403
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  address = `localhost:${(proxy.address() as AddressInfo).port}`
})
afterEach(() => {
  vi.unstubAllEnvs()
  proxy.closeAllConnections()
  proxy.close()
})

const single = { attempts: 1, attemptTimeout: 300, totalTime: 300, firstDelay: 1, longestDelay: 1 }
const get = async (url: string, backoff?: typeof single) => {
  using transport = makeTransport()
  const request = { method: 'GET', url: new URL(url), headers: {} } as const
  return await transport.send(request, backoff).catch((error: unknown) => error)
}

const [HOST, PLAIN, IPV6] = ['https://registry.invalid/v2/', 'http://registry.invalid/', '[2001:db8::1]:5000']
const CONNECT = 'CONNECT registry.invalid:443'
test.each([
  { env: { https_proxy: 'http://PROXY' }, url: HOST, asks: [CONNECT] },
  { env: { HTTPS_PROXY: 'http://PROXY' }, url: HOST, asks: [CONNECT] },
  { env: { https_proxy: 'PROXY' }, url: HOST, asks: [CONNECT] },
  { env: { https_proxy: 'http://user:w%40rd@PROXY' }, url: HOST, asks: [`${CONNECT} Basic dXNlcjp3QHJk`] },
  { env: { https_proxy: 'http://PROXY' }, url: `https://${IPV6}/`, asks: [`CONNECT ${IPV6}`] },
  { env: { http_proxy: 'http://PROXY' }, url: PLAIN, asks: [`GET ${PLAIN}`] },
  { env: { http_proxy: 'http://PROXY' }, url: HOST, asks: [] },
  { env: { https_proxy: 'http://PROXY', NO_PROXY: 'x.example,invalid' }, url: HOST, asks: [] },
  { env: { https_proxy: 'http://PROXY', no_proxy: '.invalid' }, url: HOST, asks: [] },
  { env: { https_proxy: 'http://PROXY' }, url: 'https://localhost:1/', asks: [] },
  { env: { https_proxy: 'http://PROXY', http_proxy: 'http://PROXY' }, url: 'http://127.0.0.1:1/', asks: [] },
])('with $env, $url asks a proxy for $asks', async ({ env, url, asks }) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value.replace('PROXY', address))
  const answer = await get(url, single)
  expect(asked).toEqual(asks)
  const isAnswered = asks[0]?.startsWith('GET') ?? false
  expect(answer).toMatchObject(isAnswered ? { status: 200 } : { name: 'NoAnswerError' })
})

test.each([
  { refusal: 404, attempts: 1 },
  { refusal: 407, attempts: 1 },
  { refusal: 502, attempts: 2 },
])("a proxy's $refusal is no answer of the host", async ({ refusal, attempts }) => {
  status = refusal
  vi.stubEnv('https_proxy', `http://${address}`)
  const message = expect.stringContaining(`${refusal} Not The Host`)
  expect(await get(HOST)).toMatchObject({ name: 'NoAnswerError', message })
  expect(asked).toHaveLength(attempts)
})

test('a proxy that never answers is an error, and its connection is closed', async () => {
  const silent = createTcpServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const connected = once(silent, 'connection')
  vi.stubEnv('https_proxy', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`)
  expect(String(await get(HOST, single))).toContain('no answer within 0.3 s')
  const [socket] = await connected
  socket.resume()
  if (!socket.closed) await once(socket, 'close')
  silent.close()
})

test.each([
  { variable: 'https_proxy', value: 'socks5://user:w0rd@proxy.invalid:1' },
  { variable: 'HTTPS_PROXY', value: 'http://' },
  { variable: 'https_proxy', value: 'the proxy' },
])('a proxy that Node can not use is an error that names $variable, at once', async ({ variable, value }) => {
  vi.stubEnv(variable, value)
  const error = await get(HOST)
  expect(error).toMatchObject({ remedy: expect.stringContaining(variable) })
  expect(String(error)).toMatch(new RegExp(`in ${variable} can not be used \\(after 1 attempt\\)`))
  expect(String(error)).not.toContain('w0rd')
  vi.stubEnv('no_proxy', '.invalid')
  expect(() => agentFor(new URL(HOST))).not.toThrow()
})

test.each([
  { nodes: ['20.19.0', '22.20.0', '23.11.0', '24.4.1'], knows: false },
  { nodes: ['22.21.0', '24.5.0', '26.0.0'], knows: true },
])('$nodes: knows proxies is $knows', ({ nodes, knows }) => {
  for (const node of nodes) {
    const agent = () => agentFor(new URL(HOST), node)
    expect(agent).not.toThrow()
    vi.stubEnv('https_proxy', `http://${address}`)
    if (knows) expect(agent).not.toThrow()
    else expect(agent).toThrow(/Node 24\.5 .*22\.21/)
    vi.unstubAllEnvs()
  }
})
