import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL } from '../../src/registry/labels.ts'
import type { NextTry } from '../docker/recorded-docker.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { type ScriptedServer, startScriptedServer } from '../gates/index-server.ts'
import { refused } from '../registry/model-registry.ts'
import { COMMIT, CONTEXT_COMMIT, type CommandBench, REPOSITORY, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']
const OTHER = 'f'.repeat(40)

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

describe('the first release', () => {
  test.each([
    { tag: '2.3.4', written: ['build 2.3.4', 'PUT 2.3.4-stable'] },
    { tag: '2.3.4.1', written: ['build 2.3.4.1', 'PUT 2.3.4.1-stable'] },
    { tag: '2.3.4rc1', written: ['build 2.3.4rc1'] },
    {
      tag: '2.3.4',
      policy: 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable stable',
      written: ['build 2.3.4', 'PUT 2.3.4-stable', 'PUT 2.3', 'PUT stable'],
    },
  ])('of $tag writes $written, in this order', async ({ tag, written, policy = 'wmcore' }) => {
    const { error, result } = await bench.run({ command: 'release', policy, tag })
    expect(error).toBeUndefined()
    expect(bench.written()).toEqual(written)
    expect(new Set(Object.values(bench.tags()))).toEqual(new Set([result?.digest]))
    // Every tag that was written is read back afterwards.
    const afterwards = bench.events.slice(bench.events.lastIndexOf(written.at(-1) ?? '') + 1)
    for (const write of written) expect(afterwards).toContain(write.replace(/^\S+/, 'HEAD'))
  })

  test('nothing is copied before the first tag was read back by GET', async () => {
    await bench.run({ command: 'release' })
    const between = bench.events.slice(bench.events.indexOf(`build ${TAG}`))
    expect(between.indexOf(`GET ${TAG}`)).toBeGreaterThan(0)
    expect(between.indexOf(`GET ${TAG}`)).toBeLessThan(between.indexOf(`PUT ${STABLE}`))
  })
})

/** Builds and publishes both; copies the first to the stable tag; writes nothing; stops. */
const WRITTEN = {
  builds: [`build ${TAG}`, `PUT ${STABLE}`],
  copies: [`PUT ${STABLE}`],
  keeps: [],
  refuses: [],
} as const
type End = keyof typeof WRITTEN

const FIRST = {
  absent: undefined,
  'of this revision': { revision: COMMIT },
  'of another revision': { revision: OTHER },
  'without a revision': {},
} as const

/** The ends for on-existing: same-revision, reuse, fail and overwrite. */
const cases: { first: keyof typeof FIRST; stable: 'absent' | 'equal' | 'different'; ends: End[] }[] = [
  { first: 'absent', stable: 'absent', ends: ['builds', 'builds', 'builds', 'builds'] },
  { first: 'absent', stable: 'different', ends: ['refuses', 'refuses', 'refuses', 'builds'] },
  { first: 'of this revision', stable: 'absent', ends: ['copies', 'copies', 'refuses', 'builds'] },
  { first: 'of this revision', stable: 'equal', ends: ['keeps', 'keeps', 'refuses', 'builds'] },
  { first: 'of this revision', stable: 'different', ends: ['refuses', 'refuses', 'refuses', 'builds'] },
  { first: 'of another revision', stable: 'absent', ends: ['refuses', 'copies', 'refuses', 'builds'] },
  { first: 'of another revision', stable: 'equal', ends: ['refuses', 'keeps', 'refuses', 'builds'] },
  { first: 'of another revision', stable: 'different', ends: ['refuses', 'refuses', 'refuses', 'builds'] },
  { first: 'without a revision', stable: 'absent', ends: ['refuses', 'copies', 'refuses', 'builds'] },
  { first: 'without a revision', stable: 'equal', ends: ['refuses', 'keeps', 'refuses', 'builds'] },
]
const ON_EXISTING = ['same-revision', 'reuse', 'fail', 'overwrite']

test.each(
  cases.flatMap(({ ends, ...there }) =>
    ends.map((end, index) => ({ ...there, end, onExisting: ON_EXISTING[index] ?? '' })),
  ),
)(
  'the first tag $first, the stable tag $stable: $onExisting $end',
  async ({ first, stable, onExisting, end }) => {
    const image = FIRST[first]
    if (image !== undefined) await bench.seed(TAG, image)
    if (stable === 'different') await bench.seed(STABLE, { revision: COMMIT })
    if (stable === 'equal') bench.registry.copyTag(REPOSITORY, TAG, STABLE)
    const before = bench.tags()

    const { error, result } = await bench.run({ command: 'release', 'on-existing': onExisting })

    expect(bench.written()).toEqual(WRITTEN[end])
    const after = bench.tags()
    if (end === 'refuses') {
      expect(error).toMatchObject({
        name: 'already-published',
        message: expect.stringContaining('Nothing was built or written.'),
      })
      expect(after).toEqual(before)
      return
    }
    expect(error).toBeUndefined()
    expect(after[STABLE]).toBe(after[TAG])
    expect(result?.digest).toBe(after[TAG])
    if (end !== 'builds') expect(after[TAG]).toBe(before[TAG])
    // What was replaced is named.
    const replaced = result?.tags.flatMap(({ tag, replaced }) => (replaced === undefined ? [] : [tag]))
    expect(replaced).toEqual(end === 'builds' ? Object.keys(before) : [])
  },
)

describe('stable tags are withheld', () => {
  test('with stable: on-promotion, which the next steps name', async () => {
    const { outcomes, log, result } = await bench.run({ command: 'release', stable: 'on-promotion' })
    expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'withheld' })
    expect(bench.written()).toEqual([`build ${TAG}`])
    const image = `${bench.registry.host}/cmswmcore/reqmgr2`
    expect(log.filter(line => line.startsWith('warning'))).toEqual([
      `warning Stable tags are withheld: ${image}:${STABLE}: waits for its promotion. To write what is withheld, run it with command: promote, service: reqmgr2, tag: ${TAG}, registry: ${bench.registry.host}, project: cmswmcore, digest: ${result?.digest}, and the same policy and login, as promote_stable_images.yaml does.`,
    ])
  })

  test('not if they are there already', async () => {
    await bench.run({ command: 'release' })
    const { outcomes, log } = await bench.run({ command: 'release', stable: 'on-promotion' })
    expect(outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'kept' })
    expect(log.filter(line => line.startsWith('warning'))).toEqual([])
  })
})

