import { beforeEach, describe, expect, test } from 'vitest'
import { SOURCE_LABEL } from '../../src/registry/labels.ts'
import { CACHE_CONFIG, KINDS, type Seed } from '../e2e/seed.ts'
import { refused } from '../registry/model-registry.ts'
import { benchOfEach, COMMIT, failure, gitHubOfEach, STABLE, TAG } from './bench.ts'

const bench = benchOfEach()

/** Publishes an image of the git tag's commit. */
const publish = (tag: string = TAG, image: Seed = {}) => bench.seed(tag, { revision: COMMIT, ...image })
const promote = (inputs = {}, context = {}) => bench.run({ command: 'promote', ...inputs }, context)

test.each(KINDS)('%s is promoted by its digest, once; docker is not asked', async kind => {
  const digest = await publish(TAG, { kind })
  expect(await promote()).toMatchObject({ error: undefined, outcomes: { [TAG]: 'kept', [STABLE]: 'copied' } })
  const before = bench.events.length
  const again = await promote({ digest })
  expect(again).toMatchObject({ error: undefined, outcomes: { [TAG]: 'kept', [STABLE]: 'kept' } })
  // A GET would count as a pull.
  expect(bench.events.slice(before).filter(event => !event.startsWith('HEAD'))).toEqual([])
  expect(bench.written()).toEqual([`PUT ${STABLE}`])
  expect(bench.tags()).toEqual({ [TAG]: digest, [STABLE]: digest })
})

test('of a commit that is not known, there is a warning, but not for what was given with its digest', async () => {
  const warnings = async (inputs = {}) => {
    const { error, log } = await promote({ tag: TAG, ...inputs }, { tag: undefined, sha: undefined })
    expect(error).toBeUndefined()
    return log.filter(line => line.startsWith('warning'))
  }
  const labels = { [SOURCE_LABEL]: 'https://github.com/dmwm/WMCore' }
  const digest = await publish(TAG, { labels })
  expect(await warnings({ digest })).toEqual([])
  bench.remove(STABLE)
  expect(await warnings()).toHaveLength(1)
})

describe('nothing is written', () => {
  const none = `sha256:${'0'.repeat(64)}`
  test.each([
    { why: 'the digest is another one', there: [TAG], digest: none, name: 'not-as-planned' },
    { why: 'the stable tag is another image', there: [TAG, STABLE], name: 'already-published' },
    { why: 'the stable tag alone is there', there: [STABLE], name: 'not-published' },
    { why: 'it is a cache', there: [TAG], config: CACHE_CONFIG, name: 'not-published' },
    { why: 'HEAD names an image that GET does not give', there: [TAG], says: none, name: 'not-as-planned' },
  ])('if $why', async ({ there, config, digest = '', says, name }) => {
    for (const tag of there) await publish(tag, config === undefined ? {} : { config })
    const headers = { 'docker-content-digest': says ?? '' }
    if (says !== undefined) bench.registry.answer(`HEAD ${TAG}`, { status: 200, headers })
    const before = bench.tags()
    expect((await promote({ digest })).error).toMatchObject({ name })
    expect(bench.written()).toEqual([])
    expect(bench.tags()).toEqual(before)
  })

  test.each([
    { status: 500, code: 'UNKNOWN', name: 'registry-unreadable', is: 'unclear' },
    { status: 403, code: 'DENIED', name: 'registry-denied', is: 'planned' },
    { status: 412, code: 'PROJECTPOLICYVIOLATION', name: 'registry-refused', is: 'planned' },
  ])('that is known of a tag whose PUT is answered by $status: it is $is', async row => {
    await publish()
    bench.registry.answer(`PUT ${STABLE}`, refused(row.status, row.code))
    const { error, outcomes } = await promote()
    expect(error).toMatchObject({ name: row.name })
    expect(outcomes).toEqual({ [TAG]: 'kept', [STABLE]: row.is })
    expect(Object.keys(bench.tags())).toEqual([TAG])
  })
})

describe('required checks', () => {
  const api = gitHubOfEach()
  beforeEach(async () => {
    api.tag(TAG, { commit: COMMIT })
    await publish()
  })
  const start = (inputs = {}) =>
    promote({ 'require-checks': 'testbed', 'github-token': api.token, ...inputs }, { apiUrl: api.url })

  test.each([
    { state: 'pending', remedy: 'when they have passed' },
    { state: 'failure', remedy: 'Find out what failed' },
    { state: undefined, remedy: 'names in require-checks' },
  ] as const)('one that is $state: it is not promoted, and what helps is said', async ({ state, remedy }) => {
    if (state !== undefined) api.status(COMMIT, { context: 'testbed', state })
    const { error, outcomes } = await start()
    expect(error).toEqual(failure('checks-not-passed', 'testbed'))
    expect(error).toMatchObject({ remedy: expect.stringContaining(remedy) })
    expect(bench.written()).toEqual([])
    expect(outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'planned' })
  })

  test('are not asked for when it is promoted already', async () => {
    bench.copy(TAG, STABLE)
    expect((await start()).error).toBeUndefined()
    expect(api.requests).toEqual([])
  })

  test('the first tag that another run overwrites meanwhile is not promoted', async () => {
    let theirs: Promise<string> | undefined
    bench.clock.onSleep = () => {
      theirs ??= publish().then(digest => {
        api.status(COMMIT, { context: 'testbed', state: 'success' })
        return digest
      })
    }
    const { error, outcomes } = await start({ 'checks-timeout': '1h' })
    expect(error).toEqual(failure('not-as-planned', await theirs))
    expect(outcomes).toEqual({ [TAG]: 'planned', [STABLE]: 'planned' })
    expect(bench.written()).toEqual([])
  })
})
