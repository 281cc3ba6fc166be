import { describe, expect, test } from 'vitest'
import type { AuditedService, AuditedVersion, AuditResult } from '../../src/commands/audit-result.ts'
import { ReleaseError } from '../../src/errors.ts'
import type { Finding } from '../../src/reconcile/findings.ts'
import type { PromotionNote } from '../../src/record/promotion.ts'
import { outputsOf } from '../../src/report/outputs.ts'
import { summaryOf } from '../../src/report/summary.ts'
import { tableOf } from '../../src/report/table.ts'

const digest = `sha256:${'ab'.repeat(32)}` as const

const finding = (kind: Finding['kind'], tag: string, more: Partial<Finding> = {}): Finding => ({
  kind,
  tag,
  wrong: kind !== 'stable-waiting',
  what: `${tag} is what it is`,
  remedy: 'Mend it.',
  ...more,
})

const version = (
  gitTag: string,
  state: AuditedVersion['state'],
  more: Partial<AuditedVersion> = {},
): AuditedVersion => ({ gitTag, rule: 'final', state, digest, stableTags: [], findings: [], ...more })

const service = (
  name: string,
  versions: readonly AuditedVersion[],
  more: Partial<AuditedService> = {},
): AuditedService => ({
  service: name,
  image: `ghcr.io/dmwm/${name}`,
  otherTags: 0,
  otherTagsSuchAs: [],
  olderVersions: 0,
  versions,
  ...more,
})

const STABLE_TAG = {
  tag: '2.4.1-stable',
  reference: 'ghcr.io/dmwm/reqmgr2:2.4.1-stable',
  moving: false,
  record: {
    destination: 'ghcr.io/dmwm/reqmgr2:2.4.1-stable',
    time: '2026-11-24T17:02:11Z',
    written: true,
    checks: [],
    actor: 'amaltaro',
    run: undefined,
    environment: undefined,
  },
}

const result: AuditResult = {
  command: 'audit',
  from: '2.4.0',
  records: 'read',
  services: [
    service(
      'reqmgr2',
      [
        version('2.4.2', 'waiting', { findings: [finding('stable-waiting', '2.4.2-stable')] }),
        version('2.4.1', 'stable', { stableTags: [STABLE_TAG] }),
        version('2.4.0', 'wrong', { findings: [finding('stable-differs', '2.4.0-stable', { digest })] }),
      ],
      { otherTags: 2, otherTagsSuchAs: ['dev', 'x\u001b[31m'], olderVersions: 7 },
    ),
    service('reqmon', [
      version('2.4.2', 'absent'),
      version('2.4.1', 'published'),
      version('2.4.0', 'wrong', {
        findings: [finding('stable-differs', '2.4.0-stable', { digest }), finding('moving-behind', 'latest')],
      }),
    ]),
    service('wmagent', [], { problem: 'the registry is on fire' }),
  ],
}

test('one table, services by versions, and below it every finding with its remedy', () => {
  expect(tableOf(result).split('\n')).toEqual([
    '  version  reqmgr2                  reqmon                 wmagent',
    '  2.4.2    waiting                  -                      ✗ ?',
    '  2.4.1    stable since 2026-11-24  published              ✗ ?',
    '  2.4.0    ✗ stable differs         ✗ stable differs (+1)  ✗ ?',
    '',
    'Not judged:',
    '  ghcr.io/dmwm/wmagent: the registry is on fire.',
    '',
    'Not as the policy has it:',
    '  2.4.0-stable is what it is: reqmgr2 (sha256:abababababab…), reqmon (sha256:abababababab…). Mend it.',
    '  latest is what it is: reqmon. Mend it.',
    '',
    'By records, which are not signed:',
    '  2.4.1-stable since 2026-11-24 17:02, by amaltaro: reqmgr2',
    '',
    'Good to know:',
    '  2.4.2-stable is what it is: reqmgr2. Mend it.',
    '  Tags of no version, by the policy: reqmgr2 has 2 tags, such as dev, x\\u001b[31m.',
    '  Older than 2.4.0, and not judged: 7 of reqmgr2.',
  ])
})

