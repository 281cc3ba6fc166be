import { afterEach, describe, expect, test } from 'vitest'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL } from '../../src/registry/labels.ts'
import { CACHE_CONFIG } from '../e2e/seed.ts'
import { type ScriptedServer, startScriptedServer } from '../gates/index-server.ts'
import { benchOfEach, COMMIT, CONTEXT_COMMIT, failure, gitHubOfEach, OTHER, STABLE, TAG } from './bench.ts'

const bench = benchOfEach()
const api = gitHubOfEach()

const release = (inputs = {}) => bench.run({ command: 'release', ...inputs })

test.each([
  { tag: '2.3.4', written: ['build 2.3.4', 'PUT 2.3.4-stable'] },
  { tag: '2.3.4.1', written: ['build 2.3.4.1', 'PUT 2.3.4.1-stable'] },
  { tag: '2.3.4rc1', written: ['build 2.3.4rc1'] },
  {
    tag: '2.3.4',
    policy: 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable stable',
    written: ['build 2.3.4', 'PUT 2.3.4-stable', 'PUT 2.3', 'PUT stable'],
  },
])('the first release of $tag writes $written, in this order', async ({ written, ...inputs }) => {
  const { error, service } = await release(inputs)
  expect(error).toBeUndefined()
  expect(bench.written()).toEqual(written)
  expect(new Set(Object.values(bench.tags()))).toEqual(new Set([service?.digest]))
  expect(service).toMatchObject({ commit: { sha: COMMIT }, dockerfile: { sha: CONTEXT_COMMIT } })
  // The first tag is read back by GET before it is copied, and every tag that was written afterwards.
  const [first = '', ...copies] = written
  const read = bench.events.indexOf(`GET ${inputs.tag}`, bench.events.indexOf(first))
  expect(read).toBeGreaterThan(0)
  for (const write of copies) expect(bench.events.indexOf(write)).toBeGreaterThan(read)
  const afterwards = bench.events.slice(bench.events.lastIndexOf(written.at(-1) ?? '') + 1)
  for (const write of written) expect(afterwards).toContain(write.replace(/^\S+/, 'HEAD'))
})

/** Builds and publishes both; copies the first to the stable tag; writes nothing; stops. */
const WRITTEN = {
  builds: [`build ${TAG}`, `PUT ${STABLE}`],
  copies: [`PUT ${STABLE}`],
  keeps: [],
  refuses: [],
} as const

// What is decided of every pair has its table with reconcile.
test.each([
  { first: COMMIT, stable: 'absent', onExisting: 'same-revision', end: 'copies' },
  { first: COMMIT, stable: 'equal', onExisting: 'same-revision', end: 'keeps' },
  { first: COMMIT, stable: 'different', onExisting: 'same-revision', end: 'refuses' },
  { first: OTHER, stable: 'absent', onExisting: 'same-revision', end: 'refuses' },
  { first: '', stable: 'absent', onExisting: 'same-revision', end: 'refuses' },
  { first: undefined, stable: 'different', onExisting: 'same-revision', end: 'refuses' },
  { first: OTHER, stable: 'absent', onExisting: 'reuse', end: 'copies' },
  { first: COMMIT, stable: 'absent', onExisting: 'fail', end: 'refuses' },
  { first: OTHER, stable: 'different', onExisting: 'overwrite', end: 'builds' },
] as const)('the first tag of $first, the stable tag $stable: $onExisting $end', async row => {
  const { first, stable, onExisting, end } = row
  if (first !== undefined) await bench.seed(TAG, { revision: first })
  if (stable === 'different') await bench.seed(STABLE, { revision: COMMIT })
  if (stable === 'equal') bench.copy(TAG, STABLE)
  const before = bench.tags()
  const { error, service, known } = await release({ 'on-existing': onExisting })
  expect(bench.written()).toEqual(WRITTEN[end])
  const after = bench.tags()
  if (end === 'refuses') {
    const there = first === undefined ? STABLE : TAG
    expect(error).toEqual(failure('already-published', before[there]))
    expect(after).toEqual(before)
    return
  }
  expect(error).toBeUndefined()
  expect(after[STABLE]).toBe(after[TAG])
  expect(service?.digest).toBe(after[TAG])
  if (end !== 'builds') expect(after[TAG]).toBe(before[TAG])
  const replaced = known.map(({ tag, replaced }) => [tag, replaced])
  expect(replaced).toEqual([TAG, STABLE].map(tag => [tag, end === 'builds' ? before[tag] : undefined]))
})

test('all that is against it is told at once', async () => {
  await bench.seed(TAG, { revision: COMMIT })
  const others = [await bench.seed(STABLE), await bench.seed('v2.3.4')]
  const { error } = await release({ policy: 'final: X.Y.Z -> X.Y.Z vX.Y.Z | X.Y.Z-stable' })
  for (const other of others) expect(error).toEqual(failure('already-published', other))
})

test('with stable: on-promotion stable tags wait, and nobody is told to promote one service alone', async () => {
  const { outcomes, log } = await release({ stable: 'on-promotion' })
  expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'withheld' })
  expect(bench.written()).toEqual([`build ${TAG}`])
  expect(log.filter(line => /^(?:warning|notice) /.test(line))).toEqual([
    expect.stringMatching(`^notice .*${STABLE}.*together`),
  ])
  expect(log.join('\n')).not.toContain('reqmgr2@')
})

const releaseChecked = () => {
  api.tag(TAG, { commit: COMMIT })
  const checks = { 'require-checks': 'testbed', 'checks-timeout': '1h', 'github-token': api.token }
  return bench.run({ command: 'release', ...checks }, { apiUrl: api.url })
}

