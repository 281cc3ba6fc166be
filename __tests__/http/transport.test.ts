import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { registryBackoff } from '../../src/http/retry.ts'
import { redirected, Transport } from '../../src/http/transport.ts'
import { fakeClock, recordingLog } from '../gates/surroundings.ts'

test('what one request is asked to wait for, the others wait for, too', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(asked.length === 1 ? 429 : 200, { 'retry-after': '60' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clock = fakeClock()
  // It stands still until the second request has begun to wait.
  const waits: (() => void)[] = []
  clock.sleep = time => new Promise(resolve => waits.push(() => resolve(clock.pass(time))))
  const options = { userAgent: 'test', log: recordingLog(), clock, backoff: registryBackoff }
  using transport = new Transport({ ...options, signal: new AbortController().signal })
  const get = (path: string) =>
    transport.send({ method: 'GET', url: new URL(`http://127.0.0.1:${port}${path}`), headers: {} })
  const first = get('/first')
  await expect.poll(() => waits.length).toBe(1)
  const second = get('/second')
  await expect.poll(() => waits.length).toBe(2)
  expect(asked).toEqual(['/first'])
  for (const wake of waits.splice(0)) wake()
  expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200])
  expect(asked.toSorted()).toEqual(['/first', '/first', '/second'])
  server.close()
})

const A = 'https://a.example/v2/x'
test.each([
  { from: A, location: '/v2/y', keeps: true },
  { from: A, location: 'https://A.example:443/y', keeps: true },
  { from: A, location: 'https://b.example/y', keeps: false },
  { from: A, location: 'https://b.a.example/y', keeps: false },
  { from: A, location: 'https://a.example:8443/', keeps: false },
  // The same host and port by name, and another server: only the scheme tells.
  { from: 'http://a.example:5000/', location: 'https://a.example:5000/', keeps: false },
  { from: 'http://127.0.0.1:5000/', location: 'http://localhost:5000/', keeps: false },
])('from $from to $location: keeps the Authorization header: $keeps', ({ from, location, keeps }) => {
  const headers = { accept: '*/*', Authorization: 'Basic eA==' }
  const target = redirected({ method: 'GET', url: new URL(from), headers }, location)
  expect(target.url).toEqual(new URL(location, from))
  expect(target.headers).toEqual(keeps ? headers : { accept: '*/*' })
})

test.each(['http://a.example/', 'ftp://a.example/', 'file:///etc/passwd', 'https://'])(
  'no redirect to %s',
  location => {
    expect(() => redirected({ method: 'GET', url: new URL(A), headers: {} }, location)).toThrow()
  },
)
