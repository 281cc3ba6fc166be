import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NextTry } from '../docker/recorded-docker.ts'
import { refused } from '../registry/model-registry.ts'
import { COMMIT, type CommandBench, OTHER, REPOSITORY, STABLE, startCommandBench, TAG } from './bench.ts'

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

const release = (inputs = {}) => bench.run({ command: 'release', ...inputs })
const published = { error: undefined, outcomes: { [TAG]: 'built', [STABLE]: 'copied' } }
const BROKEN = `ERROR: failed to push ${TAG}: unexpected EOF`
const DENIED = 'ERROR: push access denied'

describe('what is known of the first tag when docker failed', () => {
  const noCache = (step: string): string => `------\n > ${step}:\n------\nERROR: failed to reserve cache`
  const toRegistry = noCache('exporting cache to registry')
  const silence = () => {
    for (const method of ['HEAD', 'GET']) bench.registry.answer(`${method} ${TAG}`, refused(503, 'UNKNOWN'))
  }
  const theirs = () => bench.seed(TAG, { revision: OTHER })
  test.each<{ what: string; next: NextTry; name: string; is: string }>([
    { what: 'a step failed', next: { says: 'ERROR: process "x"' }, name: 'build-failed', is: 'planned' },
    { what: 'its push was denied', next: { says: DENIED }, name: 'push-failed', is: 'planned' },
    {
      what: 'its push was denied, and another image is there',
      next: { says: DENIED, meanwhile: theirs },
      name: 'push-failed',
      is: 'pushed',
    },
    {
      what: 'it was killed',
      next: { says: 'exporting', killedBy: 'SIGKILL' },
      name: 'build-failed',
      is: 'planned',
    },
    {
      what: 'it was killed when it had pushed',
      next: { says: 'x', killedBy: 'SIGKILL', arrives: true },
      name: 'build-failed',
      is: 'pushed',
    },
    {
      what: 'it did not write the cache',
      next: { says: toRegistry, arrives: true },
      name: 'cache-not-written',
      is: 'pushed',
    },
    {
      what: 'it did not write the cache, which ended the push',
      next: { says: toRegistry },
      name: 'cache-not-written',
      is: 'planned',
    },
    {
      what: "it did not write GitHub's cache",
      next: { says: noCache('exporting to GitHub Actions Cache'), arrives: true },
      name: 'cache-not-written',
      is: 'pushed',
    },
    {
      what: 'it did not write the cache, and the registry does not answer',
      next: { says: toRegistry, arrives: true, meanwhile: silence },
      name: 'cache-not-written',
      is: 'unclear',
    },
    {
      what: 'it pushed, and the registry does not answer',
      next: { meanwhile: silence },
      name: 'registry-unreadable',
      is: 'unclear',
    },
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
    const overwrite = async () => (await release({ 'on-existing': 'overwrite' })).known[0]
    bench.engine.tries.push({ says: 'exporting', killedBy: 'SIGKILL' })
    expect(await overwrite()).toMatchObject({ outcome: 'planned' })
    bench.engine.tries.push({ says: 'exporting', killedBy: 'SIGKILL', arrives: true })
    const first = await overwrite()
    const now = bench.tags()[TAG]
    expect(first).toMatchObject({ outcome: 'pushed', replaced: before, note: `is ${now}` })
    bench.registry.answer(`PUT ${STABLE}`, refused(403, 'DENIED'), 1)
    expect(await overwrite()).toMatchObject({ outcome: 'built', replaced: now })
  })
})

describe('a push that breaks', () => {
  test.each([
    { why: 'in the connection', says: BROKEN },
    { why: 'for no known reason', says: 'ERROR: failed to push: unknown blob' },
    {
      why: 'with the cache',
      says: '------\n > exporting to GitHub Actions Cache:\n------\nERROR: i/o timeout',
    },
  ])('$why is tried again', async ({ says }) => {
    bench.engine.tries.push({ says }, { says })
    expect(await release()).toMatchObject(published)
    expect(bench.written()).toEqual([`build ${TAG}`, `build ${TAG}`, `build ${TAG}`, `PUT ${STABLE}`])
    expect(bench.clock.slept).toHaveLength(2)
  })

  test.each<NextTry>([
    { says: BROKEN, arrives: true },
    { says: DENIED, arrives: true },
    { describes: false },
  ])('and arrived all the same is not tried again: %o', async next => {
    bench.engine.tries.push(next)
    expect(await release()).toMatchObject(published)
    expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${STABLE}`])
    expect(bench.tags()[STABLE]).toBe(bench.tags()[TAG])
  })

  test.each([
    { why: 'again and again', says: BROKEN, builds: 4 },
    {
      why: 'for a reason that does not pass',
      says: 'ERROR: failed to push: 403 Forbidden: denied',
      builds: 1,
    },
  ])('$why is given up, and nothing else is written', async ({ says, builds }) => {
    bench.engine.tries.push(...Array.from({ length: 9 }, () => ({ says })))
    expect((await release()).error).toMatchObject({ name: 'push-failed' })
    expect(bench.written()).toEqual(Array.from({ length: builds }, () => `build ${TAG}`))
  })
})

describe('an index whose parts get the tag before it', () => {
  const manifests = () => `${bench.registry.url}/v2/${REPOSITORY}/manifests/`
  /** Gives the first tag to a part of the index that it has, the attestation or the image. */
  const leavePart = async (position: number): Promise<void> => {
    const index = await (await fetch(manifests() + TAG)).json()
    const part = await fetch(manifests() + index.manifests[position].digest)
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

const NO_SUCH = {
  status: 200,
  headers: { 'docker-content-digest': `sha256:${'5'.repeat(64)}` },
}

describe('a registry', () => {
  test.each([
    {
      what: 'forbids to read',
      request: `GET ${TAG}`,
      answer: refused(403, 'DENIED'),
      name: 'registry-denied',
    },
    { what: 'fails', request: `HEAD ${TAG}`, answer: refused(500, 'UNKNOWN'), name: 'registry-unreadable' },
    {
      what: 'names an image that is not there',
      request: `HEAD ${TAG}`,
      answer: NO_SUCH,
      name: 'not-published',
    },
  ])('that $what: nothing is built or written', async ({ request, answer, name }) => {
    if (answer.status === 403) bench.registry.answer(`HEAD ${TAG}`, answer)
    bench.registry.answer(request, answer)
    expect((await release()).error).toMatchObject({ name })
    expect(bench.written()).toEqual([])
  })

  test('that names an image for both tags that it does not have: the run is red', async () => {
    for (const tag of [TAG, STABLE]) bench.registry.answer(`HEAD ${tag}`, NO_SUCH)
    expect((await release({ 'on-existing': 'reuse' })).error).toMatchObject({ name: 'not-as-planned' })
    expect(bench.written()).toEqual([])
  })

  test('that forbids to write the stable tag: the version is published without it', async () => {
    bench.registry.answer(`PUT ${STABLE}`, refused(412, 'PRECONDITION'))
    const { error, outcomes } = await release()
    expect(error).toMatchObject({ name: 'registry-refused', what: expect.stringContaining('PRECONDITION') })
    expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'planned' })
    expect(Object.keys(bench.tags())).toEqual([TAG])
  })

  test('that loses the stable tag after it was written: the run is red', async () => {
    bench.registry.answer(`HEAD ${STABLE}`, refused(404, ''), 9)
    const { error } = await release()
    expect(error).toMatchObject({ name: 'not-as-planned', what: expect.stringContaining(STABLE) })
  })
})
