import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SOURCE_LABEL } from '../../src/registry/labels.ts'
import { CACHE_CONFIG, type Seed } from '../e2e/seed.ts'
import { refused } from '../registry/model-registry.ts'
import { benchOfEach, COMMIT, failure, OTHER, STABLE, TAG } from './bench.ts'

const SERVICES = ['reqmgr2', 'reqmon', 'wmagent']
const FOREIGN = { revision: OTHER, labels: { [SOURCE_LABEL]: 'https://github.com/dmwm/das2go' } }
const MOVING = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable X.Y-stable'

const bench = benchOfEach()

/** Publishes an image of the git tag's commit. */
const publish = (service: string, image: Seed = {}, tag: string = TAG): Promise<string> => {
  const labels = { [SOURCE_LABEL]: 'https://github.com/dmwm/WMCore' }
  return bench.seed(tag, { revision: COMMIT, labels, ...image }, service)
}
const publishAll = (): Promise<string[]> => Promise.all(SERVICES.map(service => publish(service)))
const promote = (services: readonly string[] = SERVICES, others = {}) =>
  bench.run({ command: 'promote', service: services.join('\n'), ...others })
const stableOnes = () => SERVICES.map(service => bench.tags(service)[STABLE])

test('all become stable, each by its own digest; again, nothing is written or read by GET', async () => {
  const digests = await publishAll()
  const { error, services } = await promote()
  expect(error).toBeUndefined()
  expect(services.map(({ digest }) => digest)).toEqual(digests)
  expect(SERVICES.map(bench.tags)).toEqual(digests.map(digest => ({ [TAG]: digest, [STABLE]: digest })))
  const before = bench.events.length
  const given = SERVICES.map((service, index) => `${service}@${digests[index]}`)
  expect((await promote([given.join(', ')])).error).toBeUndefined()
  expect(bench.events.slice(before).filter(event => !event.startsWith('HEAD'))).toEqual([])
})

test('a service costs as many requests as it does alone, and no upload is left that tried the right to write', async () => {
  await publishAll()
  await promote(['reqmgr2'])
  const alone = bench.events.length
  await promote(['reqmon', 'wmagent'])
  expect(bench.events.length).toBe(3 * alone)
  expect(bench.events.filter(event => event.startsWith('POST'))).toHaveLength(3)
  expect(SERVICES.map(service => bench.registry.openUploads(`cmswmcore/${service}`))).toEqual([0, 0, 0])
})

describe('nothing is written for any service', () => {
  test.each<{ what: string; there: (Seed & { tag?: string })[]; given?: string }>([
    { what: 'is not published', there: [] },
    { what: 'is of another commit', there: [{ revision: OTHER }] },
    { what: 'does not name its commit', there: [{ kind: 'OCI index', labels: {}, revision: '' }] },
    { what: 'is of another repository', there: [FOREIGN] },
    { what: 'has another digest than the one given', there: [{}], given: `@sha256:${'0'.repeat(64)}` },
    { what: 'has another image under the stable tag', there: [{}, { tag: STABLE }] },
    { what: 'is a cache', there: [{ config: CACHE_CONFIG }] },
  ])('if one $what', async ({ there, given = '' }) => {
    for (const service of ['reqmgr2', 'reqmon']) await publish(service)
    for (const { tag, ...image } of there) await publish('wmagent', image, tag)
    const before = SERVICES.map(bench.tags)
    const { error, services } = await promote(['reqmgr2', 'reqmon', `wmagent${given}`])
    expect(error).toEqual(failure('not-ready', 'wmagent'))
    expect(services.map(({ problem }) => problem !== undefined)).toEqual([false, false, true])
    expect(services.slice(0, 2)).toMatchObject(before.slice(0, 2).map(tags => ({ digest: tags[TAG] })))
    expect(bench.written()).toEqual([])
    expect(SERVICES.map(bench.tags)).toEqual(before)
  })

  test('if one is missing: those that are stable already are known', async () => {
    for (const service of ['reqmgr2', 'reqmon']) await publish(service)
    bench.copy(TAG, STABLE)
    const { error, services } = await promote()
    expect(error).toEqual(failure('not-ready', 'wmagent'))
    const stable = services.map(({ tags }) => tags.at(-1)?.outcome)
    expect(stable).toEqual(['kept', 'planned', 'planned'])
  })

  test('if the account may not write to one', async () => {
    await publishAll()
    bench.registry.answer('POST uploads/', refused(403, 'DENIED'), 1)
    expect((await promote()).error).toMatchObject({ name: 'not-ready' })
    expect(bench.written()).toEqual([])
  })

  test('if the registry is down: its one cause is said once', async () => {
    await publishAll()
    for (const method of ['HEAD', 'GET']) bench.registry.answer(`${method} ${TAG}`, refused(403, 'DENIED'), 3)
    const { error } = await promote()
    expect(error).toEqual(failure('registry-denied', 'It is the same for all 3 services.'))
    expect(bench.written()).toEqual([])
  })

  test('what is wrong with each is said at once', async () => {
    await publish('reqmon', { revision: OTHER })
    const { error, services } = await promote()
    for (const services of ['reqmgr2, wmagent', 'reqmon'])
      expect(error).toEqual(failure('not-ready', `- ${services}: `))
    expect(services.every(({ problem }) => problem !== undefined)).toBe(true)
  })
})

