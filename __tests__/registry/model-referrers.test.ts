import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../src/registry/client.ts'
import { USER_AGENT } from '../../src/version.ts'
import { seed } from '../e2e/seed.ts'
import { EMPTY_INDEX, makeClient, PATH } from './client-of.ts'
import { type ModelRegistry, refused, startModelRegistry } from './model-registry.ts'

// What distribution-spec v1.1.1 says of the referrers API, which the registry of the distribution project does not have.
const TYPE = 'application/vnd.in-toto+json'
const NOWHERE = `sha256:${'0'.repeat(64)}` as const

let registry: ModelRegistry
const requests: string[] = []
beforeEach(async () => {
  registry = await startModelRegistry(requests.splice(0), { referrers: true, page: 2 })
})
afterEach(() => registry?.stop())

const base = (): string => `${registry.url}/v2/${PATH}`

/** Puts an index that refers to a manifest. */
const refer = async (subject: string, artifactType: string, name: string): Promise<Response> => {
  const body = JSON.stringify({
    ...JSON.parse(EMPTY_INDEX.bytes.toString()),
    artifactType,
    subject: { mediaType: EMPTY_INDEX.mediaType, digest: subject, size: 1 },
    annotations: { name },
  })
  return fetch(`${base()}/manifests/${digestOf(Buffer.from(body))}`, {
    method: 'PUT',
    headers: { 'content-type': EMPTY_INDEX.mediaType },
    body,
  })
}

test('what refers to nothing that is there is listed all the same, and its PUT says so', async () => {
  const put = await refer(NOWHERE, TYPE, 'first')
  expect(put.status).toBe(201)
  expect(put.headers.get('oci-subject')).toBe(NOWHERE)
  const list = await fetch(`${base()}/referrers/${NOWHERE}`)
  expect(list.headers.get('content-type')).toBe(EMPTY_INDEX.mediaType)
  expect(await list.json()).toMatchObject({
    schemaVersion: 2,
    mediaType: EMPTY_INDEX.mediaType,
    manifests: [
      {
        mediaType: EMPTY_INDEX.mediaType,
        artifactType: TYPE,
        annotations: { name: 'first' },
        digest: expect.stringMatching(/^sha256:/),
        size: expect.any(Number),
      },
    ],
  })
})

test('nothing refers to it: an empty list, not 404; of what is no digest: 400', async () => {
  const digest = await seed(registry, PATH, '2.3.4')
  const list = await fetch(`${base()}/referrers/${digest}`)
  expect(list.status).toBe(200)
  expect(await list.json()).toMatchObject({ manifests: [] })
  expect((await fetch(`${base()}/referrers/2.3.4`)).status).toBe(400)
})

test('the client gets all pages of one type, and no tag is made of a referrer', async () => {
  const digest = (await seed(registry, PATH, '2.3.4')) as `sha256:${string}`
  for (const name of ['a', 'b', 'c', 'd', 'e']) await refer(digest, TYPE, name)
  await refer(digest, 'application/other', 'other')
  await refer(NOWHERE, TYPE, 'of something else')
  using client = makeClient(registry.host)
  const names = async () => {
    const list = await client.listReferrers(digest, TYPE)
    if (list === 'unsupported') throw new Error('there is no API')
    return list.map(each => (each as { annotations: { name: string } }).annotations.name).toSorted()
  }
  expect(await names()).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(await client.listTags()).toEqual(['2.3.4'])
})

test('a registry that leaves the filter to the client', async () => {
  const body = JSON.stringify({
    manifests: [{ artifactType: TYPE, digest: NOWHERE }, { artifactType: 'application/other' }, 'nothing'],
  })
  const other = await startModelRegistry([], { referrers: true })
  try {
    using client = makeClient(other.host, { userAgent: USER_AGENT })
    other.answer('GET referrers', { status: 200, body })
    expect(await client.listReferrers(NOWHERE, TYPE)).toEqual([{ artifactType: TYPE, digest: NOWHERE }])
  } finally {
    await other.stop()
  }
})

test.each([
  { answer: { status: 404 }, is: 'unsupported' },
  { answer: { status: 405 }, is: 'unsupported' },
  { answer: { status: 501 }, is: 'unsupported' },
  { answer: { status: 200, body: '<html>' }, is: 'registry-unreadable' },
  { answer: { status: 200, body: '{"manifests":null}' }, is: 'registry-unreadable' },
  { answer: refused(403, 'DENIED'), is: 'registry-denied' },
])('the answer $answer.status $answer.body: $is', async ({ answer, is }) => {
  using client = makeClient(registry.host, { userAgent: USER_AGENT })
  registry.answer('GET referrers', answer)
  const said = await client.listReferrers(NOWHERE, TYPE).catch((error: Error) => error.name)
  expect(said).toBe(is)
})
