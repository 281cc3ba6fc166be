import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Seed } from '../e2e/seed.ts'
import { refused } from '../registry/model-registry.ts'
import { COMMIT, type CommandBench, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']
const SERVICES = ['reqmgr2', 'reqmon', 'wmagent']
const SOURCE = 'https://github.com/dmwm/WMCore'
const OTHER = 'b'.repeat(40)

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

/** Publishes an image of the git tag's commit. */
const publish = (service: string, image: Seed = {}, tag = TAG): Promise<string> =>
  bench.seed(
    tag,
    { revision: COMMIT, labels: { 'org.opencontainers.image.source': SOURCE }, ...image },
    service,
  )

const promote = (services: readonly string[] = SERVICES, others = {}) =>
  bench.run({ command: 'promote', service: services.join('\n'), ...others })

const publishAll = (): Promise<string[]> => Promise.all(SERVICES.map(service => publish(service)))

test('all become stable, each by its own digest; again, nothing is written or read by GET', async () => {
  const digests = await publishAll()
  const { error, services } = await promote()
  expect(error).toBeUndefined()
  expect(services?.map(({ service, digest }) => [service, digest])).toEqual(
    SERVICES.map((service, index) => [service, digests[index]]),
  )
  for (const [index, service] of SERVICES.entries()) {
    expect(bench.tags(service)).toEqual({ [TAG]: digests[index], [STABLE]: digests[index] })
  }
  const before = bench.events.length
  expect((await promote([SERVICES.join(', ')])).error).toBeUndefined()
  expect(bench.events.slice(before).filter(event => !event.startsWith('HEAD'))).toEqual([])
})

test('a service costs as many requests as it does alone', async () => {
  await publishAll()
  await promote(['reqmgr2'])
  const alone = bench.events.length
  await promote(['reqmon', 'wmagent'])
  expect(bench.events.length).toBe(3 * alone)
})

test('digests that are given are those that become stable', async () => {
  const digests = await publishAll()
  const { error } = await promote(SERVICES.map((service, index) => `${service}@${digests[index]}`))
  expect(error).toBeUndefined()
  expect(SERVICES.map(service => bench.tags(service)[STABLE])).toEqual(digests)
})

describe('nothing is written for any service', () => {
  const lacks: { what: string; prepare: () => Promise<unknown>; services?: string[]; says: string }[] = [
    { what: 'is not published', prepare: async () => {}, says: 'is not in the registry' },
    {
      what: 'is of another commit',
      prepare: () => publish('wmagent', { revision: OTHER }),
      says: `it was built from ${OTHER}, and the git tag is ${COMMIT}`,
    },
    {
      what: 'has platforms without the label of the commit',
      prepare: () => publish('wmagent', { kind: 'OCI index', labels: {}, revision: '' }),
      says: 'it does not say which commit it was built from',
    },
    {
      what: 'is of another repository',
      prepare: () =>
        publish('wmagent', {
          revision: OTHER,
          labels: { 'org.opencontainers.image.source': 'https://github.com/dmwm/das2go' },
        }),
      says: 'it was built from another repository, github.com/dmwm/das2go',
    },
    {
      what: 'has another digest than the one given',
      prepare: () => publish('wmagent'),
      services: ['reqmgr2', 'reqmon', `wmagent@sha256:${'0'.repeat(64)}`],
      says: 'and should be sha256:0000',
    },
    {
      what: 'has another image under the stable tag',
      prepare: async () => {
        await publish('wmagent')
        await publish('wmagent', {}, STABLE)
      },
      says: 'delete the wrong tag',
    },
    {
      what: 'is a cache',
      prepare: () => publish('wmagent', { config: 'application/vnd.buildkit.cacheconfig.v0' }),
      says: 'is not an image',
    },
  ]

  test.each(lacks)('if one $what', async ({ prepare, services, says }) => {
    await publish('reqmgr2')
    await publish('reqmon')
    await prepare()
    const before = SERVICES.map(service => bench.tags(service))
    const { error, services: found } = await promote(services)
    expect(error).toMatchObject({ name: 'not-ready', message: expect.stringContaining(says) })
    expect(found?.map(({ problem }) => problem !== undefined)).toEqual([false, false, true])
    expect(found?.map(({ digest }) => digest).slice(0, 2)).toEqual(before.slice(0, 2).map(tags => tags[TAG]))
    expect(bench.written()).toEqual([])
    expect(SERVICES.map(service => bench.tags(service))).toEqual(before)
  })

  test('if the account may not write to one', async () => {
    await publishAll()
    bench.registry.answer('POST uploads/', refused(403, 'DENIED'), 1)
    const { error } = await promote()
    expect(error).toMatchObject({
      name: 'not-ready',
      message: expect.stringContaining('let this account write'),
    })
    expect(bench.written()).toEqual([])
  })

  test('what is wrong with each is said at once', async () => {
    await publish('reqmon', { revision: OTHER })
    const { error, services } = await promote()
    expect(error).toMatchObject({
      name: 'not-ready',
      message: expect.stringMatching(/Of 3 services, 3 .*reqmgr2: .*reqmon: .*wmagent: /s),
    })
    expect(services?.every(({ problem }) => problem !== undefined)).toBe(true)
  })
})

test('an image of another repository is accepted by its digest', async () => {
  await publish('reqmgr2')
  const labels = { 'org.opencontainers.image.source': 'https://github.com/dmwm/das2go' }
  const digest = await publish('reqmon', { revision: OTHER, labels })
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
  const policy = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable X.Y-stable'
  expect((await promote(SERVICES, { policy })).error).toBeUndefined()
  expect(bench.written()).toEqual([
    ...SERVICES.map(() => `PUT ${STABLE}`),
    ...SERVICES.map(() => 'PUT 2.3-stable'),
  ])
})

test('what a write that fails left undone, the next run does', async () => {
  const digests = await publishAll()
  bench.registry.answer(`PUT ${STABLE}`, refused(500, 'UNKNOWN'), 1)
  const policy = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable X.Y-stable'
  const { error } = await promote(SERVICES, { policy })
  expect(error).toMatchObject({ name: 'registry-unreadable' })
  expect(bench.written().filter(event => event === 'PUT 2.3-stable')).toEqual([])
  expect((await promote(SERVICES, { policy })).error).toBeUndefined()
  expect(SERVICES.map(service => bench.tags(service)[STABLE])).toEqual(digests)
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
        if (is === 'promoted') bench.registry.copyTag(`cmswmcore/${service}`, TAG, STABLE)
        if (is === 'other stable') await publish(service, {}, STABLE)
      }
      const { error } = await promote()
      const isReady = states.every(is => is === 'right' || is === 'promoted')
      expect(error === undefined).toBe(isReady)
      if (!isReady) expect(bench.written()).toEqual([])
      else {
        for (const service of SERVICES) expect(bench.tags(service)[STABLE]).toBe(bench.tags(service)[TAG])
      }
    }),
    { numRuns: 40 },
  )
})