describe('a digest at which nobody has looked', () => {
  const handedOn = (...services: readonly string[]) =>
    bench.run({ command: 'promote', service: services.join(',') }, { isLookedAt: false })

  test.each([
    { what: 'does not name its commit', image: { labels: {}, revision: '' } },
    { what: 'is of another repository', image: FOREIGN },
  ])('does not stand for an image that $what', async ({ image }) => {
    const sound = `reqmgr2@${await publish('reqmgr2')}`
    const other = `reqmon@${await publish('reqmon', image)}`
    expect((await handedOn(other)).error).toMatchObject({ name: 'wrong-origin' })
    expect((await handedOn(sound, other)).error).toMatchObject({ name: 'not-ready' })
    expect(bench.written()).toEqual([])
    // Somebody has.
    expect((await promote([sound, other])).error).toBeUndefined()
    expect(bench.tags('reqmon')[STABLE]).toBe(bench.tags('reqmon')[TAG])
  })

  test('is the image that becomes stable, and no other', async () => {
    const [reqmgr2, reqmon, wmagent] = await publishAll()
    const others = [`reqmgr2@${reqmgr2}`, `reqmon@${reqmon}`]
    const changed = await publish('wmagent')
    expect((await handedOn(...others, `wmagent@${wmagent}`)).error).toMatchObject({ name: 'not-ready' })
    expect(bench.written()).toEqual([])
    expect((await handedOn(...others, `wmagent@${changed}`)).error).toBeUndefined()
    expect(stableOnes()).toEqual([reqmgr2, reqmon, changed])
  })
})

test('no moving tag is written before every fixed one', async () => {
  await publishAll()
  expect((await promote(SERVICES, { policy: MOVING })).error).toBeUndefined()
  const writes = [STABLE, '2.3-stable'].flatMap(tag => SERVICES.map(() => `PUT ${tag}`))
  expect(bench.written()).toEqual(writes)
})

test('what a write that fails left undone, the next run does', async () => {
  const digests = await publishAll()
  bench.registry.answer(`PUT ${STABLE}`, refused(500, 'UNKNOWN'), 1)
  const { error, services } = await promote(SERVICES, { policy: MOVING })
  expect(error).toMatchObject({ name: 'registry-unreadable' })
  // What was written is read back all the same.
  const outcomes = services.map(({ tags }) => tags.find(({ tag }) => tag === STABLE)?.outcome)
  expect(outcomes.toSorted()).toEqual(['copied', 'copied', 'unclear'])
  expect(bench.written()).not.toContain('PUT 2.3-stable')
  expect((await promote(SERVICES, { policy: MOVING })).error).toBeUndefined()
  expect(stableOnes()).toEqual(digests)
})

test('what the registry took, and does not have, is not told as published', async () => {
  const [digest = ''] = await publishAll()
  const headers = { 'docker-content-digest': digest }
  bench.registry.answer(`PUT ${STABLE}`, { status: 201, headers }, 1)
  const { error, services } = await promote(['reqmgr2'])
  expect(error).toEqual(failure('not-as-planned', STABLE))
  expect(services[0]?.tags.map(({ outcome }) => outcome)).toEqual(['kept', 'missing'])
})

test('whatever each service has, none becomes stable unless all are ready, and no stable tag is another image', async () => {
  const state = fc.constantFrom('absent', 'right', 'other commit', 'promoted', 'other stable')
  await fc.assert(
    fc.asyncProperty(fc.tuple(state, state, state), async states => {
      bench.events.splice(0)
      for (const [index, service] of SERVICES.entries()) {
        for (const tag of [TAG, STABLE]) bench.remove(tag, service)
        const is = states[index]
        if (is === 'absent') continue
        await publish(service, is === 'other commit' ? { revision: OTHER } : {})
        if (is === 'promoted') bench.copy(TAG, STABLE, service)
        if (is === 'other stable') await publish(service, {}, STABLE)
      }
      const { error } = await promote()
      const isReady = states.every(is => is === 'right' || is === 'promoted')
      expect(error === undefined).toBe(isReady)
      if (!isReady) expect(bench.written()).toEqual([])
      else expect(stableOnes()).toEqual(SERVICES.map(service => bench.tags(service)[TAG]))
    }),
    { numRuns: 40 },
  )
})
