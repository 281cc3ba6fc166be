import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { COMMIT, type CommandBench, OTHER, STABLE, startCommandBench, TAG } from './bench.ts'

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

const build = (inputs = {}) => bench.run({ command: 'build', ...inputs })
const push = (inputs = {}) => bench.run({ command: 'push', ...inputs })
const pushes = () => bench.written().filter(event => event.startsWith('push'))

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

  test.each([
    { what: 'nothing', built: [], name: 'image-missing' },
    { what: 'the first tag alone', built: [TAG], name: 'stable-image-missing' },
    { what: 'two images', built: [TAG, STABLE], name: 'images-differ' },
  ])('of $what is an error', async ({ built, name }) => {
    for (const tag of built) await build({ policy: `final: X.Y.Z -> ${tag.replace(TAG, 'X.Y.Z')}` })
    const before = bench.events.length
    expect((await push()).error).toMatchObject({ name })
    expect(bench.events).toHaveLength(before)
  })

  test('of what was built from another commit is an error', async () => {
    await bench.run({ command: 'build' }, { sha: OTHER })
    const { error } = await push()
    expect(error).toMatchObject({ name: 'wrong-origin', what: expect.stringMatching(`${OTHER}.*${COMMIT}`) })
    expect(pushes()).toEqual([])
    expect((await bench.run({ command: 'push' }, { sha: undefined })).error).toBeUndefined()
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
    expect((await push()).error).toBeUndefined()
    expect(pushes()).toHaveLength(2)
    expect(bench.tags()[STABLE]).toBe(bench.tags()[TAG])
  })

  test('that is refused is not, unless the image is there all the same', async () => {
    await build()
    const says = 'denied: requested access to the resource is denied'
    bench.engine.tries.push({ says }, { says, arrives: true })
    const { error, outcomes } = await push()
    expect(error).toMatchObject({ name: 'push-failed' })
    expect(outcomes).toEqual({ [TAG]: 'planned', [STABLE]: 'planned' })
    expect((await push()).outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'copied' })
    expect(pushes()).toHaveLength(2)
  })

  test('finds another image under the stable tag, which was written meanwhile, and gives the first tag back', async () => {
    await build()
    bench.engine.tries.push({ meanwhile: () => bench.seed(STABLE) })
    expect((await push()).error).toMatchObject({ name: 'not-as-planned' })
    expect(bench.tags()[TAG]).toBe(bench.tags()[STABLE])
  })
})
