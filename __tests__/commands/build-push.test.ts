import { describe, expect, test } from 'vitest'
import { benchOfEach, COMMIT, failure, OTHER, STABLE, TAG } from './bench.ts'

const bench = benchOfEach()

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

  test('of what is there from the same revision writes the stable tag alone', async () => {
    await bench.seed(TAG, { revision: COMMIT })
    await build()
    expect((await push()).outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'copied' })
    expect(pushes()).toEqual([])
  })

  test('that breaks is tried again, unless the image is there all the same; one that is refused is not', async () => {
    await build()
    const says = 'denied: requested access to the resource is denied'
    bench.engine.tries.push({ says }, { says: 'unexpected EOF' }, { says, arrives: true })
    const { error, outcomes } = await push()
    expect(error).toMatchObject({ name: 'push-failed' })
    expect(outcomes).toEqual({ [TAG]: 'planned', [STABLE]: 'planned' })
    expect((await push()).outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'copied' })
    expect(pushes()).toHaveLength(3)
  })

  test('gives the first tag back to an image that came under the stable tag meanwhile', async () => {
    await build()
    bench.engine.tries.push({ meanwhile: () => bench.seed(STABLE) })
    expect((await push()).error).toEqual(failure('not-as-planned', bench.tags()[STABLE]))
    expect(bench.tags()[TAG]).toBe(bench.tags()[STABLE])
  })
})