describe('required checks', () => {
  let api: GitHubApi
  beforeEach(async () => {
    api = await startGitHubApi()
  })
  afterEach(() => api?.stop())
  const checks = { command: 'release', 'require-checks': 'integration' }
  const start = (inputs = {}) =>
    bench.run({ ...checks, 'github-token': api.token, ...inputs }, { apiUrl: api.url })

  test('that passed: the stable tag is written', async () => {
    api.status(api.tag(TAG, { commit: COMMIT }).commit, { context: 'integration', state: 'success' })
    const { outcomes, log } = await start()
    expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'copied' })
    expect(log).toContain('integration passed')
  })

  test.each([{ state: 'failure' }, { state: 'pending' }, { state: 'absent' }] as const)(
    'that are $state: the version is published, and the stable tag withheld',
    async ({ state }) => {
      const { commit } = api.tag(TAG, { commit: COMMIT })
      if (state !== 'absent') api.status(commit, { context: 'integration', state })
      const { outcomes, log, result } = await start()
      expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'withheld' })
      expect(result?.checks).toEqual(['integration'])
      expect(bench.written()).toEqual([`build ${TAG}`])
      expect(log.findLast(line => line.startsWith('warning'))).toMatch(
        /withheld.*integration.*require-checks/s,
      )
    },
  )

  test('that can not be read: nothing is built', async () => {
    api.tag(TAG)
    await api.stop()
    const { error } = await start()
    expect(error).toMatchObject({ name: 'github-unreadable' })
    expect(bench.written()).toEqual([])
    api = await startGitHubApi()
  })

  test('what another run writes while they are waited for is found, and not overwritten', async () => {
    const { commit } = api.tag(TAG, { commit: COMMIT })
    let theirs: Promise<string> | undefined
    bench.clock.onSleep = () => {
      theirs ??= bench.seed(STABLE, { revision: OTHER }).then(digest => {
        api.status(commit, { context: 'integration', state: 'success' })
        return digest
      })
    }
    const { error } = await start({ 'checks-timeout': '1h' })
    expect(error).toMatchObject({
      name: 'not-as-planned',
      message: expect.stringContaining(`so ${TAG} was given back to it`),
    })
    expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${TAG}`])
    expect(bench.tags()).toEqual({ [TAG]: await theirs, [STABLE]: await theirs })
  })
})

describe('two runs at once', () => {
  test('an image that was published under the stable tag during the build gets the first tag back', async () => {
    let theirs = ''
    bench.engine.tries.push({
      meanwhile: async () => {
        theirs = await bench.seed(STABLE, { revision: COMMIT })
      },
    })
    const { error } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({
      name: 'not-as-planned',
      message: expect.stringContaining(`so ${TAG} was given back to it`),
    })
    expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${TAG}`])
    expect(bench.tags()).toEqual({ [TAG]: theirs, [STABLE]: theirs })
  })

  test('the first tag is not what was pushed: nothing is copied', async () => {
    bench.engine.tries.push({ meanwhile: () => bench.seed(TAG, { revision: OTHER }) })
    const { error } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({ name: 'not-as-planned' })
    expect(bench.written()).toEqual([`build ${TAG}`])
  })
})

