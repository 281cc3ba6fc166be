import { describe, expect, test } from 'vitest'
import { benchOfEach, COMMIT, failure, STABLE, TAG } from './bench.ts'

/** A registry in which stable tags are immutable, as Harbor makes them. */
const bench = benchOfEach({ immutable: /-stable$/ })

describe('an answer that is lost, after which the same write is refused', () => {
  test('does not make a release red, and not its tag unknown', async () => {
    bench.registry.loseAnswer(`PUT ${STABLE}`)
    const { error, outcomes } = await bench.run({ command: 'release' })
    expect(error).toBeUndefined()
    expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'copied' })
    expect(bench.tags()[STABLE]).toBe(bench.tags()[TAG])
  })

  test('does not end a promotion of many half-way', async () => {
    const services = ['reqmgr2', 'reqmon', 't0reqmon']
    for (const service of services) await bench.seed(TAG, { revision: COMMIT }, service)
    bench.registry.loseAnswer(`PUT ${STABLE}`)
    const { error } = await bench.run({ command: 'promote', service: services.join('\n') })
    expect(error).toBeUndefined()
    for (const service of services) expect(bench.tags(service)[STABLE]).toBe(bench.tags(service)[TAG])
  })

  test('is no success where the tag has another image', async () => {
    bench.registry.answer(`PUT ${STABLE}`, { status: 502 })
    const { error, outcomes } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({ name: 'registry-unreadable' })
    expect(bench.tags()[STABLE]).toBeUndefined()
    expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'unclear' })
  })
})

describe('an overwrite of a version whose stable tag can not be overwritten', () => {
  const policy = 'final: X.Y.Z -> X.Y.Z vX.Y.Z X.Y | X.Y.Z-stable'

  test('gives the first tag its image back, and a re-run finds everything as it was', async () => {
    expect((await bench.run({ policy })).error).toBeUndefined()
    const before = bench.tags()
    const { error, known } = await bench.run({ policy, 'on-existing': 'overwrite' })
    expect(error).toEqual(failure('registry-refused', before[TAG]))
    expect(bench.written().filter(event => event.startsWith('build'))).toHaveLength(2)
    expect(bench.tags()).toEqual(before)
    // It was another image for a moment.
    const outcomes = known.map(({ outcome }) => outcome)
    expect([outcomes[0], ...new Set(outcomes)]).toEqual(['different', 'different', 'planned'])
    const again = await bench.run({ policy })
    expect(again.error).toBeUndefined()
    expect(new Set(Object.values(again.outcomes))).toEqual(new Set(['kept']))
  })

  test('names the image that the first tag had, if that was another one', async () => {
    const [first, stable] = [await bench.seed(TAG), await bench.seed(STABLE)]
    bench.registry.answer(`PUT ${STABLE}`, { status: 409 })
    const { error } = await bench.run({ 'on-existing': 'overwrite' })
    expect(error).toEqual(failure('registry-refused', `${TAG} was ${first} before.`))
    expect(bench.tags()).toEqual({ [TAG]: stable, [STABLE]: stable })
  })

  test.each([
    { by: 'ECR', status: 400, body: '{"errors":[{"code":"TAG_INVALID","message":"immutable"}]}' },
    { by: 'one that answers 409', status: 409 },
  ])('by $by, too', async ({ by: _, ...answer }) => {
    await bench.run({ command: 'release' })
    const before = bench.tags()
    bench.registry.answer(`PUT ${STABLE}`, answer)
    const { error } = await bench.run({ command: 'release', 'on-existing': 'overwrite' })
    expect(error).toMatchObject({ name: 'registry-refused' })
    expect(bench.tags()).toEqual(before)
  })
})
