import { beforeEach, describe, expect, test } from 'vitest'
import { SOURCE_LABEL } from '../../src/registry/labels.ts'
import { PREDICATE_TYPE } from '../../src/registry/promotion-record.ts'
import { digestOf } from '../../src/registry/reference.ts'
import { refused } from '../registry/model-registry.ts'
import { benchOfEach, COMMIT, type Ended, gitHubOfEach, REPOSITORY, STABLE, TAG } from './bench.ts'

const bench = benchOfEach({ referrers: true })
const api = gitHubOfEach()

const SERVICES = ['reqmgr2', 'reqmon']
const both = { service: SERVICES.join() }
const LABELS = { [SOURCE_LABEL]: 'https://github.com/dmwm/WMCore' }
beforeEach(async () => {
  for (const service of SERVICES)
    await bench.seed(TAG, { revision: COMMIT, labels: LABELS, kind: 'OCI index' }, service)
})

const promote = (inputs = {}, context = {}) => bench.run({ command: 'promote', ...inputs }, context)
const by = (actor: string) => ({ recorded: { actor, run: undefined, environment: undefined } })

/** The records of the image that the first tag of a service has: manifests, and the statement in each. */
const records = (service = 'reqmgr2') =>
  bench.registry
    .referrers(`cmswmcore/${service}`, bench.tags(service)[TAG] ?? '')
    .map(({ manifest, layers }) => ({ manifest, statement: JSON.parse(String(layers[0])) }))
/** Of each, our own part. */
const recorded = () => records().map(({ statement }) => statement.predicate.stableRelease)

const recordWarnings = ({ log }: Ended): string[] =>
  log.filter(line => line.startsWith('warning The decision is not recorded'))

describe('a promotion', () => {
  test('is recorded with the image, when everything else is done', async () => {
    const digest = bench.tags()[TAG] ?? ''
    const { error, service } = await promote()
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
    expect(service?.record).toEqual(predicate)
    expect(record?.manifest).toMatchObject({
      artifactType: 'application/vnd.in-toto+json',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
      layers: [{ annotations: { 'in-toto.io/predicate-type': PREDICATE_TYPE } }],
      subject: { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: expect.any(Number) },
      annotations: {
        'org.opencontainers.image.created': record?.statement.predicate.timestamp,
        'io.github.dmwm.stable-release.record.actor': 'amaltaro',
      },
    })
    // The tags are read back before the registry is asked whether it has a place for the record, which gets no tag.
    const asked = bench.events.indexOf('GET referrers')
    expect(asked).toBeGreaterThan(bench.events.lastIndexOf(`HEAD ${STABLE}`))
    expect(bench.events.lastIndexOf(`PUT ${STABLE}`)).toBeLessThan(asked)
    expect(Object.keys(bench.tags()).toSorted()).toEqual([TAG, STABLE])
  })

  test('is recorded once, however often it is run', async () => {
    await promote()
    const before = bench.events.length
    const { service } = await promote({}, by('todor'))
    expect(records()).toHaveLength(1)
    expect(bench.events.slice(before).filter(event => /^(?:PUT|POST|DELETE) /.test(event))).toEqual([])
    // What may be signed has only what this run knows: anybody who may push could have written what is stored.
    expect(service?.record).toMatchObject({ stableRelease: { actor: 'todor', written: false } })
  })

  test('with record: false asks for no place, and gives no predicate; a later run records what it finds', async () => {
    const { service } = await promote({ record: 'false' })
    expect(bench.events).not.toContain('GET referrers')
    expect(bench.events.filter(event => event.startsWith('POST'))).toHaveLength(1)
    expect(service?.record).toBeUndefined()
    expect(records()).toEqual([])
    expect((await promote()).error).toBeUndefined()
    expect(recorded()).toMatchObject([{ written: false }])
  })

  test('of several services, and of several stable tags, is recorded for each', async () => {
    const policy = '# ours\nfinal:   X.Y.Z->X.Y.Z | X.Y.Z-stable stable'
    const ended = await promote({ ...both, policy })
    for (const service of SERVICES) {
      const image = `${bench.registry.host}/cmswmcore/${service}`
      const destinations = records(service).map(({ statement }) => statement.predicate.dstRef)
      expect(destinations.toSorted()).toEqual([`${image}:${STABLE}`, `${image}:stable`])
    }
    expect(ended.services.every(({ record }) => record !== undefined)).toBe(true)
    // The policy is named by its rules, however they are written.
    const policyDigest = digestOf(Buffer.from('final: X.Y.Z -> X.Y.Z | X.Y.Z-stable stable\n'))
    expect(recorded()).toMatchObject([{ policyDigest }, { policyDigest }])
  })

  test('that writes a tag is recorded, whatever records there are: of another time, or of somebody else', async () => {
    await promote({}, by('alice'))
    bench.remove(STABLE)
    await promote({}, by('bob'))
    expect(recorded().map(({ actor }) => actor)).toEqual(['alice', 'bob'])
    expect((await bench.run({ command: 'verify' })).service?.records).toHaveLength(1)
  })

  test('has no credential of the run in its record', async () => {
    const secret = 'very-secret-word'
    const environment = Buffer.from(`bob:${secret}`).toString('base64')
    const run = `https://bob:${secret}@ci.example/${secret}?x=${secret}`
    await promote({ username: 'bob', password: secret }, { recorded: { actor: secret, run, environment } })
    expect(recorded()).toMatchObject([
      { actor: '***', run: 'https://ci.example/***', environment: expect.stringMatching(/^\*{3}=?$/) },
    ])
    expect(JSON.stringify(records())).not.toContain(secret)
  })
})

