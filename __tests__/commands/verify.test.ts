import { beforeEach, describe, expect, test } from 'vitest'
import { refused } from '../registry/model-registry.ts'
import { benchOfEach, COMMIT, failure, STABLE, TAG } from './bench.ts'

const NONE = `sha256:${'5'.repeat(64)}`

const bench = benchOfEach()

const verify = (inputs = {}) => bench.run({ command: 'verify', ...inputs })
/** Publishes a version whose tags are one image, of a service or of reqmgr2. */
const publish = async (service?: string): Promise<string> => {
  const digest = await bench.seed(TAG, {}, service)
  bench.copy(TAG, STABLE, service)
  return digest
}
const later = { stable: 'on-promotion' }

test.each([
  { there: 'one image', finds: ['kept', 'kept'] },
  { there: 'one image', inputs: later, finds: ['kept', 'kept'] },
  { there: 'one image', inputs: { digest: NONE }, finds: ['different', 'different'] },
  { there: 'the first tag', finds: ['kept', 'missing'] },
  { there: 'the first tag', inputs: later, finds: ['kept', 'withheld'] },
  { there: 'the stable tag', finds: ['missing', 'different'] },
  { there: 'two images', finds: ['kept', 'different'] },
  { there: 'nothing', finds: ['missing', 'missing'] },
])('of $there with $inputs it finds $finds, by HEAD alone', async ({ there, inputs, finds }) => {
  if (there === 'one image') await publish()
  if (there === 'the first tag' || there === 'two images') await bench.seed(TAG)
  if (there === 'the stable tag' || there === 'two images') await bench.seed(STABLE)
  const { error, known, service } = await verify(inputs)
  expect(known.map(({ outcome }) => outcome)).toEqual(finds)
  const isRight = finds.every(outcome => outcome === 'kept' || outcome === 'withheld')
  expect(error).toEqual(isRight ? undefined : failure('not-as-planned', TAG))
  // Its release would be refused.
  if (there === 'the stable tag') expect(JSON.stringify(error)).not.toContain(`release ${TAG} first`)
  // What is not what was asked for is in no output.
  expect(service?.digest).toBe(finds[0] === 'kept' ? bench.tags()[TAG] : undefined)
  // Where stable tags wait, people are told what is stable now.
  const isWaiting = finds.includes('withheld')
  expect(bench.events.filter(event => !event.startsWith('HEAD'))).toEqual(isWaiting ? ['GET list'] : [])
})

test('an image that HEAD of the tags names, and that is not there, is missing', async () => {
  await publish()
  const headers = { 'docker-content-digest': NONE }
  for (const tag of [TAG, STABLE]) bench.registry.answer(`HEAD ${tag}`, { status: 200, headers })
  const { error, known, service } = await verify()
  expect(error).toMatchObject({ name: 'not-as-planned' })
  const missing = { outcome: 'missing', note: expect.stringContaining(NONE) }
  expect(known).toMatchObject([missing, missing])
  expect(service?.digest).toBeUndefined()
})

test('a moving tag that belongs to a newer version may stay there', async () => {
  await publish()
  await bench.seed('2.3.5')
  bench.copy('2.3.5', '2.3')
  const { error, known } = await verify({ policy: 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable' })
  expect(error).toBeUndefined()
  expect(known.map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'stayed'])
  expect(known[2]?.note).toContain('2.3.5')
})

describe('of many services', () => {
  const SERVICES = ['reqmgr2', 'reqmon', 'wmagent']
  let digests: string[]
  beforeEach(async () => {
    digests = await Promise.all(SERVICES.map(publish))
  })
  const service = SERVICES.join(',')

  test('all are as planned; one that is not makes it red, and all are reported', async () => {
    expect((await verify({ service })).error).toBeUndefined()
    bench.remove(STABLE, 'reqmon')
    const { error, services } = await verify({ service })
    expect(error).toEqual(failure('not-as-planned', `reqmon: ${STABLE}`))
    expect(services.map(({ digest }) => digest)).toEqual(digests)
    expect(services.map(({ tags }) => tags[1]?.outcome)).toEqual(['kept', 'missing', 'kept'])
  })

  test('a promotion that reached some of them only is named, and may wait', async () => {
    expect((await verify({ service, ...later })).log.join()).not.toContain('incomplete')
    bench.remove(STABLE, 'reqmon')
    const { error, log } = await verify({ service, ...later })
    expect(error).toBeUndefined()
    expect(log.join()).toMatch(/warning A promotion is incomplete.*reqmon/)
  })

  test('one that can not be read makes it red, and hides nothing of the others', async () => {
    bench.registry.answer(`HEAD ${STABLE}`, refused(403, 'DENIED'), 1)
    const { error, services } = await verify({ service })
    expect(error).toEqual(failure('registry-denied', 'Of 3 services, 1 could not be read:\n- '))
    expect(services.filter(({ problem }) => problem !== undefined)).toHaveLength(1)
    const outcomes = services.flatMap(({ tags }) => tags.map(({ outcome }) => outcome))
    expect(outcomes.toSorted()).toEqual([...Array(4).fill('kept'), 'planned', 'planned'])
  })
})

describe('before an approval, with records', () => {
  const bench = benchOfEach({ referrers: true })
  const waiting = { command: 'verify', tag: '2.3.5', ...later } as const

  test.each([
    { tags: [], is: {} },
    { tags: ['2.3.3-stable', '2.3.6rc1', '2.3.6'], is: { gitTag: '2.3.3' } },
    {
      tags: ['2.3.3-stable', TAG],
      promoted: TAG,
      is: { gitTag: TAG, record: expect.objectContaining({ written: true }) },
    },
    { tags: [TAG], promoted: TAG, answer: refused(403, 'DENIED'), is: undefined },
  ])('of $tags, with $promoted promoted, the newest stable one is $is', async row => {
    const { tags, promoted, answer, is } = row
    for (const tag of ['2.3.5', ...tags]) await bench.seed(tag, { revision: COMMIT })
    if (promoted) expect((await bench.run({ command: 'promote', tag: promoted })).error).toBeUndefined()
    if (answer) bench.registry.answer('GET list', answer)
    const { error, service, log } = await bench.run(waiting, {
      repositoryUrl: 'https://github.com/dmwm/WMCore',
    })
    expect(error).toBeUndefined()
    const { gitTag } = is ?? {}
    const compare = `https://github.com/dmwm/wmcore/compare/${gitTag}...2.3.5`
    expect(service?.newestStable).toEqual(is && expect.objectContaining(gitTag ? { ...is, compare } : is))
    expect(log.join().includes('What is stable now is not shown')).toBe(answer !== undefined)
  })

  test('a stable tag with another image than its version is no version to compare with', async () => {
    for (const tag of ['2.3.5', TAG, STABLE]) await bench.seed(tag, { revision: COMMIT })
    const { service } = await bench.run(waiting, { repositoryUrl: 'https://github.com/dmwm/WMCore' })
    expect(service?.newestStable).toEqual({ gitTag: TAG, note: `, but ${STABLE} is another image` })
  })
})
