import { describe, expect, test } from 'vitest'
import type { NextTry } from '../docker/recorded-docker.ts'
import { refused } from '../registry/model-registry.ts'
import { benchOfEach, COMMIT, OTHER, REPOSITORY, STABLE, TAG } from './bench.ts'

const bench = benchOfEach()

const release = (inputs = {}) => bench.run({ command: 'release', ...inputs })
const published = { error: undefined, outcomes: { [TAG]: 'built', [STABLE]: 'copied' } }
const arrives = true
const BROKEN = { says: `ERROR: failed to push ${TAG}: unexpected EOF` }
const DENIED = { says: 'ERROR: failed to push: 403 Forbidden: denied' }
const KILLED = { says: 'exporting', killedBy: 'SIGKILL' } as const
const noCache = (step: string, why: string) => ({ says: `------\n > ${step}:\n------\nERROR: ${why}` })
const NO_CACHE = noCache('exporting cache to registry', 'failed to reserve cache')
const NO_GITHUB_CACHE = noCache('exporting to GitHub Actions Cache', 'failed to reserve cache')

describe('what is known of the first tag when docker failed', () => {
  const theirs = () => bench.seed(TAG, { revision: OTHER })
  const silence = () => {
    for (const method of ['HEAD', 'GET']) bench.registry.answer(`${method} ${TAG}`, refused(503, 'UNKNOWN'))
  }
  test.each<{ what: string; next: NextTry; name: string; is: string }>([
    { what: 'a step failed', next: { says: 'ERROR: process "x"' }, name: 'build-failed', is: 'planned' },
    { what: 'its push was denied', next: DENIED, name: 'push-failed', is: 'planned' },
    { what: 'another came first', next: { ...DENIED, meanwhile: theirs }, name: 'push-failed', is: 'pushed' },
    { what: 'it was killed early', next: KILLED, name: 'build-failed', is: 'planned' },
    { what: 'it was killed late', next: { ...KILLED, arrives }, name: 'build-failed', is: 'pushed' },
    { what: 'no cache, and no push', next: NO_CACHE, name: 'cache-not-written', is: 'planned' },
    { what: 'no cache', next: { ...NO_CACHE, arrives }, name: 'cache-not-written', is: 'pushed' },
    {
      what: "no cache of GitHub's",
      next: { ...NO_GITHUB_CACHE, arrives },
      name: 'cache-not-written',
      is: 'pushed',
    },
    {
      what: 'no cache, and no answer of the registry',
      next: { ...NO_CACHE, arrives, meanwhile: silence },
      name: 'cache-not-written',
      is: 'unclear',
    },
    { what: 'no answer', next: { meanwhile: silence }, name: 'registry-unreadable', is: 'unclear' },
  ])('$what: it is $is', async ({ next, name, is }) => {
    bench.engine.tries.push(next)
    const { error, known } = await release()
    expect(error).toMatchObject({ name })
    expect(known.map(({ outcome }) => outcome)).toEqual([is, 'planned'])
    expect(known[0]?.note).toBe(is === 'pushed' ? `is ${bench.tags()[TAG]}` : undefined)
    expect(bench.written()).toEqual([`build ${TAG}`])
  })

  test('of one that was to be overwritten, what it was is named', async () => {
    const before = await bench.seed(TAG, { revision: OTHER })
    let warnings: string[] = []
    const overwrite = async () => {
      const { known, log } = await release({ 'on-existing': 'overwrite' })
      warnings = log.filter(line => line.startsWith('warning'))
      return known[0]
    }
    bench.engine.tries.push(KILLED)
    expect(await overwrite()).toMatchObject({ outcome: 'planned' })
    bench.engine.tries.push({ ...KILLED, arrives })
    const first = await overwrite()
    const now = bench.tags()[TAG]
    expect(first).toMatchObject({ outcome: 'pushed', replaced: before, note: `is ${now}` })
    bench.registry.answer(`PUT ${STABLE}`, refused(403, 'DENIED'), 1)
    expect(await overwrite()).toMatchObject({ outcome: 'built', replaced: now })
    expect(warnings).toEqual([expect.stringContaining(`${TAG} was ${now} before.`)])
  })
})

