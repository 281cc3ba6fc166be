import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KINDS, type Seed } from '../e2e/seed.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { refused } from '../registry/model-registry.ts'
import { COMMIT, type CommandBench, REPOSITORY, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

/** Publishes an image of the git tag's commit. */
const publish = (tag: string, image: Seed = {}) => bench.seed(tag, { revision: COMMIT, ...image })

test.each(KINDS)('%s is promoted by its digest, once; docker is not asked', async kind => {
  const digest = await publish(TAG, { kind })
  const first = await bench.run({ command: 'promote' })
  expect(first).toMatchObject({ error: undefined, outcomes: { [TAG]: 'kept', [STABLE]: 'copied' } })
  const second = await bench.run({ command: 'promote', digest })
  expect(second).toMatchObject({ error: undefined, outcomes: { [TAG]: 'kept', [STABLE]: 'kept' } })
  expect(bench.written()).toEqual([`PUT ${STABLE}`])
  expect(bench.tags()).toEqual({ [TAG]: digest, [STABLE]: digest })
})

describe('the commit of the git tag is not known', () => {
  const unknown = { tag: undefined, sha: undefined }
  const warning = 'warning The images were not compared with the git tag'

  test('there is a warning', async () => {
    await publish(TAG, { labels: { 'org.opencontainers.image.source': 'https://github.com/dmwm/WMCore' } })
    const { error, log, outcomes } = await bench.run({ command: 'promote', tag: TAG }, unknown)
    expect({ error, outcomes }).toEqual({ error: undefined, outcomes: { [TAG]: 'kept', [STABLE]: 'copied' } })
    expect(log.filter(line => line.startsWith(warning))).toHaveLength(1)
  })

  test('not for what was given with its digest', async () => {
    const digest = await publish(TAG)
    const { error, log } = await bench.run({ command: 'promote', tag: TAG, digest }, unknown)
    expect(error).toBeUndefined()
    expect(log.join('\n')).not.toContain(warning)
    expect(log.join('\n')).toContain('The commit of the git tag is not known')
  })
})

test('a promotion that is done already reads no manifest: a GET would count as a pull', async () => {
  await publish(TAG)
  bench.registry.copyTag(REPOSITORY, TAG, STABLE)
  expect((await bench.run({ command: 'promote' })).error).toBeUndefined()
  expect(bench.events.filter(event => !event.startsWith('HEAD'))).toEqual([])
})

describe('nothing is written', () => {
  test.each([
    { why: 'it was never released', seeds: [], name: 'not-published', says: 'Release 2.3.4 first' },
    {
      why: 'the digest is another one',
      seeds: [TAG],
      inputs: { digest: `sha256:${'0'.repeat(64)}` },
      name: 'not-as-planned',
      says: 'and should be sha256:0000',
    },
    {
      why: 'the stable tag is another image',
      seeds: [TAG, STABLE],
      name: 'already-published',
      says: 'delete the wrong tag',
    },
    {
      why: 'the stable tag alone is there',
      seeds: [STABLE],
      name: 'not-published',
      says: 'Give 2.3.4 back to the image of 2.3.4-stable in the registry if that is the right one, or release a new version.',
    },
    {
      why: 'the policy has no stable tag for it',
      seeds: ['2.3.4rc1'],
      inputs: { tag: '2.3.4rc1' },
      name: 'nothing-to-promote',
      says: 'There is no tag to promote',
    },
  ])('if $why', async ({ seeds, inputs = {}, name, says }) => {
    for (const tag of seeds) await publish(tag)
    const before = bench.tags()
    const { error } = await bench.run({ command: 'promote', ...inputs })
    expect(error).toMatchObject({ name, message: expect.stringContaining(says) })
    expect(bench.written()).toEqual([])
    expect(bench.tags()).toEqual(before)
  })

  test('if HEAD names an image that GET does not give', async () => {
    await publish(TAG)
    const answer = { status: 200, headers: { 'docker-content-digest': `sha256:${'5'.repeat(64)}` } }
    bench.registry.answer(`HEAD ${TAG}`, answer)
    expect((await bench.run({ command: 'promote' })).error).toMatchObject({
      name: 'not-as-planned',
      message: expect.stringContaining(`is sha256:${'5'.repeat(64)}, and the image`),
    })
    expect(bench.written()).toEqual([])
  })

  test('if it is a cache', async () => {
    await publish(TAG, { config: 'application/vnd.buildkit.cacheconfig.v0' })
    expect((await bench.run({ command: 'promote' })).error).toMatchObject({
      name: 'not-published',
      message: expect.stringContaining('is not an image'),
    })
    expect(bench.written()).toEqual([])
  })

  test.each([
    { status: 500, code: 'UNKNOWN', is: 'unclear' },
    { status: 403, code: 'DENIED', is: 'planned' },
  ])('what a PUT that is answered by $status leaves is $is', async ({ status, code, is }) => {
    await publish(TAG)
    bench.registry.answer(`PUT ${STABLE}`, refused(status, code))
    const { known } = await bench.run({ command: 'promote' })
    expect(known.map(({ outcome }) => outcome)).toEqual(['kept', is])
  })

  test('if the registry forbids it', async () => {
    await publish(TAG)
    bench.registry.answer(`PUT ${STABLE}`, refused(412, 'PROJECTPOLICYVIOLATION'))
    expect((await bench.run({ command: 'promote' })).error).toMatchObject({
      name: 'registry-refused',
      message: expect.stringContaining('vulnerability policy'),
    })
    expect(Object.keys(bench.tags())).toEqual([TAG])
  })
})

describe('required checks', () => {
  let api: GitHubApi
  beforeEach(async () => {
    api = await startGitHubApi()
  })
  afterEach(() => api?.stop())
  const start = (inputs = {}) =>
    bench.run(
      { command: 'promote', 'require-checks': 'integration', 'github-token': api.token, ...inputs },
      { apiUrl: api.url },
    )

  test('that passed: it is promoted', async () => {
    await publish(TAG)
    api.status(api.tag(TAG, { commit: COMMIT }).commit, { context: 'integration', state: 'success' })
    expect((await start()).outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'copied' })
  })

  test.each(['failure', 'pending'] as const)('that are at %s: it is not', async state => {
    await publish(TAG)
    api.status(api.tag(TAG, { commit: COMMIT }).commit, { context: 'integration', state })
    expect((await start()).error).toMatchObject({ name: 'checks-not-passed' })
    expect(bench.written()).toEqual([])
  })

  test('are not asked for when it is promoted already', async () => {
    await publish(TAG)
    bench.registry.copyTag(REPOSITORY, TAG, STABLE)
    expect((await start()).error).toBeUndefined()
    expect(api.requests).toEqual([])
  })

  test('the first tag that another run overwrites meanwhile is not promoted', async () => {
    await publish(TAG)
    const { commit } = api.tag(TAG, { commit: COMMIT })
    let theirs: Promise<string> | undefined
    bench.clock.onSleep = () => {
      theirs ??= publish(TAG).then(digest => {
        api.status(commit, { context: 'integration', state: 'success' })
        return digest
      })
    }
    expect((await start({ 'checks-timeout': '1h' })).error).toMatchObject({
      name: 'not-as-planned',
      message: expect.stringContaining('while this run waited'),
    })
    expect(bench.written()).toEqual([])
    expect(bench.tags()).toEqual({ [TAG]: await theirs })
  })
})
