import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { COMMIT, type CommandBench, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']

/** A registry in which stable tags are immutable, as Harbor makes them. */
let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench({ immutable: /-stable$/ })
})
afterEach(() => bench?.stop())

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
    const { error, known } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({ name: 'registry-unreadable' })
    expect(bench.tags()[STABLE]).toBeUndefined()
    expect(known[1]).toMatchObject({ tag: STABLE })
    expect(known[1]?.outcome).not.toBe('copied')
  })
})

describe('an overwrite of a version whose stable tag can not be overwritten', () => {
  const POLICY = 'final: X.Y.Z -> X.Y.Z vX.Y.Z X.Y | X.Y.Z-stable'

  test('gives the first tag its image back, and a re-run finds everything as it was', async () => {
    expect((await bench.run({ command: 'release', policy: POLICY })).error).toBeUndefined()
    const before = bench.tags()
    const { error, known } = await bench.run({
      command: 'release',
      policy: POLICY,
      'on-existing': 'overwrite',
    })
    expect(error).toMatchObject({
      name: 'registry-refused',
      message: expect.stringContaining(before[TAG] ?? ''),
    })
    expect(bench.written().filter(event => event.startsWith('build'))).toHaveLength(2)
    expect(bench.tags()).toEqual(before)
    expect(known.filter(({ outcome }) => outcome === 'built' || outcome === 'copied')).toEqual([])
    const again = await bench.run({ command: 'release', policy: POLICY })
    expect(again.error).toBeUndefined()
    expect(new Set(Object.values(again.outcomes))).toEqual(new Set(['kept']))
  })

  test.each([
    {
      registry: 'ECR',
      answer: { status: 400, body: '{"errors":[{"code":"TAG_INVALID","message":"immutable"}]}' },
    },
    { registry: 'one that answers 409', answer: { status: 409 } },
  ])('by $registry, too', async ({ answer }) => {
    await bench.run({ command: 'release' })
    const before = bench.tags()
    bench.registry.answer(`PUT ${STABLE}`, answer)
    const { error } = await bench.run({ command: 'release', 'on-existing': 'overwrite' })
    expect(error).toMatchObject({ name: 'registry-refused' })
    expect(bench.tags()).toEqual(before)
  })
})
