import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PREDICATE_TYPE } from '../../src/commands/record-content.ts'
import { digestOf } from '../../src/registry/client.ts'
import { SOURCE_LABEL } from '../../src/registry/labels.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { refused } from '../registry/model-registry.ts'
import { COMMIT, type CommandBench, type Ended, REPOSITORY, STABLE, startCommandBench, TAG } from './bench.ts'

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench({ referrers: true })
})
afterEach(() => bench?.stop())

const publish = (service = 'reqmgr2', tag: string = TAG, on = bench): Promise<string> => {
  const labels = { [SOURCE_LABEL]: 'https://github.com/dmwm/WMCore' }
  return on.seed(tag, { revision: COMMIT, labels, kind: 'OCI index' }, service)
}
const promote = (inputs = {}, context = {}) => bench.run({ command: 'promote', ...inputs }, context)
const by = (actor: string) => ({ recorded: { actor, run: undefined, environment: undefined } })

/** The records of the image that the first tag of a service has: manifests, and the statement in each. */
const records = (service = 'reqmgr2', tag: string = TAG) =>
  bench.registry
    .referrers(`cmswmcore/${service}`, bench.tags(service)[tag] ?? '')
    .map(({ manifest, layers }) => ({ manifest, statement: JSON.parse(String(layers[0])) }))
/** Of each, our own part. */
const recorded = (service?: string, tag?: string) =>
  records(service, tag).map(({ statement }) => statement.predicate.stableRelease)

const recordWarnings = ({ log }: Ended): string[] =>
  log.filter(line => line.startsWith('warning The decision is not recorded'))