describe('since when it is stable', () => {
  const tag = (name: string, record?: Partial<PromotionNote>, moving = false) => ({
    tag: name,
    moving,
    reference: `ghcr.io/dmwm/reqmgr2:${name}`,
    ...(record === undefined ? {} : { record: { ...STABLE_TAG.record, ...record } }),
  })
  test.each([
    { what: 'all its stable tags', tags: [tag('a', {})], cell: 'stable since 2026-11-24' },
    {
      what: 'the last of them',
      tags: [tag('a', { time: '2026-01-01T00:00:00Z' }), tag('b', { time: '2026-11-20T00:00:00Z' })],
      cell: 'stable since 2026-11-20',
    },
    { what: 'one that was found there', tags: [tag('a', {}), tag('b', { written: false })], cell: 'stable' },
    {
      what: 'fixed tags, though one that moves came later',
      tags: [tag('a', {}), tag('stable', { time: '2026-11-25T00:00:00Z' }, true)],
      cell: 'stable since 2026-11-24',
    },
    {
      what: 'fixed tags, though one that moves has no record',
      tags: [tag('a', {}), tag('b', undefined, true)],
      cell: 'stable since 2026-11-24',
    },
    {
      what: 'one that moves, where there is no other',
      tags: [tag('b', {}, true)],
      cell: 'stable since 2026-11-24',
    },
    { what: 'one without a record', tags: [tag('a', {}), tag('b')], cell: 'stable' },
  ])('$what', ({ tags, cell }) => {
    const one: AuditResult = {
      ...result,
      services: [service('reqmgr2', [version('2.4.1', 'stable', { stableTags: tags })])],
    }
    expect(tableOf(one).split('\n')[1]).toBe(`  2.4.1    ${cell}`)
  })
})

test('a version that could not be read, and its reason, among others', () => {
  const unread = (gitTag: string) => version(gitTag, 'unread', { problem: `${gitTag} is on fire` })
  const one: AuditResult = {
    ...result,
    records: 'unsupported',
    services: [
      service('reqmgr2', [unread('2.4.2'), version('2.4.1', 'published'), unread('2.4.0')], {
        recordsProblem: 'The registry did not answer.',
      }),
      service('reqmon', [
        version('2.4.2', 'absent', { findings: [finding('version-missing', '2.4.2', { wrong: false })] }),
        version('2.4.1', 'absent', { findings: [finding('version-missing', '2.4.1', { wrong: false })] }),
        version('2.4.0', 'wrong', {
          findings: [finding('stable-differs', '2.4.0-stable')],
          inDoubt: [
            {
              tag: '2.4.0-stable',
              reference: 'ghcr.io/dmwm/reqmon:2.4.0-stable',
              moving: false,
              record: {
                ...STABLE_TAG.record,
                destination: 'ghcr.io/dmwm/reqmon:2.4.0-stable',
                written: false,
              },
            },
          ],
        }),
      ]),
    ],
  }
  expect(tableOf(one).split('\n')).toEqual([
    '  version  reqmgr2    reqmon',
    '  2.4.2    ✗ ?        -',
    '  2.4.1    published  -',
    '  2.4.0    ✗ ?        ✗ stable differs',
    '',
    'Not judged:',
    '  ghcr.io/dmwm/reqmgr2 2.4.2: 2.4.2 is on fire.',
    '  ghcr.io/dmwm/reqmgr2 2.4.0: 2.4.0 is on fire.',
    '',
    'Not as the policy has it:',
    '  2.4.0-stable is what it is: reqmon. Mend it.',
    '',
    'By records, which are not signed:',
    '  2.4.0-stable since 2026-11-24 17:02 or before, found there by amaltaro: reqmon',
    '',
    'Good to know:',
    '  2 versions that only some services have: 2.4.2, 2.4.1.',
    '  Not all records of reqmgr2 are shown: The registry did not answer.',
    '  No records are shown: the registry has no referrers API.',
  ])
})

