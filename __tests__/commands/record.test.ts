import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PREDICATE_TYPE } from '../../src/record/statement.ts'
import { digestOf } from '../../src/registry/client.ts'
import { recordsOf } from '../../src/report/audit-words.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { refused } from '../registry/model-registry.ts'
import { COMMIT, type CommandBench, REPOSITORY, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']
const SOURCE = 'https://github.com/dmwm/WMCore'

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench({ referrers: true })
})
afterEach(() => bench?.stop())

const publish = (service = 'reqmgr2', tag = TAG): Promise<string> =>
  bench.seed(
    tag,
    { revision: COMMIT, labels: { 'org.opencontainers.image.source': SOURCE }, kind: 'OCI index' },
    service,
  )

const promote = (inputs = {}, context = {}) => bench.run({ command: 'promote', ...inputs }, context)

/** The records of the image that the first tag has: manifests, and the statement in each. */
const records = (repository = REPOSITORY, tag = TAG) =>
  bench.registry
    .referrers(repository, bench.registry.tags(repository)[tag] ?? '')
    .map(({ manifest, layers }) => ({ manifest, statement: JSON.parse(String(layers[0])) }))

const WRITES = /^(?:PUT|POST|DELETE) /

describe('a promotion', () => {
  test('is recorded with the image, when everything else is done', async () => {
    const digest = await publish()
    const { error, result } = await promote()
    expect(error).toBeUndefined()
    const [record, ...others] = records()
    expect(others).toEqual([])
    const image = `${bench.registry.host}/${REPOSITORY}`
    const predicate = {
      srcRef: `${image}:${TAG}`,
      dstRef: `${image}:${STABLE}`,
      digest,
      timestamp: expect.stringMatching(/^20..-..-..T..:..:..Z$/),
      builderId: expect.stringMatching(/^https:\/\/github\.com\/dmwm\/stable-release-action@v[0-9]/),
      stableRelease: {
        gitTag: TAG,
        commit: COMMIT,
        rule: 'final',
        policyDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        command: 'promote',
        written: true,
        checks: [],
        actor: 'amaltaro',
        run: 'https://github.com/dmwm/WMCore/actions/runs/7',
        environment: 'production',
      },
    }
    expect(record?.statement).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: image, digest: { sha256: digest.slice('sha256:'.length) } }],
      predicateType: PREDICATE_TYPE,
      predicate,
    })
    expect(result?.record).toEqual(predicate)
    expect(record?.manifest).toMatchObject({
      artifactType: 'application/vnd.in-toto+json',
      subject: { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: expect.any(Number) },
      annotations: {
        'org.opencontainers.image.created': record?.statement.predicate.timestamp,
        'io.github.dmwm.stable-release.record.actor': 'amaltaro',
        'io.github.dmwm.stable-release.record.run': 'https://github.com/dmwm/WMCore/actions/runs/7',
      },
    })
    // The tags are read back before the registry is asked whether it has a place for the record.
    const asked = bench.events.indexOf('GET referrers')
    expect(asked).toBeGreaterThan(bench.events.lastIndexOf(`HEAD ${STABLE}`))
    expect(bench.events.lastIndexOf(`PUT ${STABLE}`)).toBeLessThan(asked)
  })

  test('has no tag of its own', async () => {
    await publish()
    await promote()
    expect(Object.keys(bench.tags()).toSorted()).toEqual([TAG, STABLE])
  })

  test('is recorded once, however often it is run', async () => {
    await publish()
    await promote()
    const before = bench.events.length
    const { result } = await promote(
      {},
      { recorded: { actor: 'todor', run: undefined, environment: undefined } },
    )
    expect(records()).toHaveLength(1)
    expect(bench.events.slice(before).filter(event => WRITES.test(event))).toEqual([])
    // What may be signed has only what this run knows: anybody who may push could have written what is stored.
    expect(result?.record).toMatchObject({ stableRelease: { actor: 'todor', written: false } })
  })

  test('that was not recorded is, by a run that finds the stable tag there, and says so', async () => {
    await publish()
    await promote({ record: 'false' })
    expect(records()).toEqual([])
    const { error } = await promote()
    expect(error).toBeUndefined()
    expect(records()).toMatchObject([{ statement: { predicate: { stableRelease: { written: false } } } }])
  })

  test('with record: false asks for no place, stores nothing, and gives no predicate', async () => {
    await publish()
    const { result } = await promote({ record: 'false' })
    expect(bench.events).not.toContain('GET referrers')
    expect(bench.events.filter(event => event.startsWith('POST'))).toHaveLength(1)
    expect(result?.record).toBeUndefined()
  })

  test('of several services is recorded with each', async () => {
    await publish('reqmgr2')
    await publish('reqmon')
    const { services } = await promote({ service: 'reqmgr2, reqmon' })
    for (const service of ['reqmgr2', 'reqmon']) {
      const [record] = records(`cmswmcore/${service}`)
      expect(record?.statement.predicate.dstRef).toContain(`/${service}:${STABLE}`)
    }
    expect(services?.every(({ record }) => record !== undefined)).toBe(true)
  })

  test('of several stable tags is recorded for each', async () => {
    await publish()
    await promote({ policy: 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable stable' })
    const tags = records().map(({ statement }) => statement.predicate.dstRef.split(':').at(-1))
    expect(tags.toSorted()).toEqual([STABLE, 'stable'])
  })
})

