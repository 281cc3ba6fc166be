import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findingsIn } from '../../src/commands/audit-result.ts'
import { auditLines } from '../../src/report/audit-lines.ts'
import { refused } from '../registry/model-registry.ts'
import { type CommandBench, type Ended, startCommandBench } from './bench.ts'

const SERVICES = ['reqmgr2', 'reqmon']
const MOVING = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable'

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

const copy = (service: string, from: string, to: string): void =>
  bench.registry.copyTag(`cmswmcore/${service}`, from, to)

/** Publishes a version that is stable. */
const release = async (service: string, version: string): Promise<string> => {
  const digest = await bench.seed(version, {}, service)
  copy(service, version, `${version}-stable`)
  return digest
}

const audit = (inputs: Readonly<Record<string, string>> = {}, service = SERVICES.join(',')): Promise<Ended> =>
  bench.run({ command: 'audit', service, tag: '', ...inputs }, { tag: undefined })

/** Of each service, what every version is: `2.4.0 stable`. */
const statesOf = ({ audit }: Ended): readonly (readonly string[])[] =>
  (audit?.services ?? []).map(({ versions }) => versions.map(({ gitTag, state }) => `${gitTag} ${state}`))

const findings = ({ audit }: Ended): string[] =>
  audit === undefined ? [] : findingsIn(audit).map(({ service, finding }) => `${service} ${finding.kind}`)

test('all is as it should be: green, the newest version first, nothing but HEAD of images', async () => {
  for (const service of SERVICES) {
    for (const version of ['2.3.9', '2.3.10', '2.4.0']) await release(service, version)
    await bench.seed('2.4.0rc1', {}, service)
  }
  const before = bench.events.length
  const ended = await audit()
  expect(ended.error).toBeUndefined()
  const states = ['2.4.0 stable', '2.4.0rc1 published', '2.3.10 stable', '2.3.9 stable']
  expect(statesOf(ended)).toEqual([states, states])
  const asked = bench.events.slice(before)
  expect(asked.filter(event => event === 'GET list')).toHaveLength(2)
  expect(asked.filter(event => !event.startsWith('HEAD ') && event !== 'GET list')).toEqual([])
  // Every tag once, and every image once.
  expect(new Set(asked.filter(event => event.startsWith('HEAD sha256:'))).size).toBe(8)
  expect(asked.filter(event => event.startsWith('HEAD '))).toHaveLength(2 * (3 * 2 + 1 + 4))
})

test('the references and digests that are stable are told', async () => {
  const digest = await release('reqmgr2', '2.4.0')
  const { audit: result } = await audit({}, 'reqmgr2')
  expect(result?.services).toMatchObject([
    {
      service: 'reqmgr2',
      image: `${bench.registry.host}/cmswmcore/reqmgr2`,
      versions: [
        {
          gitTag: '2.4.0',
          rule: 'final',
          digest,
          stableTags: [{ reference: `${bench.registry.host}/cmswmcore/reqmgr2:2.4.0-stable` }],
        },
      ],
    },
  ])
})

test('what is wrong makes it red, and is told for each service', async () => {
  for (const service of SERVICES) await release(service, '2.4.0')
  bench.registry.deleteTag('cmswmcore/reqmon', '2.4.0-stable')
  await bench.seed('2.4.1', {}, 'reqmgr2')
  await bench.seed('2.4.1-stable', {}, 'reqmgr2')
  const ended = await audit()
  expect(ended.error).toMatchObject({
    name: 'not-as-planned',
    message: expect.stringContaining(
      'Of 2 services, 3 things are not as the policy has it (reqmgr2, reqmon).',
    ),
  })
  expect(findings(ended)).toEqual([
    'reqmgr2 stable-differs',
    'reqmon version-missing',
    'reqmon stable-missing',
  ])
  expect(bench.events.filter(event => /^(?:PUT|POST|DELETE) /.test(event))).toEqual([])
})

test('a stable tag may wait with stable: on-promotion', async () => {
  await bench.seed('2.4.0')
  const ended = await audit({ stable: 'on-promotion' }, 'reqmgr2')
  expect(ended.error).toBeUndefined()
  expect(statesOf(ended)).toEqual([['2.4.0 waiting']])
})