test('a table that is wider than the terminal is cut between services, and loses nothing', () => {
  const table = (width: number): string[] =>
    tableOf(result, width).split('\n\nNot judged')[0]?.split('\n') ?? []
  expect(table(80)).toEqual(tableOf(result).split('\n').slice(0, 4))
  expect(table(60)).toEqual([
    '  version  reqmgr2                  reqmon',
    '  2.4.2    waiting                  -',
    '  2.4.1    stable since 2026-11-24  published',
    '  2.4.0    ✗ stable differs         ✗ stable differs (+1)',
    '',
    '  version  wmagent',
    '  2.4.2    ✗ ?',
    '  2.4.1    ✗ ?',
    '  2.4.0    ✗ ?',
  ])
  expect(table(1)).toHaveLength(3 * 4 + 2)
})

test('no table where nothing could be read', () => {
  const none: AuditResult = { ...result, services: [service('a', [], { problem: 'it is on fire' })] }
  expect(tableOf(none)).toBe('\nNot judged:\n  ghcr.io/dmwm/a: it is on fire.')
})

test('the same in the summary, as Markdown that nothing breaks out of', () => {
  const error = new ReleaseError('not-as-planned', { what: 'Of 3 services, all.', remedy: 'Look.' })
  const summary = summaryOf({ result, stages: [], error })
  expect(summary).toMatch(/^### ❌ audit of 3 services: /)
  expect(summary).toContain('| version | reqmgr2 | reqmon | wmagent |')
  expect(summary).toContain('| 2.4.0 | ❌ stable differs | ❌ stable differs (+1) | ❌ ? |')
  expect(summary).toContain('- **2.4.0-stable is what it is**: reqmgr2 (sha256:abababababab…)')
  expect(summary).toContain('- 2.4.1-stable since 2026-11-24 17:02, by amaltaro: reqmgr2')
  expect(summary).not.toContain('\u001b')
  // The answer stands before the table: whoever opens the page sees first what is wrong.
  expect(summary.indexOf('Of 3 services')).toBeLessThan(summary.indexOf('| version |'))
})

test('a green one says so', () => {
  const green: AuditResult = { ...result, services: [service('reqmgr2', [version('2.4.1', 'stable')])] }
  expect(summaryOf({ result: green, stages: [], error: undefined })).toBe(
    '### ✅ audit of reqmgr2: as the policy has it\n\n| version | reqmgr2 |\n| --- | --- |\n| 2.4.1 | stable |\n\n',
  )
})

test('the summary of a registry with thousands of versions stays within what GitHub takes', () => {
  const versions = Array.from({ length: 3_000 }, (_, index) =>
    version(`2.4.${3_000 - index}`, 'wrong', {
      findings: [finding('stable-missing', `2.4.${3_000 - index}-stable`)],
    }),
  )
  const many: AuditResult = {
    ...result,
    services: [service('a', versions), ...Array.from({ length: 10 }, (_, n) => service(`b${n}`, versions))],
  }
  const summary = summaryOf({ result: many, stages: [], error: undefined })
  expect(Buffer.byteLength(summary)).toBeLessThan(250_000)
  expect(summary).toContain('2700 more versions: see the log, or the output json.')
  expect(summary).toContain('2900 more lines: see the log, or the output json.')
})

test('the outputs are the images and the JSON', () => {
  const { json, image, ...others } = outputsOf(result)
  expect(image).toBe('ghcr.io/dmwm/reqmgr2\nghcr.io/dmwm/reqmon\nghcr.io/dmwm/wmagent')
  expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(result)))
  expect(new Set(Object.values(others))).toEqual(new Set(['']))
})
