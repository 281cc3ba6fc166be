import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SOURCE_LABEL } from '../../src/registry/labels.ts'
import { CACHE_CONFIG, type Seed } from '../e2e/seed.ts'
import { refused } from '../registry/model-registry.ts'
import { COMMIT, type CommandBench, OTHER, STABLE, startCommandBench, TAG } from './bench.ts'

const SERVICES = ['reqmgr2', 'reqmon', 'wmagent']
const FOREIGN = { revision: OTHER, labels: { [SOURCE_LABEL]: 'https://github.com/dmwm/das2go' } }
const MOVING = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable X.Y-stable'

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

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
  expect(services.map(({ service, digest }) => [service, digest])).toEqual(
    SERVICES.map((service, index) => [service, digests[index]]),
  )
  expect(SERVICES.map(service => bench.tags(service))).toEqual(
    digests.map(digest => ({ [TAG]: digest, [STABLE]: digest })),
  )
  const before = bench.events.length
  const given = SERVICES.map((service, index) => `${service}@${digests[index]}`)
  expect((await promote([given.join(', ')])).error).toBeUndefined()
  expect(bench.events.slice(before).filter(event => !event.startsWith('HEAD'))).toEqual([])
})

test('a service costs as many requests as it does alone', async () => {
  await publishAll()
  await promote(['reqmgr2'])
  const alone = bench.events.length
  await promote(['reqmon', 'wmagent'])
  expect(bench.events.length).toBe(3 * alone)
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
    const before = SERVICES.map(service => bench.tags(service))
    const { error, services } = await promote(['reqmgr2', 'reqmon', `wmagent${given}`])
    expect(error).toMatchObject({ name: 'not-ready', what: expect.stringContaining('wmagent') })
    expect(services.map(({ problem }) => problem !== undefined)).toEqual([false, false, true])
    expect(services.slice(0, 2).map(({ digest }) => digest)).toEqual(
      before.slice(0, 2).map(tags => tags[TAG]),
    )
    expect(bench.written()).toEqual([])
    expect(SERVICES.map(service => bench.tags(service))).toEqual(before)
  })

  test('if the account may not write to one', async () => {
    await publishAll()
    bench.registry.answer('POST uploads/', refused(403, 'DENIED'), 1)
    expect((await promote()).error).toMatchObject({ name: 'not-ready' })
    expect(bench.written()).toEqual([])
  })

  test('what is wrong with each is said at once', async () => {
    await publish('reqmon', { revision: OTHER })
    const { error, services } = await promote()
    for (const service of SERVICES)
      expect(error).toMatchObject({ name: 'not-ready', what: expect.stringContaining(`${service}: `) })
    expect(services.every(({ problem }) => problem !== undefined)).toBe(true)
  })
})

test('an image of another repository is accepted by its digest', async () => {
  await publish('reqmgr2')
  const digest = await publish('reqmon', FOREIGN)
  expect((await promote(['reqmgr2', `reqmon@${digest}`])).error).toBeUndefined()
  expect(bench.tags('reqmon')[STABLE]).toBe(digest)
})

describe('a digest at which nobody has looked', () => {
  const handedOn = (services: readonly string[]) =>
    bench.run({ command: 'promote', service: services.join(',') }, { isLookedAt: false })

  test.each([
    { what: 'does not name its commit', image: { labels: {}, revision: '' } },
    {
      what: 'is of another repository',
      image: {
        revision: OTHER,
        labels: { 'org.opencontainers.image.source': 'https://github.com/dmwm/das2go' },
      },
    },
  ])('does not stand for an image that $what', async ({ image }) => {
    const [sound, digest] = [await publish('reqmgr2'), await publish('reqmon', image)]
    expect((await handedOn([`reqmon@${digest}`])).error).toMatchObject({ name: 'wrong-origin' })
    expect((await handedOn([`reqmgr2@${sound}`, `reqmon@${digest}`])).error).toMatchObject({
      name: 'not-ready',
    })
    expect(bench.written()).toEqual([])
    // Somebody has.
    expect((await promote([`reqmgr2@${sound}`, `reqmon@${digest}`])).error).toBeUndefined()
  })

  test('is the image that becomes stable, and no other', async () => {
    const digests = await publishAll()
    const services = SERVICES.map((service, index) => `${service}@${digests[index]}`)
    const changed = await publish('wmagent')
    expect((await handedOn(services)).error).toMatchObject({ name: 'not-ready' })
    expect(bench.written()).toEqual([])
    expect((await handedOn([...services.slice(0, 2), `wmagent@${changed}`])).error).toBeUndefined()
    expect(SERVICES.map(service => bench.tags(service)[STABLE])).toEqual([...digests.slice(0, 2), changed])
  })
})

test('the right to write is tried by an upload, and none is left', async () => {
  await publishAll()
  await promote()
  expect(bench.events.filter(event => event.startsWith('POST'))).toHaveLength(SERVICES.length)
  expect(SERVICES.map(service => bench.registry.openUploads(`cmswmcore/${service}`))).toEqual([0, 0, 0])
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
  const { error } = await promote(SERVICES, { policy: MOVING })
  expect(error).toMatchObject({ name: 'registry-unreadable' })
  expect(bench.written()).not.toContain('PUT 2.3-stable')
  expect((await promote(SERVICES, { policy: MOVING })).error).toBeUndefined()
  expect(stableOnes()).toEqual(digests)
})

test('whatever each service has, none becomes stable unless all are ready, and no stable tag is another image', async () => {
  const state = fc.constantFrom('absent', 'right', 'other commit', 'promoted', 'other stable')
  await fc.assert(
    fc.asyncProperty(fc.tuple(state, state, state), async states => {
      await bench.stop()
      bench = await startCommandBench()
      for (const [index, service] of SERVICES.entries()) {
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
