import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { COMMIT } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { type DockerSpy, spyOnDocker } from './docker-spy.ts'
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

/** What is under the first tag before the run. */
const FIRST = {
  absent: undefined,
  'of this revision': { revision: COMMIT },
  'of another revision': { revision: OTHER },
  'without a revision': {},
} as const

/** What is under the stable tag before the run: nothing, what the first tag has, or another image. */
type Stable = 'absent' | 'equal' | 'different'

/** Builds and publishes both; copies the first to the stable tag; writes nothing; stops. */
type End = 'builds' | 'copies' | 'keeps' | 'refuses'

const cases: { first: keyof typeof FIRST; stable: Stable; ends: Record<string, End> }[] = [
  {
    first: 'absent',
    stable: 'absent',
    ends: { 'same-revision': 'builds', reuse: 'builds', fail: 'builds', overwrite: 'builds' },
  },
  {
    first: 'absent',
    stable: 'different',
    ends: { 'same-revision': 'refuses', reuse: 'refuses', fail: 'refuses', overwrite: 'builds' },
  },
  {
    first: 'of this revision',
    stable: 'absent',
    ends: { 'same-revision': 'copies', reuse: 'copies', fail: 'refuses', overwrite: 'builds' },
  },
  {
    first: 'of this revision',
    stable: 'equal',
    ends: { 'same-revision': 'keeps', reuse: 'keeps', fail: 'refuses', overwrite: 'builds' },
  },
  {
    first: 'of this revision',
    stable: 'different',
    ends: { 'same-revision': 'refuses', reuse: 'refuses', fail: 'refuses', overwrite: 'builds' },
  },
  {
    first: 'of another revision',
    stable: 'absent',
    ends: { 'same-revision': 'refuses', reuse: 'copies', fail: 'refuses', overwrite: 'builds' },
  },
  {
    first: 'of another revision',
    stable: 'equal',
    ends: { 'same-revision': 'refuses', reuse: 'keeps', fail: 'refuses', overwrite: 'builds' },
  },
  {
    first: 'of another revision',
    stable: 'different',
    ends: { 'same-revision': 'refuses', reuse: 'refuses', fail: 'refuses', overwrite: 'builds' },
  },
  {
    first: 'without a revision',
    stable: 'absent',
    ends: { 'same-revision': 'refuses', reuse: 'copies', fail: 'refuses', overwrite: 'builds' },
  },
  {
    first: 'without a revision',
    stable: 'equal',
    ends: { 'same-revision': 'refuses', reuse: 'keeps', fail: 'refuses', overwrite: 'builds' },
  },
]

const table = cases.flatMap(({ first, stable, ends }, row) =>
  Object.entries(ends).map(([onExisting, end]) => ({ first, stable, onExisting, end, row })),
)

test.each(table)(
  'the first tag $first, the stable tag $stable: $onExisting $end',
  async ({ first, stable, onExisting, end, row }) => {
    const { registry } = bench
    const service = `case-${row}-${onExisting}`
    const repository = `cmswmcore/${service}`
    const there = FIRST[first]
    const before = there === undefined ? undefined : await seed(registry, repository, TAG, there)
    const other =
      stable === 'different' ? await seed(registry, repository, STABLE, { revision: COMMIT }) : undefined
    if (stable === 'equal') await copy(repository)
    const stableBefore = stable === 'equal' ? before : other
    const [writesBefore, callsBefore] = [await writesTo(registry, repository), await spy.calls()]

    const step = await bench.step({ tag: TAG, env: spy.env, with: { service, 'on-existing': onExisting } })

    const writes = (await writesTo(registry, repository)).slice(writesBefore.length)
    const calls = (await spy.calls()).slice(callsBefore.length)
    const after = await readTag(registry.storage, repository, TAG)
    const stableAfter = await readTag(registry.storage, repository, STABLE)
    expect(step.leftBehind).toEqual([])
    if (end === 'refuses') {
      expect(step.exitCode).toBe(1)
      expect(step.annotations).toHaveLength(1)
      const [error] = step.annotations
      expect(error).toMatchObject({ level: 'error', title: 'The image tag is already there' })
      expect(error?.message).toContain(`In ${registry.host}/${repository},`)
      expect(error?.message).toContain('Nothing was built or written.')
      expect(error?.message).toMatch(/release a new version/)
      for (const digest of [before, stable === 'equal' ? undefined : other]) {
        if (digest !== undefined && !(onExisting !== 'reuse' && before !== undefined && digest === other))
          expect(error?.message).toContain(digest)
      }
      expect(step.outputs).toEqual({})
      expect({ writes, calls, after, stableAfter }).toEqual({
        writes: [],
        calls: [],
        after: before,
        stableAfter: stableBefore,
      })
      return
    }
    expect(step.annotations).toEqual([])
    expect(step.exitCode).toBe(0)
    expect(step.outputs.digest).toBe(after)
    expect(stableAfter).toBe(after)
    const replaced = onExisting === 'overwrite' ? [before, stableBefore] : [undefined, undefined]
    const said = JSON.parse(step.outputs.json ?? '').services[0].tags
    expect(said.map((tag: { replaced?: string }) => tag.replaced)).toEqual(replaced)
    expect(said.map((tag: { note?: string }) => tag.note)).toEqual(
      replaced.map(digest => (digest === undefined ? undefined : `replaces ${digest}`)),
    )
    for (const digest of replaced.filter(digest => digest !== undefined)) {
      for (const text of [step.log, step.summary]) expect(text).toContain(`, replaces ${digest}`)
    }
    if (end === 'builds') {
      expect(after).not.toBe(before)
      return
    }
    expect(after).toBe(before)
    expect(calls).toEqual([])
    expect(writes).toEqual(end === 'copies' ? [`PUT /v2/${repository}/manifests/${STABLE}`] : [])
  },
)

