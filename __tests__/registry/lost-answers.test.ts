import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../src/registry/client.ts'
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

test.each([
  { status: 412, name: 'registry-refused' },
  { status: 502, name: 'registry-unreadable' },
  { status: 403, name: 'registry-denied' },
])(
  'a PUT that is answered $status is looked at, and is $name where another image is',
  async ({ status, name }) => {
    await seed(registry, PATH, FIRST)
    await seed(registry, PATH, STABLE, { revision: 'f'.repeat(40) })
    registry.answer(`PUT ${STABLE}`, { status })
    expect(await put(STABLE)).toMatchObject({ name })
    expect(requests.at(-1)).toBe(`HEAD ${STABLE}`)
  },
)

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