test('a candidate that only other services have is shown, and is not wrong', async () => {
  for (const service of SERVICES) await release(service, '2.4.0')
  await bench.seed('2.4.1rc1')
  const ended = await audit()
  expect(ended.error).toBeUndefined()
  expect(statesOf(ended)).toEqual([
    ['2.4.1rc1 published', '2.4.0 stable'],
    ['2.4.1rc1 absent', '2.4.0 stable'],
  ])
})

test('a stable tag alone is wrong where it is, and makes no version for the others', async () => {
  for (const service of SERVICES) await release(service, '2.4.0')
  await bench.seed('2.3.0-stable')
  const ended = await audit()
  expect(findings(ended)).toEqual(['reqmgr2 first-missing'])
  expect(statesOf(ended)[1]).toEqual(['2.4.0 stable', '2.3.0 absent'])
  expect((await audit({ from: '2.3.1' })).error).toBeUndefined()
})

test('from is the oldest version that is judged, also where it is not there', async () => {
  for (const version of ['2.3.9', '2.4.0rc1', '2.4.0', '2.4.1']) await bench.seed(version)
  for (const version of ['2.4.0', '2.4.1']) copy('reqmgr2', version, `${version}-stable`)
  const ended = await audit({ from: '2.4.0' }, 'reqmgr2')
  expect(ended.error).toBeUndefined()
  expect(statesOf(ended)).toEqual([['2.4.1 stable', '2.4.0 stable']])
  expect(ended.audit?.services[0].olderVersions).toBe(2)
  expect(statesOf(await audit({ from: '2.4.0.7' }, 'reqmgr2'))).toEqual([['2.4.1 stable']])
})

test('tags that no rule with numbers gives are counted, those of signatures are not', async () => {
  await release('reqmgr2', '2.4.0')
  for (const tag of ['dev', 'test-1', 'x', 'y', `sha256-${'a'.repeat(64)}.sig`, `sha256-${'b'.repeat(64)}`])
    copy('reqmgr2', '2.4.0', tag)
  const ended = await audit({}, 'reqmgr2')
  expect(ended.error).toBeUndefined()
  expect(ended.audit?.services[0]).toMatchObject({ otherTags: 4, otherTagsSuchAs: ['dev', 'test-1', 'x'] })
  expect(statesOf(ended)).toEqual([['2.4.0 stable']])
})

describe('moving tags', () => {
  beforeEach(async () => {
    for (const version of ['2.3.9', '2.4.0']) await release('reqmgr2', version)
    for (const tag of ['2.4', 'latest']) copy('reqmgr2', '2.4.0', tag)
    copy('reqmgr2', '2.3.9', '2.3')
  })

  test('are on the newest version', async () => {
    const ended = await audit({ policy: MOVING }, 'reqmgr2')
    expect(ended.error).toBeUndefined()
  })

  test('that are behind are found with the version that they belong to, once', async () => {
    copy('reqmgr2', '2.3.9', 'latest')
    const ended = await audit({ policy: MOVING }, 'reqmgr2')
    expect(findings(ended)).toEqual(['reqmgr2 moving-behind'])
    expect(statesOf(ended)).toEqual([['2.4.0 wrong', '2.3.9 stable']])
  })
})

test('a tag that leads nowhere is found', async () => {
  const digest = await release('reqmgr2', '2.4.0')
  bench.registry.answer(`HEAD ${digest}`, refused(404, 'MANIFEST_UNKNOWN'))
  expect(findings(await audit({}, 'reqmgr2'))).toEqual(['reqmgr2 image-lost', 'reqmgr2 image-lost'])
})