describe('what is known of the first tag when docker failed', () => {
  const noCache = (step: string): string => `------\n > ${step}:\n------\nERROR: failed to reserve cache`
  const silence = () => {
    for (const method of ['HEAD', 'GET']) bench.registry.answer(`${method} ${TAG}`, refused(503, 'UNKNOWN'))
  }
  test.each<{ what: string; next: NextTry; is: string }>([
    {
      what: 'a step of the build failed',
      next: { says: 'ERROR: process "/bin/false" did not complete' },
      is: 'planned',
    },
    { what: 'the push was denied', next: { says: 'ERROR: push access denied' }, is: 'planned' },
    {
      what: 'a push was denied after the tag was written',
      next: { says: 'ERROR: push access denied', arrives: true },
      is: 'pushed',
    },
    { what: 'docker was killed', next: { says: 'exporting', killedBy: 'SIGKILL' }, is: 'planned' },
    {
      what: 'docker was killed when it had pushed',
      next: { says: 'x', killedBy: 'SIGKILL', arrives: true },
      is: 'pushed',
    },
    { what: 'docker did not write down what it pushed', next: { describes: false }, is: 'pushed' },
    {
      what: 'the cache was not written',
      next: { says: noCache('exporting cache to registry'), arrives: true },
      is: 'pushed',
    },
    {
      what: 'the cache was not written, which ended the push',
      next: { says: noCache('exporting cache to registry') },
      is: 'planned',
    },
    {
      what: "GitHub's cache was not written",
      next: { says: noCache('exporting to GitHub Actions Cache'), arrives: true },
      is: 'pushed',
    },
    {
      what: 'the cache was not written, and the registry does not answer',
      next: { says: noCache('exporting cache to registry'), arrives: true, meanwhile: silence },
      is: 'unclear',
    },
    { what: 'docker pushed, and the registry does not answer', next: { meanwhile: silence }, is: 'unclear' },
  ])('$what: it is $is', async ({ next, is }) => {
    bench.engine.tries.push(next)
    const { error, known } = await bench.run({ command: 'release' })
    expect(error).toBeDefined()
    expect(known.map(({ outcome }) => outcome)).toEqual([is, 'planned'])
    expect(known[0]?.note).toBe(is === 'pushed' ? `is ${bench.tags()[TAG]}` : undefined)
    expect(bench.written()).toEqual([`build ${TAG}`])
  })

  test('of one that was to be overwritten, what it was is named', async () => {
    const before = await bench.seed(TAG, { revision: OTHER })
    const overwrite = () => bench.run({ command: 'release', 'on-existing': 'overwrite' })
    bench.engine.tries.push({ says: 'exporting', killedBy: 'SIGKILL' })
    expect((await overwrite()).known[0]).toMatchObject({ outcome: 'planned' })
    bench.engine.tries.push({ says: 'exporting', killedBy: 'SIGKILL', arrives: true })
    const [first] = (await overwrite()).known
    const now = bench.tags()[TAG]
    expect(first).toMatchObject({ outcome: 'pushed', replaced: before, note: `is ${now}, was ${before}` })
    bench.registry.answer(`PUT ${STABLE}`, refused(403, 'DENIED'), 1)
    expect((await overwrite()).known[0]).toMatchObject({ outcome: 'built', replaced: now })
  })

  test('a run that was killed is told from a build that failed, and may have published', async () => {
    bench.engine.tries.push({ says: 'exporting', killedBy: 'SIGKILL' })
    const { error } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({
      name: 'build-failed',
      message: expect.stringMatching(
        /was killed by SIGKILL while it built or pushed .* No other tag was written\./,
      ),
    })
  })
})

