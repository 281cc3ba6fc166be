import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../src/registry/reference.ts'
import { USER_AGENT } from '../../src/version.ts'
import { seed } from '../e2e/seed.ts'
import { EMPTY_INDEX, makeClient, PATH } from './client-of.ts'
import { type ModelRegistry, refused, startModelRegistry } from './model-registry.ts'

// What distribution-spec v1.1.1 says of the referrers API, which the registry of the distribution project does not have.
const TYPE = 'application/vnd.in-toto+json'
const NOWHERE = `sha256:${'0'.repeat(64)}` as const

let registry: ModelRegistry
beforeEach(async () => {
  registry = await startModelRegistry([], { referrers: true, page: 2 })
})
afterEach(() => registry?.stop())

/** Puts an index that refers to a manifest. */
const refer = (subject: string, artifactType: string, name: string): Promise<Response> => {
  const body = JSON.stringify({
    ...JSON.parse(EMPTY_INDEX.bytes.toString()),
    artifactType,
    subject: { mediaType: EMPTY_INDEX.mediaType, digest: subject, size: 1 },
    annotations: { name },
  })
  const headers = { 'content-type': EMPTY_INDEX.mediaType }
  const address = `${registry.url}/v2/${PATH}/manifests/${digestOf(Buffer.from(body))}`
  return fetch(address, { method: 'PUT', headers, body })
}

test('the client gets all pages of one type, and no tag is made of a referrer', async () => {
  const digest = (await seed(registry, PATH, '2.3.4')) as `sha256:${string}`
  using client = makeClient(registry.host)
  expect(await client.listReferrers(digest, TYPE)).toEqual([])
  for (const name of ['a', 'b', 'c', 'd', 'e']) await refer(digest, TYPE, name)
  await refer(digest, 'application/other', 'other')
  await refer(NOWHERE, TYPE, 'of something else')
  const names = ['a', 'b', 'c', 'd', 'e'].map(name => expect.objectContaining({ annotations: { name } }))
  const list = await client.listReferrers(digest, TYPE)
  expect(list).toHaveLength(5)
  expect(list).toEqual(expect.arrayContaining(names))
  expect(await client.listTags()).toEqual(['2.3.4'])
})

const OTHERS = [{ artifactType: TYPE, digest: NOWHERE }, { artifactType: 'application/other' }, 'nothing']
test.each([
  // A registry that leaves the filter to the client.
  { answer: { status: 200, body: JSON.stringify({ manifests: OTHERS }) }, is: OTHERS.slice(0, 1) },
  { answer: { status: 404 }, is: 'unsupported' },
  { answer: { status: 405 }, is: 'unsupported' },
  { answer: { status: 501 }, is: 'unsupported' },
  { answer: { status: 200, body: '<html>' }, is: 'registry-unreadable' },
  { answer: { status: 200, body: '{"manifests":null}' }, is: 'registry-unreadable' },
  { answer: refused(403, 'DENIED'), is: 'registry-denied' },
])('the answer $answer.status $answer.body: $is', async ({ answer, is }) => {
  using client = makeClient(registry.host, { userAgent: USER_AGENT })
  registry.answer('GET referrers', answer)
  expect(await client.listReferrers(NOWHERE, TYPE).catch((error: Error) => error.name)).toEqual(is)
})