describe('a push that breaks', () => {
  test.each([
    { why: 'in the connection', next: BROKEN },
    { why: 'for no known reason', next: { says: 'ERROR: failed to push: unknown blob' } },
    { why: 'with the cache', next: noCache('exporting to GitHub Actions Cache', 'i/o timeout') },
  ])('$why is tried again', async ({ next }) => {
    bench.engine.tries.push(next, next)
    expect(await release()).toMatchObject(published)
    expect(bench.written()).toEqual([...Array(3).fill(`build ${TAG}`), `PUT ${STABLE}`])
    expect(bench.clock.slept).toHaveLength(2)
  })

  test.each<NextTry>([{ ...BROKEN, arrives }, { ...DENIED, arrives }, { describes: false }])(
    'and arrived all the same is not tried again: %o',
    async next => {
      bench.engine.tries.push(next)
      expect(await release()).toMatchObject(published)
      expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${STABLE}`])
      expect(bench.tags()[STABLE]).toBe(bench.tags()[TAG])
    },
  )

  test.each([
    { why: 'again and again', next: BROKEN, builds: 4 },
    { why: 'for a reason that does not pass', next: DENIED, builds: 1 },
  ])('$why is given up, and nothing else is written', async ({ next, builds }) => {
    bench.engine.tries.push(...Array(9).fill(next))
    expect((await release()).error).toMatchObject({ name: 'push-failed' })
    expect(bench.written()).toEqual(Array(builds).fill(`build ${TAG}`))
  })
})

describe('of an index of several platforms', () => {
  const platforms = { 'build-options': '--platform=linux/amd64,linux/arm64' }
  const whole = { kind: 'OCI index' } as const

  test('a part that a broken push leaves is no release: it is pushed again', async () => {
    bench.engine.tries.push({ ...BROKEN, arrives }, whole)
    expect(await release(platforms)).toMatchObject(published)
    expect(bench.written()).toEqual([`build ${TAG}`, `build ${TAG}`, `PUT ${STABLE}`])
    expect(bench.tags()[STABLE]).toBe(bench.tags()[TAG])
  })

  test('the whole one is not pushed again', async () => {
    bench.engine.tries.push({ ...BROKEN, ...whole, arrives })
    expect(await release(platforms)).toMatchObject(published)
    expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${STABLE}`])
  })

  test('a part is never stable, also in a later run, unless somebody says that it is right', async () => {
    bench.engine.tries.push({ ...DENIED, arrives })
    expect((await release(platforms)).error).toMatchObject({ name: 'push-failed' })
    const { error } = await release(platforms)
    expect(error).toMatchObject({ name: 'already-published', what: expect.stringContaining('one platform') })
    expect(bench.written()).toEqual([`build ${TAG}`])
    expect(await release({ ...platforms, 'on-existing': 'reuse' })).toMatchObject({ error: undefined })
  })
})

test('of a push that is refused, the reason of the registry is quoted, which docker loses', async () => {
  bench.engine.tries.push({
    ...DENIED,
    meanwhile: () => bench.registry.answer('POST uploads/', refused(403, 'QUOTA_EXCEEDED')),
  })
  const { error } = await release()
  expect(error).toMatchObject({ name: 'push-failed', what: expect.stringMatching(/denied.*quota exceeded/) })
  expect(bench.registry.openUploads(REPOSITORY)).toBe(0)
})

describe('an index whose parts get the tag before it', () => {
  const manifests = () => `${bench.registry.url}/v2/${REPOSITORY}/manifests/`
  /** Gives the first tag to a part of the index that it has, the attestation or the image. */
  const leavePart = async (position: number): Promise<void> => {
    const { manifests: parts } = JSON.parse(await (await fetch(manifests() + TAG)).text())
    const part = await fetch(manifests() + parts[position].digest)
    const headers = { 'content-type': part.headers.get('content-type') ?? '' }
    await fetch(manifests() + TAG, { method: 'PUT', headers, body: await part.arrayBuffer() })
  }

  test('the whole one gets the tag that has but its image', async () => {
    let whole: string | undefined
    bench.engine.tries.push({
      kind: 'OCI index',
      meanwhile: () => {
        whole = bench.tags()[TAG]
        return leavePart(1)
      },
    })
    expect(await release()).toMatchObject(published)
    expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${TAG}`, `PUT ${STABLE}`])
    expect(bench.tags()).toEqual({ [TAG]: whole, [STABLE]: whole })
  })

  test('the attestation that a push has left there is no image: it is not promoted, and release builds', async () => {
    await bench.seed(TAG, { kind: 'OCI index', revision: COMMIT })
    await leavePart(0)
    expect((await bench.run({ command: 'promote' })).error).toMatchObject({ name: 'not-published' })
    expect(bench.written()).toEqual([])
    const { error, outcomes, known } = await release()
    expect({ error, outcomes }).toEqual(published)
    expect(known[0]?.replaced).toBeUndefined()
    expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${STABLE}`])
  })
})

const headers = { 'docker-content-digest': `sha256:${'5'.repeat(64)}` }
const lost = { status: 200, headers }
test.each([
  { what: 'fails', answer: refused(500, 'UNKNOWN'), tags: [TAG], name: 'registry-unreadable' },
  { what: 'names an image that it does not have', answer: lost, tags: [TAG], name: 'not-published' },
  { what: 'names one for both tags', answer: lost, tags: [TAG, STABLE], name: 'not-as-planned' },
])('a registry that $what: nothing is built or written', async ({ answer, tags, name }) => {
  for (const tag of tags) bench.registry.answer(`HEAD ${tag}`, answer)
  const onExisting = tags.length === 1 ? 'same-revision' : 'reuse'
  expect((await release({ 'on-existing': onExisting })).error).toMatchObject({ name })
  expect(bench.written()).toEqual([])
})