test('who writes a tag is recorded, whatever records there are: of another time, or of somebody else', async () => {
  const recorded = (actor: string) => ({ recorded: { actor, run: undefined, environment: undefined } })
  await publish()
  await promote({}, recorded('alice'))
  bench.registry.deleteTag(REPOSITORY, STABLE)
  await promote({}, recorded('bob'))
  const actors = records().map(({ statement }) => statement.predicate.stableRelease.actor)
  expect(actors).toEqual(['alice', 'bob'])
  // Its time is that of a second, in which both may have been.
  const { result } = await bench.run({ command: 'verify' })
  expect(result?.records).toHaveLength(1)
})

test('a registry that takes a record and does not list it: nothing is said to be stored', async () => {
  await publish()
  await promote({ record: 'false' })
  bench.registry.answer('GET referrers', { status: 200, body: '{"manifests":[]}' })
  bench.registry.silentSubject(true)
  const { error, log } = await promote()
  expect(error).toBeUndefined()
  expect(log.join('\n')).toContain('took the record of')
})

test('a release is recorded, one that gives no stable tag is not', async () => {
  const released = await bench.run({})
  expect(released.error).toBeUndefined()
  expect(records()).toMatchObject([
    { statement: { predicate: { stableRelease: { command: 'release', written: true } } } },
  ])
  const before = bench.events.length
  const candidate = await bench.run({ tag: '2.3.5rc1' })
  expect(candidate.error).toBeUndefined()
  expect(bench.events.slice(before)).not.toContain('GET referrers')
  const waiting = await bench.run({ tag: '2.3.6', stable: 'on-promotion' })
  expect(waiting.outcomes['2.3.6-stable']).toBe('withheld')
  expect(records(REPOSITORY, '2.3.6')).toEqual([])
})

test('the policy is named by the digest of its rules', async () => {
  await publish()
  await promote({ policy: '# ours\nfinal:   X.Y.Z->X.Y.Z | X.Y.Z-stable' })
  const [record] = records()
  expect(record?.statement.predicate.stableRelease.policyDigest).toBe(
    digestOf(Buffer.from('final: X.Y.Z -> X.Y.Z | X.Y.Z-stable\n')),
  )
})

