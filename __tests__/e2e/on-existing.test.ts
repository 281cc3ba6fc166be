import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { COMMIT } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { type DockerSpy, spyOnDocker } from './docker-spy.ts'
import { expectFailure } from './expect-failure.ts'
import { imagesAt } from './image.ts'
import { requestsTo, writesTo } from './requests.ts'
import { KINDS, seed } from './seed.ts'

const OTHER = 'f'.repeat(40)
const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']

let bench: Bench
let spy: DockerSpy
beforeAll(async () => {
  bench = await startBench()
  spy = await spyOnDocker(bench.env)
})
afterAll(async () => {
  await rm(spy.folder, { recursive: true })
  await bench.stop()
})

/** What is under the two tags: images of these revisions, and the stable one another image than the first. */
interface Case {
  readonly first?: { readonly revision?: string }
  readonly stable?: { readonly revision?: string }
  readonly onExisting: 'same-revision' | 'reuse' | 'fail' | 'overwrite'
  /** Copies the first to the stable tag; builds and publishes both; stops. */
  readonly end: 'copies' | 'builds' | 'refuses'
}

const cases: Case[] = [
  { onExisting: 'fail', end: 'builds' },
  { first: { revision: COMMIT }, onExisting: 'same-revision', end: 'copies' },
  { first: { revision: OTHER }, onExisting: 'same-revision', end: 'refuses' },
  { first: {}, onExisting: 'same-revision', end: 'refuses' },
  { first: {}, onExisting: 'reuse', end: 'copies' },
  { first: { revision: COMMIT }, onExisting: 'fail', end: 'refuses' },
  { first: { revision: OTHER }, onExisting: 'overwrite', end: 'builds' },
  { stable: { revision: COMMIT }, onExisting: 'reuse', end: 'refuses' },
  { first: { revision: COMMIT }, stable: { revision: COMMIT }, onExisting: 'same-revision', end: 'refuses' },
  { first: { revision: COMMIT }, stable: { revision: COMMIT }, onExisting: 'overwrite', end: 'builds' },
]

test.each(cases.map((row, number) => ({ ...row, number })))(
  'first $first, stable $stable, on-existing $onExisting: $end',
  async row => {
    const { first, stable, onExisting, end, number } = row
    const { registry } = bench
    const service = `case-${number}`
    const repository = `cmswmcore/${service}`
    const before = first && (await seed(registry, repository, TAG, first))
    const stableBefore = stable && (await seed(registry, repository, STABLE, stable))
    const [writesBefore, callsBefore] = [await writesTo(registry, repository), await spy.calls()]

    const step = await bench.step({ tag: TAG, env: spy.env, with: { service, 'on-existing': onExisting } })

    const writes = (await writesTo(registry, repository)).slice(writesBefore.length)
    const calls = (await spy.calls()).slice(callsBefore.length)
    const after = await readTag(registry.storage, repository, TAG)
    const stableAfter = await readTag(registry.storage, repository, STABLE)
    if (end === 'refuses') {
      const there = [before, stableBefore].filter(digest => digest !== undefined)
      expectFailure(step, 'already-published', [`${registry.host}/${repository}`, 'on-existing', ...there])
      expect({ writes, calls, after, stableAfter }).toEqual({
        writes: [],
        calls: [],
        after: before,
        stableAfter: stableBefore,
      })
      return
    }
    expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    expect([step.outputs.digest, stableAfter]).toEqual([after, after])
    if (end === 'copies') {
      expect(after).toBe(before)
      expect(calls).toEqual([])
      expect(writes).toEqual([`PUT /v2/${repository}/manifests/${STABLE}`])
      return
    }
    expect(after).not.toBe(before)
    // The digests that are no longer there are told.
    const { tags } = JSON.parse(step.outputs.json ?? '').services[0]
    expect(tags.map(({ replaced }: { replaced?: string }) => replaced)).toEqual([before, stableBefore])
    for (const digest of [before, stableBefore].filter(digest => digest !== undefined))
      for (const text of [step.log, step.summary]) expect(text).toContain(digest)
  },
)

test.each(KINDS)('the revision is found in: %s', async kind => {
  const service = `kind-${KINDS.indexOf(kind)}`
  const repository = `cmswmcore/${service}`
  const digest = await seed(bench.registry, repository, TAG, { kind, revision: COMMIT })
  const step = await bench.step({ tag: TAG, with: { service } })
  expect(step).toMatchObject({ exitCode: 0, annotations: [] })
  expect(await readTag(bench.registry.storage, repository, STABLE)).toBe(digest)

  const other = await seed(bench.registry, repository, '2.3.5', { kind, revision: OTHER })
  const refused = await bench.step({ tag: '2.3.5', with: { service } })
  expectFailure(refused, 'already-published', [other, OTHER, COMMIT, 'reuse', 'overwrite'])
  // Not a single layer was asked for.
  const blobs = (await requestsTo(bench.registry, repository)).filter(
    ({ method, path }) => method === 'GET' && path.includes('/blobs/'),
  )
  expect(blobs).toHaveLength(2)
})

describe('a run for a branch, of a tag', () => {
  let api: GitHubApi
  beforeAll(async () => {
    api = await startGitHubApi()
  })
  afterAll(() => api?.stop())
  const order = (service: string, tag = TAG) =>
    bench.step({ apiUrl: api.url, env: spy.env, with: { service, tag, 'github-token': api.token } })

  test('labels what it builds with the commit of the tag, so that the next run goes on', async () => {
    const { commit } = api.tag(TAG, { annotated: true })
    const first = await order('branch-built')
    expect(first, first.log).toMatchObject({ exitCode: 0, annotations: [] })
    const [image] = await imagesAt(bench.registry.storage, first.outputs.digest ?? '')
    expect(image?.labels['org.opencontainers.image.revision']).toBe(commit)
    const second = await order('branch-built')
    expect(second, second.log).toMatchObject({ exitCode: 0, annotations: [] })
    expect(second.outputs.digest).toBe(first.outputs.digest)
  })

  test('is refused what was built from its own commit', async () => {
    const { commit } = api.tag(TAG)
    await seed(bench.registry, 'cmswmcore/branch-own', TAG, { revision: COMMIT })
    expectFailure(await order('branch-own'), 'already-published', [COMMIT, commit])
  })

  test('is an error if the repository has no such tag, before anything is built', async () => {
    const before = (await spy.calls()).length
    const step = await order('branch-misspelt', '2.3.44')
    expectFailure(step, 'invalid-input', ['dmwm/WMCore', 'tags%2F2.3.44'])
    expect(await spy.calls()).toHaveLength(before)
    expect(await listTags(bench.registry.storage, 'cmswmcore/branch-misspelt')).toEqual([])
  })

  test('is released with a warning if GitHub does not tell the commit, but takes nothing that is there', async () => {
    const silent = () => bench.step({ env: spy.env, with: { service: 'branch-silent', tag: TAG } })
    const step = await silent()
    expect(step, step.log).toMatchObject({
      exitCode: 0,
      annotations: [{ level: 'warning', title: 'The commit of the git tag is not known' }],
    })
    expectFailure(await silent(), 'already-published', [step.outputs.digest ?? ''])
  })
})