describe('a push that breaks', () => {
  const says = `ERROR: failed to push ${TAG}: unexpected EOF`

  test('is tried again', async () => {
    bench.engine.tries.push({ says }, { says })
    const { outcomes, log } = await bench.run({ command: 'release' })
    expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'copied' })
    expect(bench.written()).toEqual([`build ${TAG}`, `build ${TAG}`, `build ${TAG}`, `PUT ${STABLE}`])
    expect(log.filter(line => line.startsWith('attempt'))).toHaveLength(2)
    expect(bench.clock.slept).toHaveLength(2)
  })

  test('and arrived all the same is not tried again', async () => {
    bench.engine.tries.push({ says, arrives: true })
    const { error } = await bench.run({ command: 'release' })
    expect(error).toBeUndefined()
    expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${STABLE}`])
    expect(bench.tags()[STABLE]).toBe(bench.tags()[TAG])
  })

  test('again and again is given up, and nothing else is written', async () => {
    bench.engine.tries.push(...Array.from({ length: 9 }, () => ({ says })))
    const { error } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({ name: 'push-failed' })
    expect(bench.written()).toEqual(Array.from({ length: 4 }, () => `build ${TAG}`))
  })

  test('for a reason that nobody knows is tried again', async () => {
    bench.engine.tries.push({ says: 'ERROR: failed to push: unknown blob' })
    const { outcomes } = await bench.run({ command: 'release' })
    expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'copied' })
  })

  test('as its cache broke is tried again', async () => {
    bench.engine.tries.push({
      says: '------\n > exporting to GitHub Actions Cache:\n------\nERROR: dial tcp: i/o timeout',
    })
    const { outcomes } = await bench.run({ command: 'release' })
    expect(outcomes).toEqual({ [TAG]: 'built', [STABLE]: 'copied' })
  })

  test('for a reason that does not pass is not tried again', async () => {
    bench.engine.tries.push({ says: 'ERROR: failed to push: 403 Forbidden: denied' })
    const { error } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({ name: 'push-failed' })
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
    return bench.run({ command: 'release', package: 'reqmgr2', 'package-index': `${index.url}/simple` })
  }
  const missed = { says: `ERROR: No matching distribution found for reqmgr2==${TAG}` }

  test('that pip does not find, although the index has it: it is built again', async () => {
    bench.engine.tries.push(missed)
    const { error, log } = await start([listing])
    expect(error).toBeUndefined()
    expect(log).toContain(`pip did not find reqmgr2 ${TAG}, which the index has: building again in 10 s`)
    expect(bench.written()).toEqual([`build ${TAG}`, `build ${TAG}`, `PUT ${STABLE}`])
    expect(bench.clock.slept).toEqual([10_000])
  })

  test('that is another one: the build has failed', async () => {
    bench.engine.tries.push({ says: 'ERROR: No matching distribution found for other==1.0' })
    expect((await start([listing])).error).toMatchObject({ name: 'build-failed' })
    expect(bench.written()).toEqual([`build ${TAG}`])
  })

  test('that was waited for: what another run has published meanwhile is not built', async () => {
    await bench.seed('theirs', { revision: COMMIT })
    bench.clock.onSleep = () => bench.registry.copyTag(REPOSITORY, 'theirs', TAG)
    const { outcomes } = await start([{ status: 404 }, listing])
    expect(outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'copied' })
    expect(bench.written()).toEqual([`PUT ${STABLE}`])
  })

  test('that does not come: nothing is built', async () => {
    expect((await start([{ status: 404 }])).error).toMatchObject({ name: 'package-missing' })
    expect(bench.written()).toEqual([])
  })
})

describe("the Dockerfile's repository has moved", () => {
  const moved = (revision: string) => ({
    revision: COMMIT,
    labels: {
      [CONTEXT_SOURCE_LABEL]: 'https://github.com/dmwm/cmskubernetes',
      [CONTEXT_REVISION_LABEL]: revision,
    },
  })
  test.each([
    { to: 'another commit', revision: OTHER, notices: 1 },
    { to: 'no other commit', revision: CONTEXT_COMMIT, notices: 0 },
  ])('to $to: $notices notices, and nothing is built', async ({ revision, notices }) => {
    await bench.seed(TAG, moved(revision))
    const { log, outcomes } = await bench.run({ command: 'release' })
    expect(outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'copied' })
    const said = log.filter(line => line.startsWith("notice The Dockerfile's repository has moved"))
    expect(said).toHaveLength(notices)
    for (const line of said) {
      expect(line).toContain(`${TAG} was built from https://github.com/dmwm/cmskubernetes at ${OTHER}`)
      expect(line).toContain(`which is at ${CONTEXT_COMMIT} now`)
    }
  })
})

