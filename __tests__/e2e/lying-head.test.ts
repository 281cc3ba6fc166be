import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTag } from '../../sandbox/storage.ts'
import { COMMIT } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { seed } from './seed.ts'

const [FIRST, STABLE] = ['2.3.4', '2.3.4-stable']
const OTHER = `sha256:${'5'.repeat(64)}`

/** A registry before the real one, whose answers to HEAD of these tags are made up. */
const startLiar = async (registry: string, lies: Readonly<Record<string, string | undefined>>) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    const reference = url.slice(url.lastIndexOf('/') + 1)
    if (reference !== '') asked.push(`${method} ${reference}`)
    if (method === 'HEAD' && reference in lies) {
      const said = lies[reference]
      response.writeHead(200, said === undefined ? {} : { 'docker-content-digest': said })
      response.end()
      return
    }
    const kept = ['accept', 'content-type'].flatMap(name => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value] as [string, string]] : []
    })
    buffer(request)
      .then(body =>
        fetch(`${registry}${url}`, { method, headers: kept, ...(method === 'PUT' ? { body } : {}) }),
      )
      .then(async answer => {
        response.writeHead(answer.status, Object.fromEntries(answer.headers))
        response.end(Buffer.from(await answer.arrayBuffer()))
      })
      .catch(error => response.destroy(error))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, stop }
}

let bench: Bench
beforeAll(async () => {
  bench = await startBench({ engine: 'none' })
})
afterAll(() => bench?.stop())

const NOWHERE = [
  { name: 'both tags', lies: { [FIRST]: OTHER, [STABLE]: OTHER }, seeded: true },
  { name: 'both tags, of which there are none', lies: { [FIRST]: OTHER, [STABLE]: OTHER }, seeded: false },
  { name: 'the first tag', lies: { [FIRST]: OTHER }, seeded: true },
  { name: 'the first tag, which is not there', lies: { [FIRST]: OTHER }, seeded: false },
]

test.each(
  NOWHERE.flatMap(row =>
    (['verify', 'promote', 'release', 'release on-promotion'] as const).map(run => ({ ...row, run })),
  ).map((row, number) => ({ ...row, number })),
)('$run is red when HEAD names an image that is not there for $name', async row => {
  const { run, lies, seeded, number } = row
  const service = `nowhere-${number}`
  const repository = `cmswmcore/${service}`
  if (seeded) await seed(bench.registry, repository, FIRST, { revision: COMMIT })
  const liar = await startLiar(bench.registry.url, lies)
  try {
    const [command = '', stable = ''] = run.split(' ')
    const step = await bench.step({
      tag: FIRST,
      with: {
        service,
        command,
        registry: liar.host,
        'on-existing': 'reuse',
        ...(stable === '' ? {} : { stable }),
      },
    })
    expect(step.exitCode, step.log).toBe(1)
    expect(step.annotations.filter(({ level }) => level === 'error')).toHaveLength(1)
    expect(step.annotations[0]?.message).toMatch(
      new RegExp(
        `${OTHER}.*does not have|${FIRST} is ${OTHER}, and the image .* is sha256:|:${FIRST} was .*is gone`,
      ),
    )
    expect(step.outputs.digest ?? '').toBe('')
    expect(liar.asked.filter(line => line.startsWith('PUT'))).toEqual([])
    expect(await readTag(bench.registry.storage, repository, STABLE)).toBeUndefined()
    if (command === 'verify') expect(liar.asked.filter(line => line.startsWith('GET'))).toEqual([])
  } finally {
    liar.stop()
  }
})

test('what is only looked at is looked at by HEAD; the first tag is read before the first copy', async () => {
  const service = 'honest'
  const digest = await seed(bench.registry, `cmswmcore/${service}`, FIRST, { revision: COMMIT })
  const liar = await startLiar(bench.registry.url, {})
  const ask = async (command: string) => {
    const before = liar.asked.length
    const inputs = { service, command, registry: liar.host, 'on-existing': 'reuse', record: 'false' }
    const step = await bench.step({ tag: FIRST, with: inputs })
    expect(step.exitCode, step.log).toBe(0)
    return liar.asked.slice(before)
  }
  try {
    const heads = [`HEAD ${FIRST}`, `HEAD ${STABLE}`]
    const config = expect.stringMatching(/^GET sha256:/)
    expect(await ask('promote')).toEqual([...heads, `GET ${FIRST}`, config, `PUT ${STABLE}`, ...heads])
    for (const command of ['promote', 'release', 'verify'])
      expect(await ask(command), command).toEqual([...heads, `HEAD ${digest}`])
  } finally {
    liar.stop()
  }
})

test('a HEAD without a digest: verify says that it can not tell, and promote reads the image', async () => {
  const service = 'silent'
  const repository = `cmswmcore/${service}`
  const digest = await seed(bench.registry, repository, FIRST, { revision: COMMIT })
  const liar = await startLiar(bench.registry.url, { [FIRST]: undefined })
  try {
    for (const pinned of ['', digest]) {
      const inputs = { service, command: 'verify', registry: liar.host, digest: pinned }
      const verified = await bench.step({ tag: FIRST, with: inputs })
      expect(verified.exitCode).toBe(1)
      expect(verified.annotations[0]).toMatchObject({
        title: 'The registry gave no usable answer',
        message: expect.stringMatching(
          /:2\.3\.4, and does not say which image.* no Docker-Content-Digest.* Run release/,
        ),
      })
    }
    expect(liar.asked.filter(line => line.startsWith('GET'))).toEqual([])
    const promoted = await bench.step({
      tag: FIRST,
      with: { service, command: 'promote', registry: liar.host },
    })
    expect(promoted.exitCode, promoted.log).toBe(0)
    expect(await readTag(bench.registry.storage, repository, STABLE)).toBe(digest)
  } finally {
    liar.stop()
  }
})
