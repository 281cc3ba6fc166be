import { beforeEach, describe, expect, test } from 'vitest'
import { findingsIn } from '../../src/commands/audit-result.ts'
import { temporaryFolder, write } from '../inputs/order.ts'
import { refused } from '../registry/model-registry.ts'
import { benchOfEach, type Ended, failure } from './bench.ts'

const SERVICES = ['reqmgr2', 'reqmon']
const MOVING = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable stable'

const bench = benchOfEach()

/** Publishes versions that are stable. */
const release = async (service: string, ...versions: readonly string[]): Promise<string[]> => {
  const digests: string[] = []
  for (const version of versions) {
    digests.push(await bench.seed(version, {}, service))
    bench.copy(version, `${version}-stable`, service)
  }
  return digests
}

const audit = (inputs = {}, service = 'reqmgr2'): Promise<Ended> =>
  bench.run({ command: 'audit', service, tag: '', ...inputs }, { tag: undefined })
const auditAll = (inputs = {}) => audit(inputs, SERVICES.join(','))

/** Of each service, what every version is: `2.4.0 stable`. */
const statesOf = ({ audit }: Ended): readonly (readonly string[])[] =>
  (audit?.services ?? []).map(({ versions }) => versions.map(({ gitTag, state }) => `${gitTag} ${state}`))
const findingsOf = ({ audit }: Ended) => (audit === undefined ? [] : findingsIn(audit))
const found = (ended: Ended): string[] =>
  findingsOf(ended).map(({ service, finding }) => `${service} ${finding.kind}`)

test('all is as it should be: green, the newest version first, nothing but HEAD of images', async () => {
  const digests: string[] = []
  for (const service of SERVICES) {
    await bench.seed('2.4.0rc1', {}, service)
    digests.push(...(await release(service, '2.3.9', '2.3.10', '2.4.0')))
  }
  for (const tag of ['dev', 'test-1', 'x', 'y', `sha256-${'a'.repeat(64)}.sig`, `sha256-${'b'.repeat(64)}`])
    bench.copy('2.4.0', tag)
  const ended = await auditAll()
  expect(ended.error).toBeUndefined()
  const states = ['2.4.0 stable', '2.4.0rc1 published', '2.3.10 stable', '2.3.9 stable']
  expect(statesOf(ended)).toEqual([states, states])
  const image = `${bench.registry.host}/cmswmcore/reqmgr2`
  const stableTags = [{ reference: `${image}:2.4.0-stable` }]
  const [service] = ended.audit?.services ?? []
  expect(service).toMatchObject({ image, otherTags: 4, otherTagsSuchAs: ['dev', 'test-1', 'x'] })
  expect(service?.versions[0]).toMatchObject({ rule: 'final', digest: digests[2], stableTags })
  const asked = bench.events.filter(event => event !== 'GET list')
  expect(bench.events).toHaveLength(asked.length + 2)
  expect(asked.filter(event => !event.startsWith('HEAD '))).toEqual([])
  // Every tag once, and every image once.
  expect(new Set(asked.filter(event => event.startsWith('HEAD sha256:'))).size).toBe(8)
  expect(asked).toHaveLength(2 * (3 * 2 + 1 + 4))
})

test('what is wrong makes it red, and is told for each service; nothing is written', async () => {
  for (const service of SERVICES) await release(service, '2.4.0')
  bench.remove('2.4.0-stable', 'reqmon')
  await bench.seed('2.4.1')
  await bench.seed('2.4.1-stable')
  const ended = await auditAll()
  for (const service of SERVICES) expect(ended.error).toEqual(failure('not-as-planned', service))
  expect(found(ended)).toEqual(['reqmgr2 stable-differs', 'reqmon stable-missing'])
  expect(bench.events.filter(event => /^(?:PUT|POST|DELETE) /.test(event))).toEqual([])
})

test('the error counts the services that are well, and names the first findings, each once', async () => {
  const services = [...SERVICES, 'wmagent']
  for (const service of services) await release(service, '2.4.0', '2.4.1', '2.4.2', '2.4.3')
  for (const version of ['2.4.0', '2.4.1', '2.4.2', '2.4.3'])
    for (const service of SERVICES) bench.remove(`${version}-stable`, service)
  const ended = await audit({}, services.join(','))
  const names = SERVICES.join(', ')
  const lines = ['2.4.3', '2.4.2', '2.4.1'].map(version => `- ${names}: ${version}-stable is not there.\n`)
  const what = `1 of 3 services are as the policy has it. Not as the policy has it:\n${lines.join('')}- 1 more finding.\n`
  expect(ended.error).toMatchObject({ what, remedy: 'Every finding is listed with its remedy.' })
})

