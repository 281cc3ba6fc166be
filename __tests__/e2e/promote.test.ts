import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { COMMIT } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { requestsTo, writesTo } from './requests.ts'
import { KINDS, type Kind, mediaTypeOf, seed } from './seed.ts'

// No docker command is in the PATH of these steps.
let bench: Bench
beforeAll(async () => {
  bench = await startBench({ engine: 'none' })
})
afterAll(() => bench?.stop())

let service: string
let repository: string
let number = 0
beforeEach(() => {
  number += 1
  service = `service-${number}`
  repository = `cmswmcore/${service}`
})

const put = (tag: string, kind?: Kind) =>
  seed(bench.registry, repository, tag, { revision: COMMIT, ...(kind === undefined ? {} : { kind }) })
const at = (tag: string) => readTag(bench.registry.storage, repository, tag)
const promote = (tag: string, digest = '') =>
  bench.step({ tag, with: { service, command: 'promote', digest } })

test.each(KINDS)('%s is promoted by its bytes, once', async kind => {
  const digest = await put('2.3.4', kind)
  const before = (await writesTo(bench.registry, repository)).length

  const step = await promote('2.3.4')
  expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
  expect(await at('2.3.4-stable')).toBe(digest)
  const image = `${bench.registry.host}/${repository}`
  expect(step.outputs).toMatchObject({
    tags: `${image}:2.3.4\n${image}:2.3.4-stable`,
    'stable-tags': `${image}:2.3.4-stable`,
    digest,
    reference: `${image}@${digest}`,
    withheld: '',
  })
  const answer = await fetch(`${bench.registry.url}/v2/${repository}/manifests/2.3.4-stable`, {
    headers: { Accept: mediaTypeOf(kind) },
  })
  expect(answer.headers.get('content-type')).toBe(mediaTypeOf(kind))

  const again = await promote('2.3.4', digest)
  expect(again).toMatchObject({ exitCode: 0, annotations: [] })
  const writes = (await writesTo(bench.registry, repository)).slice(before)
  expect(writes).toEqual([`PUT /v2/${repository}/manifests/2.3.4-stable`])
  // No layer was moved: what is read is a configuration, for its labels.
  const requests = await requestsTo(bench.registry, repository)
  expect(requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))).toHaveLength(1)
})

const WRONG = `sha256:${'0'.repeat(64)}`
test.each([
  { seeded: ['2.3.4'], digest: WRONG, error: 'not-as-planned', facts: ['2.3.4 is sha256:', WRONG] },
  { seeded: ['2.3.3', '2.3.4.1'], error: 'not-published', facts: ['2.3.4'] },
  { seeded: ['2.3.4', '2.3.4-stable'], error: 'already-published', facts: ['2.3.4-stable', 'sha256:'] },
] as const)('$error, with $seeded, and nothing is written', async ({ seeded, error, facts, ...given }) => {
  for (const name of seeded) await put(name)
  const before = await writesTo(bench.registry, repository)
  const digests = await Promise.all(seeded.map(at))

  const step = await promote('2.3.4', 'digest' in given ? given.digest : undefined)

  expectFailure(step, error, [/^Nothing was written\.\n/, ...facts])
  expect(await writesTo(bench.registry, repository)).toEqual(before)
  expect(await listTags(bench.registry.storage, repository)).toEqual(seeded)
  expect(await Promise.all(seeded.map(at))).toEqual(digests)
})