describe('a registry', () => {
  test('that forbids to write the stable tag is told of, with the code', async () => {
    bench.registry.answer(`PUT ${STABLE}`, refused(412, 'PRECONDITION'))
    const { error } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({
      name: 'registry-refused',
      message: expect.stringMatching(/412, PRECONDITION.*immutability/s),
    })
    expect(bench.written()).toEqual([`build ${TAG}`, `PUT ${STABLE}`])
    expect(Object.keys(bench.tags())).toEqual([TAG])
  })

  test.each([
    {
      what: 'forbids to read',
      requests: [`HEAD ${TAG}`, `GET ${TAG}`],
      answer: refused(403, 'DENIED'),
      name: 'registry-denied',
    },
    {
      what: 'fails',
      requests: [`HEAD ${TAG}`],
      answer: refused(500, 'UNKNOWN'),
      name: 'registry-unreadable',
    },
    {
      requests: [`HEAD ${TAG}`],
      what: 'names an image in its answer to HEAD that it does not have',
      answer: { status: 200, headers: { 'docker-content-digest': `sha256:${'5'.repeat(64)}` } },
      name: 'not-published',
    },
  ])('that $what: nothing is built or written', async ({ requests, answer, name }) => {
    for (const request of requests) bench.registry.answer(request, answer)
    const { error } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({ name })
    expect(bench.written()).toEqual([])
  })

  test('that names an image for both tags that it does not have: the run is red', async () => {
    const answer = { status: 200, headers: { 'docker-content-digest': `sha256:${'5'.repeat(64)}` } }
    for (const tag of [TAG, STABLE]) bench.registry.answer(`HEAD ${tag}`, answer)
    const { error } = await bench.run({ command: 'release', 'on-existing': 'reuse' })
    expect(error).toMatchObject({
      name: 'not-as-planned',
      message: expect.stringContaining('and does not have that image'),
    })
    expect(bench.written()).toEqual([])
  })

  test('that loses the stable tag after it was written: the run is red', async () => {
    bench.registry.answer(`HEAD ${STABLE}`, refused(404, ''), 9)
    const { error } = await bench.run({ command: 'release' })
    expect(error).toMatchObject({
      name: 'not-as-planned',
      message: expect.stringContaining(`${STABLE} is not there`),
    })
  })
})