describe('a service that can not be read', () => {
  beforeEach(async () => {
    for (const service of SERVICES) await release(service, '2.4.0')
  })

  test('makes it red, and hides nothing of the others', async () => {
    bench.registry.answer('GET list', refused(403, 'DENIED'), 1)
    const ended = await audit()
    expect(ended.error).toMatchObject({ name: 'registry-denied' })
    expect(statesOf(ended).toSorted()).toEqual([[], ['2.4.0 stable']])
    expect(ended.audit?.services.filter(({ problem }) => problem !== undefined)).toHaveLength(1)
  })

  test('and another that is wrong: both are told', async () => {
    bench.registry.answer('HEAD 2.4.0', refused(500, 'UNKNOWN'), 1)
    for (const service of SERVICES) bench.registry.deleteTag(`cmswmcore/${service}`, '2.4.0-stable')
    const ended = await audit()
    expect(ended.error).toMatchObject({
      name: 'not-as-planned',
      message: expect.stringContaining('1 of 2 could not be read in full'),
    })
    expect(findings(ended)).toHaveLength(1)
  })

  test('all of them: the error says what keeps each from being read', async () => {
    bench.registry.answer('GET list', refused(403, 'DENIED'))
    const { error } = await audit()
    expect(error).toMatchObject({
      name: 'registry-denied',
      message: expect.stringMatching(/2 services could not be read:\n- .*reqmgr2.*\n- .*reqmon/),
    })
  })

  test('in a tag: the version can not be judged, and all others are', async () => {
    await release('reqmgr2', '2.4.1')
    await bench.seed('2.4.2', {}, 'reqmgr2')
    bench.registry.answer('HEAD 2.4.1', refused(412, 'DENIED'))
    const ended = await audit({}, 'reqmgr2')
    expect(statesOf(ended)).toEqual([['2.4.2 wrong', '2.4.1 unread', '2.4.0 stable']])
    expect(findings(ended)).toEqual(['reqmgr2 stable-missing'])
    expect(ended.audit?.services[0]?.versions[1]?.problem).toContain('2.4.1')
    expect(ended.error).toMatchObject({
      name: 'not-as-planned',
      what: expect.stringContaining('1 of 1 could not be read in full'),
      remedy: expect.stringContaining('For what could not be read: The image is there'),
    })
  })

  test('in a moving tag: only the version that it belongs to', async () => {
    for (const version of ['2.4.1', '2.4.2']) await release('reqmgr2', version)
    for (const tag of ['2.4', 'latest']) copy('reqmgr2', '2.4.2', tag)
    bench.registry.deleteTag('cmswmcore/reqmgr2', '2.4.1-stable')
    bench.registry.answer('HEAD latest', refused(403, 'DENIED'))
    const ended = await audit({ policy: MOVING }, 'reqmgr2')
    expect(statesOf(ended)).toEqual([['2.4.2 unread', '2.4.1 wrong', '2.4.0 stable']])
  })

  test('in many tags that are answered: each is asked for', async () => {
    const versions = Array.from({ length: 20 }, (_, index) => `2.5.${index}`)
    for (const version of versions) await release('reqmgr2', version)
    for (const version of versions.slice(0, 10)) bench.registry.answer(`HEAD ${version}`, { status: 200 })
    const states = statesOf(await audit({}, 'reqmgr2'))[0] ?? []
    expect(states.filter(state => state.endsWith('unread'))).toHaveLength(10)
    expect(states.filter(state => state.endsWith('stable'))).toHaveLength(11)
  })

  test('in an image: the same', async () => {
    const digest = await release('reqmgr2', '2.4.1')
    bench.registry.answer(`HEAD ${digest}`, refused(403, 'DENIED'))
    const ended = await audit({}, 'reqmgr2')
    expect(statesOf(ended)).toEqual([['2.4.1 unread', '2.4.0 stable']])
    expect(ended.error).toMatchObject({ name: 'registry-denied' })
  })

  test('in many tags is asked no more when three have no answer, and what is known is told', async () => {
    const versions = Array.from({ length: 40 }, (_, index) => `2.5.${index}`)
    for (const version of versions) await release('reqmgr2', version)
    for (const version of versions.slice(5))
      bench.registry.answer(`HEAD ${version}`, refused(503, 'UNAVAILABLE'))
    const before = bench.events.length
    let now = 0
    bench.clock.now = () => {
      now += 10_000
      return now
    }
    const ended = await audit({}, 'reqmgr2')
    const unread = statesOf(ended)[0]?.filter(state => state.endsWith('unread')) ?? []
    expect(unread.length).toBeGreaterThanOrEqual(10)
    // Some are asked for at the same time.
    const asked = new Set(bench.events.slice(before).filter(event => event.startsWith('HEAD 2.')))
    expect(asked.size).toBeLessThan(60)
    // Each is named by its own reason.
    const problems = ended.audit?.services[0].versions.flatMap(({ problem }) => problem ?? []) ?? []
    expect(problems.filter(problem => problem.startsWith('it was not asked for'))).not.toEqual([])
    expect(
      new Set(problems.filter(problem => !problem.startsWith('it was not asked for'))).size,
    ).toBeGreaterThanOrEqual(3)
  })

  test('and others: what each of them needs is told', async () => {
    bench.registry.answer('HEAD 2.4.0', refused(412, 'DENIED'), 1)
    bench.registry.answer('HEAD 2.4.0', refused(403, 'DENIED'), 1)
    expect((await audit()).error).toMatchObject({
      remedy: expect.stringMatching(
        /vulnerability policy.*rights of the account|rights of the account.*vulnerability policy/,
      ),
    })
  })

  test('is asked no more', async () => {
    bench.registry.answer('HEAD 2.4.0', refused(403, 'DENIED'))
    const before = bench.events.length
    await audit({}, 'reqmgr2')
    expect(bench.events.slice(before).filter(event => event.startsWith('HEAD sha256:'))).toEqual([])
  })
})

