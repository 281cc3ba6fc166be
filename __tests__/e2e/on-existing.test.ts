import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTag } from '../../sandbox/storage.ts'
import { startGitHubApi } from '../gates/github-api.ts'
import { COMMIT, type StepResult } from './action.ts'
import { type Bench, startBench, withoutDocker } from './bench.ts'
import { type DockerSpy, spyOnDocker } from './docker-spy.ts'
import { expectFailure } from './expect-failure.ts'
import { imagesAt } from './image.ts'
import { requestsTo, writesTo } from './requests.ts'
import { KINDS, seed } from './seed.ts'

const OTHER = 'f'.repeat(40)
const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']

let bench: Bench
let spy: DockerSpy
let engineless: NodeJS.ProcessEnv
beforeAll(async () => {
  bench = await startBench()
  spy = await spyOnDocker(bench.env)
  engineless = await withoutDocker(bench.workspace)
})
afterAll(async () => {
  await rm(spy.folder, { recursive: true })
  await bench.stop()
})

/** What is under the two tags: images of these revisions, and the stable one another image than the first. */
interface Case {
  readonly first?: { readonly revision?: string }
  readonly stable?: { readonly revision?: string }
  readonly onExisting: 'same-revision' | 'overwrite'
  /** Copies the first to the stable tag; builds and publishes both; stops. All that may be there has its table with reconcile. */
  readonly end: 'copies' | 'builds' | 'refuses'
}

const cases: Case[] = [
  { first: { revision: COMMIT }, onExisting: 'same-revision', end: 'copies' },
  { first: { revision: OTHER }, onExisting: 'same-revision', end: 'refuses' },
  { first: { revision: OTHER }, onExisting: 'overwrite', end: 'builds' },
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
    const replaced = [before, stableBefore].filter(digest => digest !== undefined)
    const overwritten = replaced.map(digest => ({
      level: 'warning',
      message: expect.stringContaining(digest),
    }))
    const annotations = end === 'builds' ? overwritten : []
    expect(step, step.log).toMatchObject({ exitCode: 0, annotations, leftBehind: [] })
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
    for (const digest of replaced) for (const text of [step.log, step.summary]) expect(text).toContain(digest)
  },
)

test.each(KINDS)('the revision is found in: %s', async kind => {
  const service = `kind-${KINDS.indexOf(kind)}`
  const repository = `cmswmcore/${service}`
  const digest = await seed(bench.registry, repository, TAG, { kind, revision: COMMIT })
  const step = await bench.step({ tag: TAG, with: { service } })
  expect(step).toMatchObject({ exitCode: 0, annotations: [] })
  expect(await readTag(bench.registry.storage, repository, STABLE)).toBe(digest)
  // Not a single layer was asked for.
  const blobs = (await requestsTo(bench.registry, repository)).filter(
    ({ method, path }) => method === 'GET' && path.includes('/blobs/'),
  )
  expect(blobs).toHaveLength(1)
})

test('a run for a branch labels what it builds with the commit of the tag, so that the next run goes on', async () => {
  const api = await startGitHubApi()
  try {
    const { commit } = api.tag(TAG, { annotated: true })
    const inputs = { service: 'branch-built', tag: TAG, 'github-token': api.token }
    const order = { apiUrl: api.url, with: inputs }
    const first = await bench.step(order)
    expect(first, first.log).toMatchObject({ exitCode: 0, annotations: [] })
    const [image] = await imagesAt(bench.registry.storage, first.outputs.digest ?? '')
    expect(image?.labels['org.opencontainers.image.revision']).toBe(commit)
    const second = await bench.step(order)
    expect(second, second.log).toMatchObject({ exitCode: 0, annotations: [] })
    expect(second.outputs.digest).toBe(first.outputs.digest)
  } finally {
    await api.stop()
  }
})

test('a second identical run writes nothing, needs no docker, and says the same', async () => {
  const repository = 'cmswmcore/twice'
  const order = { tag: TAG, with: { service: 'twice' } }
  const first = await bench.step(order)
  expect(first, first.log).toMatchObject({ exitCode: 0, annotations: [] })
  const before = await writesTo(bench.registry, repository)

  const second = await bench.step({ ...order, env: engineless })

  expect(second, second.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
  expect(await writesTo(bench.registry, repository)).toEqual(before)
  const { json: _, 'record-path': __, ...outputs } = second.outputs
  expect(first.outputs).toMatchObject(outputs)
  expect(outcomesOf(second)).toEqual({ [TAG]: 'kept', [STABLE]: 'kept' })
})

/** What a step says that became of each tag. */
function outcomesOf(step: StepResult): Record<string, string> {
  const { tags } = JSON.parse(step.outputs.json ?? '').services[0]
  return Object.fromEntries(tags.map(({ tag, outcome }: Record<string, string>) => [tag, outcome]))
}
