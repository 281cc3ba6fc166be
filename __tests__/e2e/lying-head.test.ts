import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTag } from '../../sandbox/storage.ts'
import { serve } from '../registry/serve.ts'
import { COMMIT } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { forward, send } from './forward.ts'
import { seed } from './seed.ts'

const [FIRST, STABLE] = ['2.3.4', '2.3.4-stable']
const OTHER = `sha256:${'5'.repeat(64)}`

let bench: Bench
beforeAll(async () => {
  bench = await startBench({ engine: 'none' })
})
afterAll(() => bench?.stop())

test.each(['verify', 'promote', 'release'])(
  'HEAD of both tags names an image that is not there: %s is red',
  async command => {
    const service = `nowhere-${command}`
    const liar = await startLiar({ [FIRST]: OTHER, [STABLE]: OTHER })
    const inputs = { service, command, registry: liar.host, 'on-existing': 'reuse' }
    const step = await bench.step({ tag: FIRST, with: inputs })
    expectFailure(step, 'not-as-planned', [service, FIRST])
    // What the registry does not have, no step that follows may take for published.
    for (const name of ['digest', 'tags', 'stable-tags'] as const) expect(step.outputs[name] ?? '').toBe('')
    expect(liar.asked.filter(line => line.startsWith('PUT'))).toEqual([])
    if (command === 'verify') expect(liar.asked.filter(line => line.startsWith('GET'))).toEqual([])
  },
)

test('what is only looked at is looked at by HEAD; the first tag is read before the first copy', async () => {
  const service = 'honest'
  const digest = await seed(bench.registry, `cmswmcore/${service}`, FIRST, { revision: COMMIT })
  const liar = await startLiar({})
  const ask = async (command: string) => {
    const before = liar.asked.length
    const inputs = { service, command, registry: liar.host, 'on-existing': 'reuse', record: 'false' }
    const step = await bench.step({ tag: FIRST, with: inputs })
    expect(step.exitCode, step.log).toBe(0)
    expect(step.outputs.digest).toBe(digest)
    return liar.asked.slice(before)
  }
  const heads = [`HEAD ${FIRST}`, `HEAD ${STABLE}`]
  const config = expect.stringMatching(/^GET sha256:/)
  expect(await ask('promote')).toEqual([...heads, `GET ${FIRST}`, config, `PUT ${STABLE}`, ...heads])
  for (const command of ['promote', 'release', 'verify'])
    expect(await ask(command), command).toEqual([...heads, `HEAD ${digest}`])
})

test('a HEAD without a digest: verify can not tell, and promote reads the image', async () => {
  const service = 'silent'
  const repository = `cmswmcore/${service}`
  const digest = await seed(bench.registry, repository, FIRST, { revision: COMMIT })
  const liar = await startLiar({ [FIRST]: undefined })
  const inputs = { service, registry: liar.host }
  const verified = await bench.step({ tag: FIRST, with: { ...inputs, command: 'verify' } })
  expectFailure(verified, 'registry-unreadable', [`${service}:${FIRST}`, 'Docker-Content-Digest'])
  expect(liar.asked.filter(line => line.startsWith('GET'))).toEqual([])
  const promoted = await bench.step({ tag: FIRST, with: { ...inputs, command: 'promote' } })
  expect(promoted.exitCode, promoted.log).toBe(0)
  expect(await readTag(bench.registry.storage, repository, STABLE)).toBe(digest)
})

/** A registry before the real one, whose answers to HEAD of these tags are made up. */
async function startLiar(lies: Readonly<Record<string, string | undefined>>) {
  const asked: string[] = []
  const { host } = await serve(async (request, response) => {
    const { method = '', url = '' } = request
    const [, reference = ''] = /\/(?:manifests|blobs|tags)\/([^/]+)$/.exec(url) ?? []
    if (reference !== '') asked.push(`${method} ${reference}`)
    if (method === 'HEAD' && reference in lies) {
      const said = lies[reference]
      response.writeHead(200, said === undefined ? {} : { 'docker-content-digest': said }).end()
      return
    }
    send(response, method, await forward(new URL(url, bench.registry.url), request, await buffer(request)))
  })
  return { host, asked }
}