describe('a promotion', () => {
  test('is recorded with the image, when everything else is done', async () => {
    const digest = await publish()
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
    await publish()
    await promote()
    const before = bench.events.length
    const { service } = await promote({}, by('todor'))
    expect(records()).toHaveLength(1)
    expect(bench.events.slice(before).filter(event => /^(?:PUT|POST|DELETE) /.test(event))).toEqual([])
    // What may be signed has only what this run knows: anybody who may push could have written what is stored.
    expect(service?.record).toMatchObject({ stableRelease: { actor: 'todor', written: false } })
  })

  test('with record: false asks for no place, and gives no predicate; a later run records what it finds', async () => {
    await publish()
    const { service } = await promote({ record: 'false' })
    expect(bench.events).not.toContain('GET referrers')
    expect(bench.events.filter(event => event.startsWith('POST'))).toHaveLength(1)
    expect(service?.record).toBeUndefined()
    expect(records()).toEqual([])
    expect((await promote()).error).toBeUndefined()
    expect(recorded()).toMatchObject([{ written: false }])
  })

  test('of several services, and of several stable tags, is recorded for each', async () => {
    const services = ['reqmgr2', 'reqmon']
    for (const service of services) await publish(service)
    const policy = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable stable'
    const ended = await promote({ service: services.join(), policy })
    for (const service of services) {
      const image = `${bench.registry.host}/cmswmcore/${service}`
      const destinations = records(service).map(({ statement }) => statement.predicate.dstRef)
      expect(destinations.toSorted()).toEqual([`${image}:${STABLE}`, `${image}:stable`])
    }
    expect(ended.services.every(({ record }) => record !== undefined)).toBe(true)
  })

  test('that writes a tag is recorded, whatever records there are: of another time, or of somebody else', async () => {
    await publish()
    await promote({}, by('alice'))
    bench.registry.deleteTag(REPOSITORY, STABLE)
    await promote({}, by('bob'))
    expect(recorded().map(({ actor }) => actor)).toEqual(['alice', 'bob'])
    expect((await bench.run({ command: 'verify' })).service?.records).toHaveLength(1)
  })

  test('is of the policy that is named by the digest of its rules', async () => {
    await publish()
    await promote({ policy: '# ours\nfinal:   X.Y.Z->X.Y.Z | X.Y.Z-stable' })
    const policyDigest = digestOf(Buffer.from('final: X.Y.Z -> X.Y.Z | X.Y.Z-stable\n'))
    expect(recorded()).toMatchObject([{ policyDigest }])
  })

  test('has no credential of the run in its record', async () => {
    await publish()
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

describe('required checks', () => {
  let api: GitHubApi
  beforeEach(async () => {
    api = await startGitHubApi()
    api.tag(TAG, { commit: COMMIT })
    const url = 'https://bob:pw@testbed.example/7?token=x#y'
    api.status(COMMIT, { context: 'testbed', state: 'success', url })
    await publish()
  })
  afterEach(() => api?.stop())
  const start = (inputs = {}) =>
    promote({ 'require-checks': 'testbed', 'github-token': api.token, ...inputs }, { apiUrl: api.url })
  const checks = [{ name: 'testbed', state: 'success', url: 'https://testbed.example/7' }]

  test('are in the record, with their state and address, without what may be a secret', async () => {
    expect((await start()).error).toBeUndefined()
    expect(recorded()).toMatchObject([{ checks }])
  })

  test('are asked for by a run that only adds the record; if they can not be, that is a warning', async () => {
    await start({ record: 'false' })
    api.refuse({ status: 404, message: 'Not Found' })
    const refusedOnes = await start()
    expect(refusedOnes.error).toBeUndefined()
    expect(recordWarnings(refusedOnes)).toHaveLength(1)
    expect(records()).toEqual([])
    await start()
    expect(recorded()).toMatchObject([{ written: false, checks }])
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
    const ended = await promote()
    expect(ended.error).toBeUndefined()
    expect(ended.outcomes).toEqual({ [TAG]: 'kept', [STABLE]: 'kept' })
    expect(recordWarnings(ended)).toEqual([expect.stringContaining(STABLE)])
    // What to do depends on what has failed.
    expect(recordWarnings(ended)[0]?.includes('rights of the account')).toBe(answer.status === 403)
    expect(records()).toEqual([])
    await promote()
    expect(records()).toHaveLength(1)
  })

  test('of one service keeps those of the others, and what may be signed', async () => {
    for (const service of ['reqmgr2', 'reqmon']) await publish(service)
    bench.registry.answer('GET referrers', refused(403, 'DENIED'), 1)
    const { error, services } = await promote({ service: 'reqmgr2, reqmon' })
    expect(error).toBeUndefined()
    expect(services.filter(({ record }) => record !== undefined)).toHaveLength(2)
    expect(['reqmgr2', 'reqmon'].flatMap(service => records(service))).toHaveLength(1)
  })

  test('as the registry takes it and does not list it is not said to be stored', async () => {
    await publish()
    await promote({ record: 'false' })
    bench.registry.answer('GET referrers', { status: 200, body: '{"manifests":[]}' })
    bench.registry.silentSubject(true)
    const ended = await promote()
    expect(ended.error).toBeUndefined()
    expect(recordWarnings(ended)).toHaveLength(1)
  })

  test('as there is no referrers API: nothing is stored, and there is a predicate', async () => {
    const plain = await startCommandBench()
    try {
      for (const service of ['reqmgr2', 'reqmon']) await publish(service, TAG, plain)
      const ended = await plain.run({ command: 'promote', service: 'reqmgr2, reqmon', record: 'true' })
      expect(ended.error).toBeUndefined()
      expect(recordWarnings(ended)).toEqual([])
      expect(ended.log.filter(line => line.includes('no referrers API'))).toHaveLength(1)
      // Those that try the right to write.
      expect(plain.events.filter(event => event.startsWith('POST'))).toHaveLength(2)
      expect(ended.service?.record).toMatchObject({ stableRelease: { written: true } })
    } finally {
      await plain.stop()
    }
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
  const both = { service: 'reqmgr2, reqmon' }

  beforeEach(async () => {
    for (const service of ['reqmgr2', 'reqmon']) await publish(service)
    await promote(both)
    bench.events.splice(0)
  })

  test('by verify, by a list, which is no pull', async () => {
    const { service } = await verify()
    expect(service?.records).toMatchObject([{ actor: 'amaltaro', environment: 'production', written: true }])
    expect(bench.events.filter(event => !event.startsWith('HEAD '))).toEqual(['GET referrers'])
  })

  test('by audit, each with its stable tag', async () => {
    expect(actors(await audit())).toEqual([['amaltaro']])
    expect(bench.events.filter(event => event.startsWith('GET '))).toEqual(['GET list', 'GET referrers'])
  })

  test.each([{ run: verify }, { run: audit }])('not with record: false', async ({ run }) => {
    expect((await run({ record: 'false' })).error).toBeUndefined()
    expect(bench.events).not.toContain('GET referrers')
  })

  test.each([refused(403, 'DENIED'), { status: 404 }])(
    'that can not be read are no error of verify, and said once: $status',
    async answer => {
      bench.registry.answer('GET referrers', answer)
      const { error, log, services } = await verify(both)
      expect(error).toBeUndefined()
      expect(services.flatMap(({ records = [] }) => records)).toEqual([])
      expect(log.filter(line => /records/i.test(line)).length).toBe(answer.status === 404 ? 1 : 2)
    },
  )

  test('that can not be read of one service are told, and those of the others are shown', async () => {
    bench.registry.answer('GET referrers', refused(403, 'DENIED'), 1)
    const ended = await audit(both)
    expect(ended.error).toBeUndefined()
    const problems = ended.audit?.services.map(({ recordsProblem }) => recordsProblem !== undefined)
    expect(problems?.toSorted()).toEqual([false, true])
    expect(actors(ended)?.flat().toSorted()).toEqual(['amaltaro', undefined])
  })

  test('of one service, though the registry has no place for those of another', async () => {
    bench.registry.answer('GET referrers', { status: 404 }, 1)
    const ended = await audit(both)
    expect(ended.audit?.records).toBe('read')
    expect(actors(ended)?.flat().toSorted()).toEqual(['amaltaro', undefined])
  })

  test('the registry is asked once for each service where it has no place for them', async () => {
    for (const version of ['2.3.5', '2.3.6']) {
      await publish('reqmgr2', version)
      bench.copy(version, `${version}-stable`)
    }
    bench.registry.answer('GET referrers', { status: 404 })
    const { error, audit: result } = await audit()
    expect(error).toBeUndefined()
    expect(result?.records).toBe('unsupported')
    expect(bench.events.filter(event => event === 'GET referrers')).toHaveLength(1)
  })

  test('of a stable tag that is in doubt: who wrote it is what the reader needs', async () => {
    bench.registry.deleteTag(REPOSITORY, TAG)
    const { error, audit: result } = await audit()
    expect(error).toMatchObject({ name: 'not-as-planned' })
    expect(result?.services[0]?.versions).toMatchObject([
      { findings: [{ kind: 'first-missing' }], inDoubt: [{ tag: STABLE, record: { actor: 'amaltaro' } }] },
    ])
  })
})