test('a release is recorded, one that gives no stable tag is not', async () => {
  expect((await bench.run({})).error).toBeUndefined()
  expect(recorded()).toMatchObject([{ command: 'release', written: true }])
  const before = bench.events.length
  expect((await bench.run({ tag: '2.3.5rc1' })).error).toBeUndefined()
  const waiting = await bench.run({ tag: '2.3.6', stable: 'on-promotion' })
  expect(waiting.outcomes['2.3.6-stable']).toBe('withheld')
  expect(bench.events.slice(before)).not.toContain('GET referrers')
})

test('required checks are recorded, also by a run that adds the record later; if they can not be read, that is a warning', async () => {
  api.tag(TAG, { commit: COMMIT })
  const url = 'https://bob:pw@testbed.example/7?token=x#y'
  api.status(COMMIT, { context: 'testbed', state: 'success', url })
  const start = (inputs = {}) =>
    promote({ 'require-checks': 'testbed', 'github-token': api.token, ...inputs }, { apiUrl: api.url })
  await start({ record: 'false' })
  api.refuse({ status: 404, message: 'Not Found' })
  const refusedOnes = await start()
  expect(refusedOnes.error).toBeUndefined()
  expect(recordWarnings(refusedOnes)).toHaveLength(1)
  expect(records()).toEqual([])
  await start()
  bench.remove(STABLE)
  await start()
  // Their addresses are without what may be a secret.
  const checks = [{ name: 'testbed', state: 'success', url: 'https://testbed.example/7' }]
  expect(recorded()).toMatchObject([
    { written: false, checks },
    { written: true, checks },
  ])
})

describe('a record that can not be stored', () => {
  test.each([
    { request: 'GET referrers', answer: refused(403, 'DENIED') },
    { request: 'GET referrers', answer: { status: 200, body: 'x' } },
    { request: 'POST uploads/', answer: refused(403, 'DENIED') },
    { request: 'POST uploads/', answer: { status: 202 } },
  ])('is a warning, and all is published: $request, $answer.status', async ({ request, answer }) => {
    await promote({ record: 'false' })
    bench.registry.answer(request, answer, 1)
    const ended = await promote()
    expect(ended.error).toBeUndefined()
    expect(ended.outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'kept' })
    expect(recordWarnings(ended)).toEqual([expect.stringContaining(STABLE)])
    // What to do depends on what has failed.
    expect(recordWarnings(ended)[0]?.includes('account')).toBe(answer.status === 403)
    expect(records()).toEqual([])
    await promote()
    expect(records()).toHaveLength(1)
  })

  test('of one service keeps those of the others, and what may be signed', async () => {
    bench.registry.answer('GET referrers', refused(403, 'DENIED'), 1)
    const { error, services } = await promote(both)
    expect(error).toBeUndefined()
    expect(services.filter(({ record }) => record !== undefined)).toHaveLength(2)
    expect(SERVICES.flatMap(service => records(service))).toHaveLength(1)
  })

  test('of all services, for one cause: it is said once', async () => {
    bench.registry.answer('GET referrers', refused(403, 'DENIED'), 2)
    expect(String(recordWarnings(await promote(both))).split('DENIED')).toHaveLength(2)
  })

  test('as the registry takes it and does not list it', async () => {
    await promote({ record: 'false' })
    bench.registry.answer('GET referrers', { status: 200, body: '{"manifests":[]}' })
    bench.registry.silentSubject(true)
    expect(recordWarnings(await promote())).toHaveLength(1)
  })

  test('as there is no referrers API: nothing is stored, and there is a predicate', async () => {
    bench.registry.answer('GET referrers', { status: 404 })
    const ended = await promote(both)
    expect(recordWarnings(ended)).toEqual([])
    expect(ended.log.filter(line => line.includes('no referrers API'))).toHaveLength(1)
    // Those that try the right to write.
    expect(bench.events.filter(event => event.startsWith('POST'))).toHaveLength(2)
    expect(ended.services).toMatchObject(Array(2).fill({ record: { stableRelease: { written: true } } }))
  })
})

