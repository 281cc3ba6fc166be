import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { patientBackoff, registryBackoff } from '../../src/http/retry.ts'
import { Transport } from '../../src/http/transport.ts'
import { fakeClock, recordingLog } from '../gates/surroundings.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A server that refuses its first requests, and asks to be left alone for so many seconds. */
const busyServer = async (refusals: number, seconds: number) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (asked.length <= refusals) response.writeHead(429, { 'retry-after': String(seconds) }).end()
    else response.writeHead(200).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    asked,
    get: (path: string) => ({ method: 'GET', url: new URL(path, address), headers: {} }) as const,
  }
}

const transportWith = (backoff = patientBackoff) => {
  const clock = fakeClock()
  const { signal } = new AbortController()
  const transport = new Transport({ userAgent: 'test', log: recordingLog(), clock, backoff, signal })
  closing.push(() => transport[Symbol.dispose]())
  return { clock, transport }
}

test('what one request is asked to wait for, the others wait for, too', async () => {
  const { asked, get } = await busyServer(1, 60)
  const { clock, transport } = transportWith()
  // The clock stands still until the second request has begun to wait.
  const waits: ((time: number) => void)[] = []
  clock.sleep = milliseconds =>
    new Promise(resolve => {
      waits.push(() => {
        clock.pass(milliseconds)
        resolve()
      })
    })
  const first = transport.send(get('/first'))
  await expect.poll(() => waits.length).toBe(1)
  const second = transport.send(get('/second'))
  await expect.poll(() => waits.length).toBe(2)
  expect(asked).toEqual(['/first'])
  for (const wake of waits.splice(0)) wake(0)
  expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200])
  expect(asked.toSorted()).toEqual(['/first', '/first', '/second'])
})

test.each([
  { backoff: patientBackoff, seconds: 600, status: 200 },
  { backoff: patientBackoff, seconds: 1_000, status: 429 },
  { backoff: registryBackoff, seconds: 600, status: 429 },
])('$seconds s of patience: $status', async ({ backoff, seconds, status }) => {
  const { get } = await busyServer(1, seconds)
  const { transport } = transportWith(backoff)
  expect((await transport.send(get('/'))).status).toBe(status)
})
