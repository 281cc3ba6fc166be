import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { digestOf } from '../../src/registry/reference.ts'
import { USER_AGENT } from '../../src/version.ts'
import { seed } from '../e2e/seed.ts'
import { makeClient, PATH } from './client-of.ts'
import { type ModelRegistry, startModelRegistry } from './model-registry.ts'

const [FIRST, STABLE] = ['2.3.4', '2.3.4-stable']

let requests: string[]
let registry: ModelRegistry
beforeEach(async () => {
  requests = []
  registry = await startModelRegistry(requests, { immutable: /-stable$/ })
})
afterEach(() => registry?.stop())

const put = async (tag: string): Promise<unknown> => {
  using client = makeClient(registry.host, { userAgent: USER_AGENT })
  const manifest = await client.getManifest(FIRST)
  if (manifest === undefined) throw new Error('no manifest')
  requests.length = 0
  return await client.putManifest(tag, manifest).catch((error: unknown) => error)
}

test('a PUT whose answer is lost, and whose next attempt is refused, has written the tag', async () => {
  const digest = await seed(registry, PATH, FIRST)
  registry.loseAnswer(`PUT ${STABLE}`)
  expect(await put(STABLE)).toBeUndefined()
  expect(registry.tags(PATH)[STABLE]).toBe(digest)
  expect(requests).toEqual([`PUT ${STABLE}`, `PUT ${STABLE}`, `HEAD ${STABLE}`])
})

const because = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] })
const NEXUS = 'Repository does not allow updating assets: docker-hosted'
test.each([
  { status: 412, name: 'registry-refused', says: 'release a new version' },
  // ECR, for an immutable tag.
  { status: 400, body: because('TAG_INVALID', 'immutable'), name: 'registry-refused', says: 'immutable' },
  { status: 400, body: because('UNKNOWN', NEXUS), name: 'registry-refused', says: NEXUS },
  { status: 400, body: '<html>', name: 'registry-unreadable', says: 'Run it again' },
  { status: 405, name: 'registry-refused', says: 'release a new version' },
  { status: 409, name: 'registry-refused', says: 'release a new version' },
  { status: 413, name: 'registry-refused', says: 'raise the limit' },
  { status: 502, name: 'registry-unreadable', says: 'Run it again', attempts: 2 },
  { status: 403, name: 'registry-denied', says: 'push and pull' },
])(
  'a PUT that is answered $status $body is looked at, and is $name where another image is',
  async ({ status, body = '', name, says, attempts = 1 }) => {
    await seed(registry, PATH, FIRST)
    await seed(registry, PATH, STABLE, { revision: 'f'.repeat(40) })
    registry.answer(`PUT ${STABLE}`, { status, body })
    expect(await put(STABLE)).toMatchObject({ name, message: expect.stringContaining(says) })
    expect(requests).toEqual([...Array(attempts).fill(`PUT ${STABLE}`), `HEAD ${STABLE}`])
  },
)

test.each([200, 202, 204])('a PUT that is answered %s has written', async written => {
  const other = await startModelRegistry(requests, { written })
  onTestFinished(() => other.stop())
  const { host } = other
  const digest = await seed(other, PATH, FIRST)
  using client = makeClient(host, { userAgent: USER_AGENT })
  const manifest = await client.getManifest(FIRST)
  if (manifest === undefined) throw new Error('no manifest')
  requests.length = 0
  await client.putManifest(STABLE, manifest)
  await client.putBlob(Buffer.from('{"what":"a blob"}'))
  expect(other.tags(PATH)[STABLE]).toBe(digest)
  expect(requests.map(request => request.split(/[ /]/)[0])).toEqual(['PUT', 'HEAD', 'POST', 'PUT'])
})

test('a tag that can not be looked at is what the PUT said', async () => {
  await seed(registry, PATH, FIRST)
  registry.answer(`PUT ${STABLE}`, { status: 412 })
  registry.answer(`HEAD ${STABLE}`, { status: 500 })
  expect(await put(STABLE)).toMatchObject({ name: 'registry-refused' })
})

test('a blob whose answer is lost is there', async () => {
  await seed(registry, PATH, FIRST)
  registry.loseAnswer('PUT uploads/')
  using client = makeClient(registry.host, { userAgent: USER_AGENT })
  const bytes = Buffer.from('{"what":"a blob"}')
  expect(await client.putBlob(bytes)).toBe(digestOf(bytes))
})