describe('records are shown', () => {
  const verify = (inputs = {}) => bench.run({ command: 'verify', ...inputs })
  const audit = (inputs = {}) => bench.run({ command: 'audit', tag: '', ...inputs }, { tag: undefined })
  /** Who is told to have made stable what. */
  const actors = ({ audit }: Ended) =>
    audit?.services.map(({ versions }) =>
      versions.flatMap(({ stableTags }) => stableTags.map(({ record }) => record?.actor)),
    )

  beforeEach(async () => {
    await promote(both)
    bench.events.splice(0)
  })

  test('by verify, and by audit with each stable tag, by a list, which is no pull', async () => {
    const shown = { actor: 'amaltaro', environment: 'production', written: true }
    expect((await verify()).service?.records).toMatchObject([shown])
    expect(actors(await audit())).toEqual([['amaltaro']])
    const asked = bench.events.filter(event => !event.startsWith('HEAD '))
    expect(asked).toEqual(['GET referrers', 'GET list', 'GET referrers'])
  })

  test('not with record: false', async () => {
    for (const run of [verify, audit]) expect((await run({ record: 'false' })).error).toBeUndefined()
    expect(bench.events).not.toContain('GET referrers')
  })

  test('that can not be read are no error of verify, and that there is no place for them is said once', async () => {
    for (const status of [403, 404]) {
      bench.registry.answer('GET referrers', { status }, 2)
      const { error, log, services } = await verify(both)
      expect(error).toBeUndefined()
      expect(services.flatMap(({ records = [] }) => records)).toEqual([])
      expect(log.filter(line => /records/i.test(line))).toHaveLength(status === 403 ? 2 : 1)
    }
  })

  test('of one service, though those of another can not be read, or have no place', async () => {
    for (const status of [403, 404]) {
      bench.registry.answer('GET referrers', { status }, 1)
      const ended = await audit(both)
      expect(ended.error).toBeUndefined()
      expect(ended.audit?.records).toBe('read')
      const problems = ended.audit?.services.filter(({ recordsProblem }) => recordsProblem !== undefined)
      expect(problems).toHaveLength(status === 403 ? 1 : 0)
      expect(actors(ended)?.flat().toSorted()).toEqual(['amaltaro', undefined])
    }
  })

  test('that have no place are not said to be read, though a service without stable tags was not asked', async () => {
    bench.remove(STABLE, 'reqmon')
    bench.registry.answer('GET referrers', { status: 404 })
    expect((await audit({ ...both, stable: 'on-promotion' })).audit?.records).toBe('unsupported')
  })

  test('the registry is asked once for each service where it has no place for them', async () => {
    await bench.seed('2.3.5')
    bench.copy('2.3.5', '2.3.5-stable')
    bench.registry.answer('GET referrers', { status: 404 })
    expect((await audit()).audit?.records).toBe('unsupported')
    expect(bench.events.filter(event => event === 'GET referrers')).toHaveLength(1)
  })

  test('of a stable tag that is in doubt: who wrote it is what the reader needs', async () => {
    bench.remove(TAG)
    const { error, audit: result } = await audit()
    expect(error).toMatchObject({ name: 'not-as-planned' })
    expect(result?.services[0]?.versions).toMatchObject([
      { findings: [{ kind: 'first-missing' }], inDoubt: [{ tag: STABLE, record: { actor: 'amaltaro' } }] },
    ])
  })
})