test.each([
  { what: 'is missing with from', from: '2.3.0', has: '2.4.1', state: 'wrong' },
  { what: 'may have expired without it', from: '', has: '2.4.1', state: 'absent' },
  { what: 'is a candidate', from: '2.3.0', has: '2.4.1rc1', state: 'absent' },
  { what: 'is older than all of the service', from: '2.3.0', has: '2.3.9', state: 'absent' },
  { what: 'has but a stable tag', from: '2.3.0', has: '2.4.1-stable', state: 'absent' },
])('a version that another service has, and that $what, is $state', async ({ from, has, state }) => {
  for (const service of SERVICES) await release(service, '2.4.0')
  await bench.seed(has)
  const ended = await auditAll({ from })
  const version = `${has.replace('-stable', '')} ${state}`
  expect(statesOf(ended)[1]?.toSorted()).toEqual(['2.4.0 stable', version].toSorted())
  const missing = found(ended).filter(finding => finding === 'reqmon version-missing')
  expect(missing).toHaveLength(state === 'wrong' ? 1 : 0)
})

test('from is the oldest version that is judged, also where it is not there', async () => {
  for (const version of ['2.3.9', '2.4.0rc1']) await bench.seed(version)
  await release('reqmgr2', '2.4.0', '2.4.1')
  const ended = await audit({ from: '2.4.0' })
  expect(ended.error).toBeUndefined()
  expect(statesOf(ended)).toEqual([['2.4.1 stable', '2.4.0 stable']])
  expect(ended.audit?.services[0]?.olderVersions).toBe(2)
  expect(statesOf(await audit({ from: '2.4.0.7' }))).toEqual([['2.4.1 stable']])
})

describe('moving tags', () => {
  beforeEach(async () => {
    await release('reqmgr2', '2.3.9', '2.4.0')
    for (const tag of ['2.4', 'latest', 'stable']) bench.copy('2.4.0', tag)
    bench.copy('2.3.9', '2.3')
  })

  test('are on the newest version; one that is behind is found with the version that it belongs to', async () => {
    expect((await audit({ policy: MOVING })).error).toBeUndefined()
    bench.copy('2.3.9', 'latest')
    const ended = await audit({ policy: MOVING })
    expect(found(ended)).toEqual(['reqmgr2 moving-behind'])
    expect(statesOf(ended)).toEqual([['2.4.0 wrong', '2.3.9 stable']])
  })

  test('of a newest version without its first tag: nobody is sent to move them back', async () => {
    bench.remove('2.4.0')
    expect(found(await audit({ policy: MOVING }))).toEqual(['reqmgr2 first-missing'])
  })

  test('of one without its stable tag: that is what is missing, or waits, and stable is ahead', async () => {
    bench.remove('2.4.0-stable')
    expect(found(await audit({ policy: MOVING }))).toEqual(['reqmgr2 stable-missing'])
    const later = findingsOf(await audit({ policy: MOVING, stable: 'on-promotion' }))
    expect(later.map(({ finding }) => finding)).toMatchObject([
      { tag: '2.4.0-stable', wrong: false },
      { tag: 'stable', wrong: true, isAhead: true },
    ])
  })
})

