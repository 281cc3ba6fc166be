import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SOURCE_LABEL } from '../../src/registry/labels.ts'
import { CACHE_CONFIG, KINDS, type Seed } from '../e2e/seed.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { refused } from '../registry/model-registry.ts'
import { COMMIT, type CommandBench, STABLE, startCommandBench, TAG } from './bench.ts'

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

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

describe('the commit of the git tag is not known', () => {
  const warnings = async (inputs = {}) => {
    const { error, log } = await promote({ tag: TAG, ...inputs }, { tag: undefined, sha: undefined })
    expect(error).toBeUndefined()
    return log.filter(line => line.startsWith('warning'))
  }

  test('there is a warning', async () => {
    await publish(TAG, { labels: { [SOURCE_LABEL]: 'https://github.com/dmwm/WMCore' } })
    expect(await warnings()).toHaveLength(1)
  })

  test('not for what was given with its digest', async () => {
    expect(await warnings({ digest: await publish() })).toEqual([])
  })
})

describe('nothing is written', () => {
  const none = `sha256:${'0'.repeat(64)}`
  test.each([
    { why: 'it was never released', there: [], name: 'not-published' },
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
  let api: GitHubApi
  beforeEach(async () => {
    api = await startGitHubApi()
    api.tag(TAG, { commit: COMMIT })
    await publish()
  })
  afterEach(() => api?.stop())
  const start = (inputs = {}) =>
    promote({ 'require-checks': 'testbed', 'github-token': api.token, ...inputs }, { apiUrl: api.url })

  test('that passed: it is promoted', async () => {
    api.status(COMMIT, { context: 'testbed', state: 'success' })
    expect((await start()).outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'copied' })
  })

  test.each(['failure', 'pending'] as const)('that are at %s: it is not', async state => {
    api.status(COMMIT, { context: 'testbed', state })
    expect((await start()).error).toMatchObject({ name: 'checks-not-passed' })
    expect(bench.written()).toEqual([])
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
    expect(error).toMatchObject({
      name: 'not-as-planned',
      what: expect.stringContaining(String(await theirs)),
    })
    expect(outcomes).toEqual({ [TAG]: 'planned', [STABLE]: 'planned' })
    expect(bench.written()).toEqual([])
  })
})