test('required checks that can not be read: nothing is built', async () => {
  api.refuse({ status: 404, message: 'Not Found' })
  expect((await releaseChecked()).error).toMatchObject({ name: 'github-unreadable' })
  expect(bench.written()).toEqual([])
})

test('what another run writes while checks are waited for gets the first tag back', async () => {
  let theirs: Promise<string> | undefined
  bench.clock.onSleep = () => {
    theirs ??= bench.seed(STABLE, { revision: OTHER }).then(digest => {
      api.status(COMMIT, { context: 'testbed', state: 'success' })
      return digest
    })
  }
  const { error, outcomes } = await releaseChecked()
  expect(error).toEqual(failure('not-as-planned', await theirs))
  expect(outcomes).toEqual({ [TAG]: 'different', [STABLE]: 'planned' })
  expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${TAG}`])
  expect(bench.tags()).toEqual({ [TAG]: await theirs, [STABLE]: await theirs })
})

test('of a version whose two tags differ, an overwrite names both old images', async () => {
  const before = [await bench.seed(TAG), await bench.seed(STABLE)]
  const { error, log } = await release({ 'on-existing': 'overwrite' })
  expect(error).toBeUndefined()
  const warnings = log.filter(line => line.startsWith('warning A published version was overwritten'))
  expect(warnings).toEqual(before.map(digest => expect.stringContaining(digest)))
})

describe('two runs at once', () => {
  test('what was published under the stable tag during the build gets the first tag back', async () => {
    bench.engine.tries.push({ meanwhile: () => bench.seed(STABLE, { revision: COMMIT }) })
    const { error, outcomes } = await release()
    const theirs = bench.tags()[STABLE] ?? ''
    expect(error).toEqual(failure('not-as-planned', theirs))
    expect(outcomes).toEqual({ [TAG]: 'different', [STABLE]: 'planned' })
    expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${TAG}`])
    expect(bench.tags()).toEqual({ [TAG]: theirs, [STABLE]: theirs })
  })

  test('but not what is no image, nor is that made stable by on-existing: reuse', async () => {
    bench.engine.tries.push({ meanwhile: () => bench.seed(STABLE, { config: CACHE_CONFIG }) })
    expect((await release()).error).toMatchObject({ name: 'not-published' })
    await bench.seed('2.3.5', { config: CACHE_CONFIG })
    const reused = await release({ tag: '2.3.5', 'on-existing': 'reuse' })
    expect(reused.error).toMatchObject({ name: 'not-published' })
    expect(bench.written()).toEqual([`build ${TAG}`])
  })

  test('the first tag is not what was pushed: nothing is copied', async () => {
    bench.engine.tries.push({ meanwhile: () => bench.seed(TAG, { revision: OTHER }) })
    const { error, outcomes } = await release()
    expect(error).toEqual(failure('not-as-planned', bench.tags()[TAG]))
    expect(outcomes).toEqual({ [TAG]: 'pushed', [STABLE]: 'planned' })
    expect(bench.written()).toEqual([`build ${TAG}`])
  })
})

describe('a package', () => {
  const listing = {
    type: 'application/vnd.pypi.simple.v1+json',
    body: JSON.stringify({ files: [{ filename: `reqmgr2-${TAG}.tar.gz` }] }),
  }
  let index: ScriptedServer
  afterEach(() => index?.stop())
  const start = async (answers: Parameters<typeof startScriptedServer>[0]) => {
    index = await startScriptedServer(answers)
    return release({ package: 'reqmgr2', 'package-index': `${index.url}/simple` })
  }

  test('that pip does not find, although the index has it: it is built again', async () => {
    bench.engine.tries.push({ says: `ERROR: No matching distribution found for reqmgr2==${TAG}` })
    expect((await start([listing])).error).toBeUndefined()
    expect(bench.written()).toEqual([`build ${TAG}`, `build ${TAG}`, `PUT ${STABLE}`])
    expect(bench.clock.slept).toEqual([10_000])
  })

  test('that was waited for: what another run has published meanwhile is not built', async () => {
    await bench.seed('theirs', { revision: COMMIT })
    bench.clock.onSleep = () => bench.copy('theirs', TAG)
    expect((await start([{ status: 404 }, listing])).outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'copied' })
    expect(bench.written()).toEqual([`PUT ${STABLE}`])
  })

  test('that does not come: nothing is built', async () => {
    expect((await start([{ status: 404 }])).error).toMatchObject({ name: 'package-missing' })
    expect(bench.written()).toEqual([])
  })
})

test.each([
  { to: 'another commit', revision: OTHER, notices: 1 },
  { to: 'no other commit', revision: CONTEXT_COMMIT, notices: 0 },
])("the Dockerfile's repository has moved to $to: $notices notices, and nothing is built", async row => {
  const { revision, notices } = row
  const source = 'https://github.com/dmwm/cmskubernetes'
  const labels = { [CONTEXT_SOURCE_LABEL]: source, [CONTEXT_REVISION_LABEL]: revision }
  await bench.seed(TAG, { revision: COMMIT, labels })
  const { log, outcomes, service } = await release()
  expect(outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'copied' })
  const dockerfile = { sha: revision, url: `https://github.com/dmwm/cmskubernetes/commit/${revision}` }
  expect(service).toMatchObject({ commit: { sha: COMMIT }, dockerfile, platforms: [] })
  const notice = expect.stringMatching(`^notice .*${source}.*${OTHER}.*${CONTEXT_COMMIT}`)
  expect(log.filter(line => line.startsWith('notice'))).toEqual(Array(notices).fill(notice))
})
