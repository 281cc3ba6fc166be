import { expect, test } from 'vitest'
import { SOURCE_LABEL } from '../../src/registry/labels.ts'
import { CACHE_CONFIG, KINDS } from '../e2e/seed.ts'
import { refused } from '../registry/model-registry.ts'
import { benchOfEach, COMMIT, failure, OTHER, REPOSITORY, STABLE, TAG } from './bench.ts'

const bench = benchOfEach()
const TESTED = 'tested'

/** Releases an image of the same repository, by its tag or a digest. */
const release = (inputs = {}, reference = `:${TESTED}`, context = {}) => {
  const source = `${bench.registry.host}/${REPOSITORY}${reference}`
  return bench.run({ command: 'release', 'source-image': source, ...inputs }, context)
}
const seed = (image = {}) => bench.seed(TESTED, { revision: COMMIT, ...image })
const builtNothing = () => expect(bench.events.filter(event => event.startsWith('build'))).toEqual([])

test.each(KINDS)('%s: the first tag becomes it, as it is, and a re-run writes nothing', async kind => {
  const digest = await seed({ kind })
  const { error, outcomes, service, log } = await release()
  expect(error).toBeUndefined()
  expect(outcomes).toEqual({ [TAG]: 'copied', [STABLE]: 'copied' })
  expect(service?.digest).toBe(digest)
  expect(log.join('\n')).toContain(`:${TESTED} is ${digest}`)
  expect(bench.tags()).toEqual({ [TESTED]: digest, [TAG]: digest, [STABLE]: digest })
  const again = await release({}, `@${digest}`)
  expect(again.outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'kept' })
  expect(bench.written()).toEqual([`PUT ${TAG}`, `PUT ${STABLE}`])
})

const foreign = { [SOURCE_LABEL]: 'https://github.com/dmwm/CRABServer' }
const own = { [SOURCE_LABEL]: 'https://github.com/dmwm/WMCore' }

test.each([
  { of: 'the commit', image: { labels: own }, by: 'tag', ends: 'well' },
  { of: 'no commit', image: { revision: '' }, by: 'tag', ends: 'wrong-origin' },
  { of: 'no commit', image: { revision: '' }, by: 'digest', ends: 'well' },
  { of: 'no commit, and nobody has looked', image: { revision: '' }, by: 'unseen', ends: 'wrong-origin' },
  { of: 'another commit', image: { revision: OTHER, labels: own }, by: 'digest', ends: 'wrong-origin' },
  { of: 'another repository', image: { revision: OTHER, labels: foreign }, by: 'tag', ends: 'wrong-origin' },
  { of: 'another repository', image: { revision: OTHER, labels: foreign }, by: 'digest', ends: 'well' },
  { of: 'a cache', image: { config: CACHE_CONFIG }, by: 'tag', ends: 'not-published' },
])('an image of $of, given by $by: $ends', async ({ image, by, ends }) => {
  const digest = await seed(image)
  const reference = by === 'tag' ? `:${TESTED}` : `@${digest}`
  const { error } = await release({}, reference, { isLookedAt: by !== 'unseen' })
  if (ends === 'well') expect(error).toBeUndefined()
  else expect(error).toEqual(failure(ends, by === 'tag' ? `:${TESTED}` : digest))
  expect(Object.keys(bench.tags())).toHaveLength(ends === 'well' ? 3 : 1)
  builtNothing()
})

test.each([
  { there: COMMIT, onExisting: 'same-revision', ends: 'kept', warnings: 1 },
  { there: OTHER, onExisting: 'same-revision', ends: 'already-published', warnings: 0 },
  { there: COMMIT, onExisting: 'fail', ends: 'already-published', warnings: 0 },
  { there: OTHER, onExisting: 'reuse', ends: 'kept', warnings: 1 },
  { there: OTHER, onExisting: 'overwrite', ends: 'copied', warnings: 1 },
])('$onExisting: another image of $there is $ends, with $warnings warnings', async row => {
  const { there, onExisting, ends, warnings } = row
  const [before, digest] = [await bench.seed(TAG, { revision: there }), await seed()]
  const { error, outcomes, log } = await release({ 'on-existing': onExisting })
  expect(log.filter(line => line.startsWith('warning'))).toHaveLength(warnings)
  expect(bench.tags()[TAG]).toBe(ends === 'copied' ? digest : before)
  if (ends === 'already-published') expect(error).toEqual(failure(ends, before))
  else expect(outcomes).toEqual({ [TAG]: ends, [STABLE]: 'copied' })
})

test('if the stable tag can not be overwritten, the first one gets its image back', async () => {
  const before = await bench.seed(TAG, { revision: OTHER })
  bench.copy(TAG, STABLE)
  await seed()
  bench.registry.answer(`PUT ${STABLE}`, refused(412, 'PRECONDITION'))
  const { error, outcomes } = await release({ 'on-existing': 'overwrite' })
  expect(error).toEqual(failure('registry-refused', `so ${TAG} got its image, ${before}`))
  expect(outcomes).toEqual({ [TAG]: 'different', [STABLE]: 'planned' })
  expect(bench.tags()).toMatchObject({ [TAG]: before, [STABLE]: before })
})

test('of a commit that is not known, it is given by its digest', async () => {
  const digest = await seed()
  const byHand = { tag: undefined, sha: undefined }
  const { error } = await release({ tag: TAG }, `:${TESTED}`, byHand)
  expect(error).toEqual(failure('commit-unreadable', `:${TESTED}`))
  expect((await release({ tag: TAG }, `@${digest}`, byHand)).error).toBeUndefined()
})

test('one that is gone completes a version that is published, and begins none', async () => {
  const digest = await bench.seed(TAG, { revision: COMMIT })
  expect((await release()).outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'copied' })
  expect(bench.tags()).toEqual({ [TAG]: digest, [STABLE]: digest })
  expect((await release({ tag: '2.3.5' }, ':gone')).error).toEqual(failure('not-published', ':gone'))
  builtNothing()
})