describe('what is used', () => {
  const workspace = temporaryFolder()
  /** Audits both services, with what a cluster prints: of each image a tag, a digest or both. */
  const auditUsed = (images: readonly string[], inputs = {}): Promise<Ended> => {
    const lines = images.map(image => `  image: ${bench.registry.host}/cmswmcore/${image}\n`)
    write(workspace, { 'pods.yaml': lines.join('') })
    const given = { command: 'audit', service: SERVICES.join(','), tag: '', used: 'pods.yaml', ...inputs }
    return bench.run(given, { tag: undefined, workspace })
  }
  const usedOf = ({ audit }: Ended) => audit?.services.map(({ used }) => used)

  beforeEach(async () => {
    for (const service of SERVICES) await release(service, '2.3.9', '2.4.0')
  })

  test('is stable: green, marked with its version, by its digest too', async () => {
    const digest = bench.tags()['2.4.0']
    const ended = await auditUsed(['reqmgr2:2.4.0-stable', `reqmgr2@${digest}`, 'reqmon:2.4.0-stable'])
    expect([ended.error, findingsOf(ended)]).toEqual([undefined, []])
    const use = { tag: '2.4.0-stable', at: ['pods.yaml:1'], gitTags: ['2.4.0'] }
    expect(usedOf(ended)).toMatchObject([[use, { digest, gitTags: ['2.4.0'] }], [{ at: ['pods.yaml:3'] }]])
  })

  test('is not stable, or gone: red, and what may be right is named', async () => {
    const ended = await auditUsed(['reqmgr2:2.4.0', 'reqmon:2.2.0-stable', 'reqmon', 'reqmon:2.3.9-stable'])
    const red = ['reqmgr2 used-not-stable', 'reqmon used-gone']
    expect(found(ended)).toEqual([...red, 'reqmon used-without-tag', 'reqmon used-not-newest'])
    expect(ended.error).toEqual(failure('not-as-planned', '- reqmgr2: 2.4.0 is used, not 2.4.0-stable.\n'))
  })

  test('and older than from is judged, of the service that uses it alone', async () => {
    for (const service of SERVICES) bench.remove('2.3.9', service)
    await release('reqmgr2', '2.3.8')
    const ended = await auditUsed(['reqmon:2.3.9-stable'], { from: '2.4.0' })
    expect(statesOf(ended)).toEqual([
      ['2.4.0 stable', '2.3.9 absent'],
      ['2.4.0 stable', '2.3.9 wrong'],
    ])
    expect(found(ended)).toEqual(['reqmon first-missing', 'reqmon used-not-newest'])
    // One that only the other service has is no fault of this one.
    expect((await auditUsed(['reqmgr2:2.3.8-stable'], { from: '2.4.0' })).error).toBeUndefined()
  })

  test('and can not be read makes it red', async () => {
    bench.copy('2.4.0', 'dev')
    bench.registry.answer('HEAD dev', refused(403, 'DENIED'))
    const ended = await auditUsed(['reqmgr2:dev'])
    expect(ended.error).toMatchObject({ name: 'registry-denied' })
    expect(usedOf(ended)?.[0]).toMatchObject([{ tag: 'dev', problem: expect.stringContaining('403') }])
  })
})

test('a tag that leads nowhere is found', async () => {
  const [digest] = await release('reqmgr2', '2.4.0')
  bench.registry.answer(`HEAD ${digest}`, refused(404, 'MANIFEST_UNKNOWN'))
  expect(found(await audit())).toEqual(['reqmgr2 image-lost', 'reqmgr2 image-lost'])
})

test('what a stable tag is instead is told: the image of another version, or of none', async () => {
  await release('reqmgr2', '2.4.0')
  const wanted = await bench.seed('2.4.1')
  bench.copy('2.4.0', '2.4.1-stable')
  const theirs = expect.stringContaining('2.4.0')
  const finding = { digest: bench.tags()['2.4.0'], wanted, what: theirs, remedy: theirs }
  expect(findingsOf(await audit())[0]).toMatchObject({ finding })
  await bench.seed('2.4.1-stable')
  expect(findingsOf(await audit())[0]?.finding.what).not.toContain('2.4.0')
})

test('a promotion that has reached some services is named, and is no error; one that has not begun only waits', async () => {
  const train = { stable: 'on-promotion' }
  for (const service of SERVICES) await bench.seed('2.4.0', {}, service)
  const before = await auditAll(train)
  expect(found(before)).toEqual(['reqmgr2 stable-waiting', 'reqmon stable-waiting'])
  bench.copy('2.4.0', '2.4.0-stable')
  const ended = await auditAll(train)
  expect(ended.error).toBeUndefined()
  expect(found(ended)).toEqual(['reqmon promotion-incomplete'])
  expect(statesOf(ended)).toEqual([['2.4.0 stable'], ['2.4.0 waiting']])
  const warnings = [before, ended].map(({ log }) => log.filter(line => line.startsWith('warning ')))
  expect(warnings).toEqual([[], [expect.stringMatching(/reqmon: .*2\.4\.0.* 2\.4\.0-stable/)]])
})

test('a stray stable tag that has the image of another version: nobody is told to give it to its own version', async () => {
  await release('reqmgr2', '2.4.0')
  bench.copy('2.4.0', '2.4.1-stable')
  expect(findingsOf(await audit())).toMatchObject([
    {
      finding: {
        kind: 'first-missing',
        what: expect.stringMatching(/2\.4\.1 .*2\.4\.1-stable is the image of 2\.4\.0/),
        remedy: expect.stringMatching(/^Delete only the tag 2\.4\.1-stable .* release for 2\.4\.1\.$/),
      },
    },
  ])
})