test('nothing from a version on is red: it may be misspelt', async () => {
  await release('reqmgr2', '2.4.0')
  const ended = await audit({ from: '24.0.0' }, 'reqmgr2')
  expect(ended.error).toMatchObject({
    name: 'not-as-planned',
    message: expect.stringMatching(
      /it has no version from 24\.0\.0 on; its newest is 2\.4\.0.*Check registry, project, service and from/,
    ),
  })
})

test('what few services have, or what was before a service, is shown, and is not wrong', async () => {
  for (const service of ['a', 'b', 'c']) await release(service, '2.4.0')
  await release('a', '2.4.0.1')
  for (const service of ['a', 'b']) await release(service, '2.3.0')
  const ended = await audit({}, 'a,b,c')
  expect(ended.error).toBeUndefined()
  expect(statesOf(ended)[2]).toEqual(['2.4.0.1 absent', '2.4.0 stable', '2.3.0 absent'])
  expect(findings(ended)).toEqual(['b version-missing', 'c version-missing', 'c version-missing'])
})

test('the same finding of different versions is told for each', async () => {
  const policy = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable stable'
  await bench.seed('2.4.5', {}, 'a')
  await bench.seed('2.4.6', {}, 'b')
  const { audit: result } = await audit({ policy, stable: 'on-promotion' }, 'a,b')
  if (result === undefined) throw new Error('there is no result')
  const lines = auditLines(result).join('\n')
  expect(lines).toContain('stable waits for the promotion of 2.4.5: a. Run promote for 2.4.5')
  expect(lines).toContain('stable waits for the promotion of 2.4.6: b. Run promote for 2.4.6')
})

describe('the newest version lacks a tag, and moving tags are on it', () => {
  const policy = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable stable'
  beforeEach(async () => {
    for (const version of ['2.4.4', '2.4.5']) await release('reqmgr2', version)
    for (const tag of ['2.4', 'latest', 'stable']) copy('reqmgr2', '2.4.5', tag)
  })

  test('the first: nothing else is found, and nobody is sent to move them back', async () => {
    bench.registry.deleteTag('cmswmcore/reqmgr2', '2.4.5')
    expect(findings(await audit({ policy }, 'reqmgr2'))).toEqual(['reqmgr2 first-missing'])
  })

  test('the stable one: that is what is missing', async () => {
    bench.registry.deleteTag('cmswmcore/reqmgr2', '2.4.5-stable')
    expect(findings(await audit({ policy }, 'reqmgr2'))).toEqual(['reqmgr2 stable-missing'])
  })

  test('the stable one, and it may wait: stable is ahead, and that is said before it is moved back', async () => {
    bench.registry.deleteTag('cmswmcore/reqmgr2', '2.4.5-stable')
    const { audit: result } = await audit({ policy, stable: 'on-promotion' }, 'reqmgr2')
    const [wrong] = (result === undefined ? [] : findingsIn(result)).filter(({ finding }) => finding.wrong)
    expect(wrong?.finding).toMatchObject({
      tag: 'stable',
      remedy: expect.stringMatching(/^Find out what is missing of 2\.4\.5/),
    })
  })
})

