import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { COMMIT, type CommandBench, REPOSITORY, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

const build = (inputs = {}) => bench.run({ command: 'build', ...inputs })
const push = (inputs = {}) => bench.run({ command: 'push', ...inputs })

test('build builds once under every fixed tag, labels it, and asks no registry', async () => {
  const policy = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable stable'
  const { outcomes } = await build({ policy })
  expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'built', '2.3': 'planned', stable: 'planned' })
  expect(bench.events).toEqual([`build ${TAG}`, `build ${STABLE}`])
  const images = [...bench.engine.images.values()]
  expect(new Set(images.map(({ id }) => id)).size).toBe(1)
  expect(images[0]?.labels).toMatchObject({ 'org.opencontainers.image.revision': COMMIT })
})

describe('push', () => {
  test('pushes the first tag and copies it; again, it writes nothing', async () => {
    await build()
    const before = bench.events.length
    expect((await push()).outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'copied' })
    expect(bench.written().slice(before)).toEqual([`push ${TAG}`, `PUT ${STABLE}`])
    const tags = bench.tags()
    expect((await push()).outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'kept' })
    expect(bench.tags()).toEqual(tags)
  })

  test('of what was not built is an error', async () => {
    expect((await push()).error).toMatchObject({ name: 'image-missing' })
    expect(bench.events).toEqual([])
  })

  test('of what was built from another commit is an error', async () => {
    await bench.run({ command: 'build' }, { sha: 'f'.repeat(40) })
    const { error } = await push()
    expect(error).toMatchObject({
      name: 'wrong-origin',
      message: expect.stringContaining(
        `was built here from ${'f'.repeat(40)}, and the git tag ${TAG} is ${COMMIT}.`,
      ),
    })
    expect(bench.written().filter(event => event.startsWith('push'))).toEqual([])
    expect((await bench.run({ command: 'push' }, { sha: undefined })).error).toBeUndefined()
  })

  test('of two images is an error', async () => {
    await build({ policy: 'final: X.Y.Z -> X.Y.Z' })
    await build({ policy: 'final: X.Y.Z -> X.Y.Z-stable' })
    expect((await push()).error).toMatchObject({ name: 'images-differ' })
    expect(bench.tags()).toEqual({})
  })

  test('of a first tag alone, where a stable one is due, says which is missing', async () => {
    await build({ policy: 'final: X.Y.Z -> X.Y.Z' })
    expect((await push()).error).toMatchObject({ name: 'stable-image-missing' })
  })

  test.each([
    { onExisting: 'same-revision', written: [`PUT ${STABLE}`] },
    { onExisting: 'fail', written: [] },
    { onExisting: 'overwrite', written: [`push ${TAG}`, `PUT ${STABLE}`] },
  ])('over what has the same revision, $onExisting, writes $written', async ({ onExisting, written }) => {
    await bench.seed(TAG, { revision: COMMIT })
    await build()
    const before = bench.written().length
    await push({ 'on-existing': onExisting })
    expect(bench.written().slice(before)).toEqual(written)
  })

  test('that breaks for a reason that may pass is tried again', async () => {
    await build()
    const says = 'unexpected EOF'
    bench.engine.tries.push({ says }, { says, arrives: true })
    const { error, log } = await push()
    expect(error).toBeUndefined()
    expect(bench.written().filter(event => event.startsWith('push'))).toHaveLength(2)
    expect(log.filter(line => line.startsWith('attempt'))).toHaveLength(2)
    expect(bench.tags()[STABLE]).toBe(bench.tags()[TAG])
  })

  test.each([
    { arrives: false, is: 'planned' },
    { arrives: true, is: 'pushed' },
  ])('that is refused says what the registry has: $is', async ({ arrives, is }) => {
    await build()
    bench.engine.tries.push({ says: 'denied: requested access to the resource is denied', arrives })
    const { error, known } = await push()
    expect(error).toMatchObject({ name: 'push-failed' })
    expect(known.map(({ outcome }) => outcome)).toEqual([is, 'planned'])
    expect(bench.written().filter(event => event.startsWith('push'))).toHaveLength(1)
  })

  test('finds another image under the stable tag, which was written meanwhile, and gives the first tag back', async () => {
    await build()
    bench.engine.tries.push({
      meanwhile: async () => {
        await bench.seed('theirs')
        bench.registry.copyTag(REPOSITORY, 'theirs', STABLE)
      },
    })
    expect((await push()).error).toMatchObject({ name: 'not-as-planned' })
    const { theirs, ...tags } = bench.tags()
    expect(tags).toEqual({ [TAG]: theirs, [STABLE]: theirs })
  })
})