describe('required checks', () => {
  let api: GitHubApi
  beforeEach(async () => {
    api = await startGitHubApi()
  })
  afterEach(() => api?.stop())
  const start = (inputs = {}) =>
    promote({ 'require-checks': 'testbed', 'github-token': api.token, ...inputs }, { apiUrl: api.url })
  const pass = () =>
    api.status(api.tag(TAG, { commit: COMMIT }).commit, {
      context: 'testbed',
      state: 'success',
      url: 'https://bob:pw@testbed.example/7?token=x#y',
    })
  const recorded = () => records().map(({ statement }) => statement.predicate.stableRelease.checks)

  test('are in the record, with their state and address, without what may be a secret', async () => {
    await publish()
    pass()
    expect((await start()).error).toBeUndefined()
    expect(recorded()).toEqual([[{ name: 'testbed', state: 'success', url: 'https://testbed.example/7' }]])
  })

  test('are asked for by a run that only adds the record', async () => {
    await publish()
    pass()
    await start({ record: 'false' })
    await start()
    expect(recorded()).toEqual([[{ name: 'testbed', state: 'success', url: 'https://testbed.example/7' }]])
  })

  test('that can not be asked for then leave the tags as they are: a warning', async () => {
    await publish()
    pass()
    await start({ record: 'false' })
    api.refuse({ status: 404, message: 'Not Found' })
    const { error, log } = await start()
    expect(error).toBeUndefined()
    expect(log.join('\n')).toContain('The decision is not recorded')
    expect(records()).toEqual([])
  })
})

describe('a record that can not be stored', () => {
  test.each([
    { request: 'GET referrers', answer: refused(403, 'DENIED') },
    { request: 'GET referrers', answer: { status: 200, body: 'x' } },
    { request: 'POST uploads/', answer: refused(403, 'DENIED') },
    { request: 'POST uploads/', answer: { status: 202 } },
    { request: 'POST uploads/', answer: { status: 202, headers: { location: 'http://[' } } },
  ])('is a warning, and all is published: $request, $answer.status', async ({ request, answer }) => {
    await publish()
    await promote({ record: 'false' })
    bench.registry.answer(request, answer, 1)
    const { error, log, outcomes } = await promote()
    expect(error).toBeUndefined()
    expect(outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'kept' })
    const said = log.join('\n')
    expect(said).toContain('The decision is not recorded')
    expect(said).toContain('The image tags are written and verified.')
    // What to do depends on what has failed.
    expect(said).toContain(
      answer.status === 403 ? 'the rights of the account there.' : "contact the registry's administrators.",
    )
    expect(records()).toEqual([])
    await promote()
    expect(records()).toHaveLength(1)
  })

  test('of one service keeps those of the others', async () => {
    for (const service of ['reqmgr2', 'reqmon']) await publish(service)
    bench.registry.answer('GET referrers', refused(403, 'DENIED'), 1)
    const { error, services } = await promote({ service: 'reqmgr2, reqmon' })
    expect(error).toBeUndefined()
    // What may be signed does not depend on the registry.
    expect(services?.filter(({ record }) => record !== undefined)).toHaveLength(2)
    const stored = ['reqmgr2', 'reqmon'].flatMap(service => records(`cmswmcore/${service}`))
    expect(stored).toHaveLength(1)
  })
})

test('where there is no referrers API, nothing is stored, the log says so once, and there is a predicate', async () => {
  const plain = await startCommandBench()
  try {
    for (const service of ['reqmgr2', 'reqmon']) {
      await plain.seed(
        TAG,
        { revision: COMMIT, labels: { 'org.opencontainers.image.source': SOURCE } },
        service,
      )
    }
    const { error, log, services } = await plain.run({
      command: 'promote',
      service: 'reqmgr2, reqmon',
      record: 'true',
    })
    expect(error).toBeUndefined()
    expect(log.filter(line => line.includes('no referrers API'))).toHaveLength(1)
    expect(plain.events.filter(event => event.startsWith('POST'))).toHaveLength(2)
    expect(services?.[0].record).toMatchObject({ stableRelease: { written: true } })
  } finally {
    await plain.stop()
  }
})

test('no credential of the run is in a record', async () => {
  await publish()
  await promote(
    { username: 'bob', password: 'very-secret-word' },
    {
      recorded: {
        actor: 'very-secret-word',
        run: 'https://bob:very-secret-word@ci.example/very-secret-word?x=very-secret-word',
        environment: Buffer.from('bob:very-secret-word').toString('base64'),
      },
    },
  )
  const [record] = records()
  expect(record?.statement.predicate.stableRelease).toMatchObject({
    actor: '***',
    run: 'https://ci.example/***',
    environment: expect.stringMatching(/^\*{3}=?$/),
  })
  expect(JSON.stringify(record)).not.toContain('very-secret-word')
})