test('a service that is misspelt, or has nothing, hides nothing of the others', async () => {
  for (const service of SERVICES) await release(service, '2.4.0')
  await release('reqmgr2', '2.4.1')
  expect(findings(await audit())).toEqual(['reqmon version-missing'])
  expect(findings(await audit({}, 'reqmgr2,reqmon,typo,other'))).toEqual(['reqmon version-missing'])
})

test('services with version numbers of their own are not measured by each other', async () => {
  for (const version of ['1.0.0', '1.0.1']) await release('reqmgr2', version)
  for (const version of ['0.9.0', '2.4.0']) await release('reqmon', version)
  const ended = await audit()
  expect(ended.error).toBeUndefined()
  await release('reqmon', '1.0.0')
  expect((await audit()).error).toMatchObject({ name: 'not-as-planned' })
})

test('nor do they change by what the others are measured', async () => {
  for (const service of ['a', 'b', 'c']) await release(service, '2.4.0')
  for (const service of ['a', 'b']) await release(service, '2.4.1')
  for (const service of ['x', 'y', 'z']) await release(service, `0.5.${service.length}`)
  expect(findings(await audit({}, 'a,b,c'))).toEqual(['c version-missing'])
  const { audit: result, error } = await audit({}, 'a,b,c,x,y,z')
  expect(error).toMatchObject({ name: 'not-as-planned' })
  const wrong = result === undefined ? [] : findingsIn(result).filter(({ finding }) => finding.wrong)
  expect(wrong.map(({ service, finding }) => `${service} ${finding.tag}`)).toEqual(['c 2.4.1'])
})

test('a service that has no version from the oldest on is red beside others, too', async () => {
  for (const version of ['2.4.0', '2.4.1']) await release('reqmgr2', version)
  await release('reqmon', '2.3.0')
  const ended = await audit({ from: '2.4.0' })
  expect(ended.error).toMatchObject({
    what: expect.stringContaining(
      'reqmon can be judged: it has no version from 2.4.0 on; its newest is 2.3.0',
    ),
  })
  expect(statesOf(ended)).toEqual([['2.4.1 stable', '2.4.0 stable'], []])
})

test('a service that has nothing but other tags says so', async () => {
  await release('reqmgr2', '2.4.0')
  for (const tag of ['dev', 'test']) copy('reqmgr2', '2.4.0', tag)
  for (const tag of ['2.4.0', '2.4.0-stable']) bench.registry.deleteTag('cmswmcore/reqmgr2', tag)
  const { error } = await audit({}, 'reqmgr2')
  expect(error).toMatchObject({
    what: expect.stringContaining('it has 2 tags, and no version by the policy'),
  })
})

describe('what a stable tag is instead', () => {
  const first = async (): Promise<{ what: string; remedy: string; record?: unknown } | undefined> => {
    const { audit: result } = await audit({}, 'reqmgr2')
    return result === undefined ? undefined : findingsIn(result)[0]?.finding
  }

  test('the image of another version, which the remedy keeps', async () => {
    await release('reqmgr2', '2.4.0')
    await bench.seed('2.4.1', {}, 'reqmgr2')
    copy('reqmgr2', '2.4.0', '2.4.1-stable')
    expect(await first()).toMatchObject({
      what: '2.4.1-stable is another image than 2.4.1: that of 2.4.0',
      remedy: expect.stringContaining(
        'delete the tag 2.4.1-stable in the registry, and not its image, which is that of 2.4.0; then run promote for 2.4.1.',
      ),
    })
  })

  test('of no version', async () => {
    await bench.seed('2.4.1', {}, 'reqmgr2')
    await bench.seed('2.4.1-stable', {}, 'reqmgr2')
    expect(await first()).toMatchObject({ what: '2.4.1-stable is another image than 2.4.1' })
  })
})

test('a service without any version is red: it may be misspelt', async () => {
  await release('reqmgr2', '2.4.0')
  const ended = await audit({}, 'reqmgr2,reqmgr3')
  expect(ended.error).toMatchObject({
    name: 'not-as-planned',
    message: expect.stringMatching(
      /reqmgr3 can be judged: the registry has no such repository, or it is empty.*Check registry, project, service and from/,
    ),
  })
  expect(statesOf(ended)).toEqual([['2.4.0 stable'], []])
})