describe('what can not be read', () => {
  beforeEach(async () => {
    for (const service of SERVICES) await release(service, '2.4.0')
  })

  test('of a service makes it red, and hides nothing of the others', async () => {
    bench.registry.answer('GET list', refused(403, 'DENIED'), 1)
    const ended = await auditAll()
    expect(ended.error).toMatchObject({ name: 'registry-denied' })
    expect(statesOf(ended).toSorted()).toEqual([[], ['2.4.0 stable']])
    expect(ended.audit?.services.filter(({ problem }) => problem !== undefined)).toHaveLength(1)
  })

  test('of all of them, for one cause: it is said once', async () => {
    bench.registry.answer('GET list', refused(403, 'DENIED'), 2)
    const { error } = await auditAll()
    expect(error).toEqual(failure('registry-denied', 'It is the same for all 2 services.'))
    expect(String(error).split('DENIED')).toHaveLength(2)
  })

  test('of some of them, for one cause: it is said once with their names', async () => {
    await release('wmagent', '2.4.0')
    bench.registry.answer('HEAD 2.4.0', refused(403, 'DENIED'), 2)
    const { error } = await audit({}, [...SERVICES, 'wmagent'].join(','))
    const what = expect.stringMatching(
      /^1 of 3 services are as .* are 2 of 3 services:\n- \w+, \w+: .*: status 403\.\n$/,
    )
    expect(error).toMatchObject({ name: 'registry-denied', what })
  })

  test('of one, and another that is wrong: both are told', async () => {
    bench.registry.answer('HEAD 2.4.0', refused(500, 'UNKNOWN'), 1)
    for (const service of SERVICES) bench.remove('2.4.0-stable', service)
    const ended = await auditAll()
    expect(ended.error).toEqual(failure('not-as-planned', '500'))
    expect(ended.error).toMatchObject({ remedy: expect.stringMatching(/finding.*\n[Rr]un it again/) })
    expect(found(ended)).toHaveLength(1)
    expect(statesOf(ended).flat().toSorted()).toEqual(['2.4.0 unread', '2.4.0 wrong'])
  })

  test('of a tag, or its image, is of that version: all others are judged', async () => {
    const [digest] = await release('reqmgr2', '2.4.1', '2.4.3')
    await bench.seed('2.4.2')
    bench.registry.answer(`HEAD ${digest}`, refused(403, 'DENIED'))
    bench.registry.answer('HEAD 2.4.3', refused(412, 'DENIED'))
    const ended = await audit()
    expect(statesOf(ended)).toEqual([['2.4.3 unread', '2.4.2 wrong', '2.4.1 unread', '2.4.0 stable']])
    expect(found(ended)).toEqual(['reqmgr2 stable-missing'])
    expect(ended.audit?.services[0]?.versions[0]?.problem).toContain('2.4.3')
    expect(ended.error).toMatchObject({ name: 'not-as-planned' })
  })

  test('of a moving tag is of the version that it belongs to', async () => {
    await release('reqmgr2', '2.4.1', '2.4.2')
    for (const tag of ['2.4', 'latest', 'stable']) bench.copy('2.4.2', tag)
    bench.remove('2.4.1-stable')
    bench.registry.answer('HEAD latest', refused(403, 'DENIED'))
    expect(statesOf(await audit({ policy: MOVING }))).toEqual([
      ['2.4.2 unread', '2.4.1 wrong', '2.4.0 stable'],
    ])
  })

  test.each([
    { why: 'each, if it is answered', status: 403, isAsked: true },
    { why: 'no more when three have no answer, and what is known is told', status: 503, isAsked: false },
  ])('of many tags is asked for: $why', async ({ status, isAsked }) => {
    const versions = Array.from({ length: 40 }, (_, index) => `2.5.${index}`)
    await release('reqmgr2', ...versions)
    for (const version of versions.slice(5)) bench.registry.answer(`HEAD ${version}`, refused(status, 'NO'))
    const ended = await audit()
    const problems = ended.audit?.services[0]?.versions.flatMap(({ problem }) => problem ?? []) ?? []
    const asked = new Set(bench.events.filter(event => event.startsWith('HEAD 2.')))
    // Some are asked for at the same time. Each that was asked for is named by its own reason.
    expect(asked.size === 82).toBe(isAsked)
    expect(new Set(problems).size).toBeGreaterThan(3)
    expect(new Set(problems).size === problems.length).toBe(isAsked)
    if (isAsked) expect(problems).toHaveLength(35)
  })
})

test.each([
  { what: 'there is none', service: 'typo', names: 'typo' },
  { what: 'it has other tags alone', service: 'other', names: '2 other tags' },
  { what: 'it has older versions alone', service: 'older', from: '2.4.0', names: '1 other tag' },
])('a service of which nothing can be judged is red: $what', async ({ service, names, ...inputs }) => {
  await release('reqmgr2', '2.4.0')
  await release('older', '2.3.0')
  for (const tag of ['dev', 'test']) await bench.seed(tag, {}, 'other')
  const ended = await audit(inputs, `reqmgr2,${service}`)
  for (const fact of [service, names]) expect(ended.error).toEqual(failure('not-as-planned', fact))
  expect(statesOf(ended)).toEqual([['2.4.0 stable'], []])
})