describe('records are shown', () => {
  const verify = (inputs = {}) => bench.run({ command: 'verify', ...inputs })
  const audit = (inputs = {}) => bench.run({ command: 'audit', tag: '', ...inputs }, { tag: undefined })

  beforeEach(async () => {
    await publish()
    await promote()
    bench.events.splice(0)
  })

  test('by verify, by a list, which is no pull', async () => {
    const { result } = await verify()
    expect(result?.records).toMatchObject([{ actor: 'amaltaro', environment: 'production', written: true }])
    expect(bench.events.filter(event => !event.startsWith('HEAD '))).toEqual(['GET referrers'])
  })

  test('by audit, each with its stable tag', async () => {
    const { audit: result } = await audit()
    expect(result?.services[0].versions).toMatchObject([
      { gitTag: TAG, stableTags: [{ tag: STABLE, record: { actor: 'amaltaro' } }] },
    ])
    expect(bench.events.filter(event => event.startsWith('GET '))).toEqual(['GET list', 'GET referrers'])
  })

  test.each([{ run: verify }, { run: audit }])('not with record: false', async ({ run }) => {
    const { error } = await run({ record: 'false' })
    expect(error).toBeUndefined()
    expect(bench.events).not.toContain('GET referrers')
  })

  test('that can not be read are no error of verify', async () => {
    bench.registry.answer('GET referrers', refused(403, 'DENIED'))
    const { error, log } = await verify()
    expect(error).toBeUndefined()
    expect(log.filter(line => line.startsWith('Records are not shown: '))).toHaveLength(1)
  })

  test('that can not be read of one service are told, and those of the others are shown', async () => {
    await publish('reqmon')
    await promote({ service: 'reqmon' })
    bench.registry.answer('GET referrers', refused(403, 'DENIED'), 1)
    const { error, audit: result } = await audit({ service: 'reqmgr2, reqmon' })
    expect(error).toBeUndefined()
    expect(result?.services.map(({ recordsProblem }) => recordsProblem !== undefined)).toEqual([true, false])
    expect(result?.services[1]?.versions[0]?.stableTags[0]?.record).toMatchObject({ actor: 'amaltaro' })
  })

  test('the registry is asked once where it has no place for them', async () => {
    for (const version of ['2.3.5', '2.3.6']) {
      await publish('reqmgr2', version)
      bench.registry.copyTag(REPOSITORY, version, `${version}-stable`)
    }
    bench.registry.answer('GET referrers', { status: 404 })
    const { error, audit: result } = await audit()
    expect(error).toBeUndefined()
    expect(result?.records).toBe('unsupported')
    expect(bench.events.filter(event => event === 'GET referrers')).toHaveLength(1)
    const { log } = await verify()
    expect(log).toContain('No records are shown: the registry has no referrers API.')
  })

  test('of one service, though the registry has no place for those of another', async () => {
    await publish('reqmon')
    await promote({ service: 'reqmon' })
    bench.registry.answer('GET referrers', { status: 404 }, 1)
    const { error, audit: result } = await audit({ service: 'reqmgr2, reqmon' })
    expect(error).toBeUndefined()
    expect(result?.records).toBe('read')
    const told = result?.services.flatMap(({ versions }) =>
      versions.flatMap(({ stableTags }) => stableTags.flatMap(({ record }) => record?.actor ?? [])),
    )
    expect(told).toEqual(['amaltaro'])
  })

  test('of a stable tag that is in doubt: who wrote it is what the reader needs', async () => {
    bench.registry.deleteTag(REPOSITORY, TAG)
    const { error, audit: result } = await audit()
    expect(error).toMatchObject({ name: 'not-as-planned' })
    expect(result?.services[0].versions[0]?.findings).toMatchObject([{ kind: 'first-missing' }])
    if (result === undefined) throw new Error('there is no result')
    expect(recordsOf(result)).toEqual([expect.stringContaining(`${STABLE} since `)])
  })
})