/** Puts the bytes of the first tag under the stable tag. */
const copy = async (repository: string): Promise<void> => {
  const base = `${bench.registry.url}/v2/${repository}/manifests`
  const types = 'application/vnd.oci.image.manifest.v1+json'
  const answer = await fetch(`${base}/${TAG}`, { headers: { Accept: types } })
  const put = await fetch(`${base}/${STABLE}`, {
    method: 'PUT',
    headers: { 'Content-Type': types },
    body: await answer.arrayBuffer(),
  })
  expect(put.status).toBe(201)
}

describe('the message of a refusal', () => {
  test('names what is there, what was wanted, and both revisions', async () => {
    const digest = await seed(bench.registry, 'cmswmcore/message', TAG, { revision: OTHER })
    const step = await bench.step({ tag: TAG, env: spy.env, with: { service: 'message' } })
    const [error] = step.annotations
    expect(error?.message).toContain(`${TAG} is there already, as ${digest}, built from revision ${OTHER}`)
    expect(error?.message).toContain(`this run is for revision ${COMMIT}`)
    expect(error?.message).toContain('on-existing: reuse')
    expect(error?.message).toContain('on-existing: overwrite')
  })

  test('says so when the revision of the tag can not be found out', async () => {
    await seed(bench.registry, 'cmswmcore/unknown', TAG, { revision: COMMIT })
    // The run is for a branch: its commit is not that of the tag, and nobody answers for GitHub.
    const step = await bench.step({ env: spy.env, with: { service: 'unknown', tag: TAG } })
    expect(step.exitCode).toBe(1)
    const errors = step.annotations.filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.message).toContain('; which commit this run would build is not known.')
  })
})

describe('a run for a branch, of a tag', () => {
  let api: GitHubApi
  beforeAll(async () => {
    api = await startGitHubApi()
  })
  afterAll(() => api?.stop())
  const order = (service: string) =>
    bench.step({
      apiUrl: api.url,
      env: spy.env,
      with: { service, tag: TAG, 'github-token': api.token },
    })

  test.each([{ annotated: false }, { annotated: true }])(
    'goes on with what was built from the commit of the tag, annotated: $annotated',
    async ({ annotated }) => {
      const { commit } = api.tag(TAG, { annotated })
      const repository = `cmswmcore/branch-${annotated}`
      const digest = await seed(bench.registry, repository, TAG, { revision: commit })
      const step = await order(`branch-${annotated}`)
      expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [] })
      expect(await readTag(bench.registry.storage, repository, STABLE)).toBe(digest)
    },
  )

  test('is an error if the repository has no such tag, before anything is built', async () => {
    const before = (await spy.calls()).length
    const step = await bench.step({
      apiUrl: api.url,
      env: spy.env,
      with: { service: 'branch-misspelt', tag: '2.3.44', 'github-token': api.token },
    })
    expect(step.exitCode).toBe(1)
    expect(step.annotations).toEqual([
      {
        level: 'error',
        title: 'An input is not valid',
        message: expect.stringMatching(
          /^dmwm\/WMCore does not have this git tag, or does not show it: .*tags%2F2\.3\.44/,
        ),
      },
    ])
    expect(await spy.calls()).toHaveLength(before)
    expect(await listTags(bench.registry.storage, 'cmswmcore/branch-misspelt')).toEqual([])
  })

  test('is released with a warning if GitHub does not tell the commit', async () => {
    const step = await bench.step({ env: spy.env, with: { service: 'branch-silent', tag: TAG } })
    expect(step, step.log).toMatchObject({
      exitCode: 0,
      annotations: [{ level: 'warning', title: 'The commit of the git tag is not known' }],
    })
  })

  test('is refused what was built from its own commit', async () => {
    const { commit } = api.tag(TAG)
    await seed(bench.registry, 'cmswmcore/branch-own', TAG, { revision: COMMIT })
    const step = await order('branch-own')
    expect(step.annotations).toHaveLength(1)
    expect(step.annotations[0]?.message).toContain(`this run is for revision ${commit}`)
  })

  test('labels what it builds with the commit of the tag, so that the next run goes on', async () => {
    const { commit } = api.tag(TAG)
    const first = await order('branch-built')
    expect(first, first.log).toMatchObject({ exitCode: 0, annotations: [] })
    const [image] = await imagesAt(bench.registry.storage, first.outputs.digest ?? '')
    expect(image?.labels['org.opencontainers.image.revision']).toBe(commit)
    const second = await order('branch-built')
    expect(second, second.log).toMatchObject({ exitCode: 0, annotations: [] })
    expect(second.outputs.digest).toBe(first.outputs.digest)
  })
})

test.each(KINDS)('the revision is found in: %s', async kind => {
  const service = `kind-${KINDS.indexOf(kind)}`
  const repository = `cmswmcore/${service}`
  const digest = await seed(bench.registry, repository, TAG, { kind, revision: COMMIT })
  const step = await bench.step({ tag: TAG, with: { service } })
  expect(step).toMatchObject({ exitCode: 0, annotations: [] })
  expect(await readTag(bench.registry.storage, repository, STABLE)).toBe(digest)

  await seed(bench.registry, repository, '2.3.5', { kind, revision: OTHER })
  const refused = await bench.step({ tag: '2.3.5', with: { service } })
  expect(refused.annotations[0]?.message).toContain(`built from revision ${OTHER}`)
  // Not a single layer was asked for.
  const blobs = (await requestsTo(bench.registry, repository)).filter(
    ({ method, path }) => method === 'GET' && path.includes('/blobs/'),
  )
  expect(blobs).toHaveLength(2)
})
