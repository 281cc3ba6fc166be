import { expect, test } from 'vitest'
import type { AuditedVersion as Version } from '../../src/commands/audit-result.ts'
import type { Finding } from '../../src/reconcile/audit-findings.ts'
import { summaryOf } from '../../src/report/summary.ts'
import { tableOf } from '../../src/report/table.ts'
import { auditOf, finding, service, stable, version } from './audited.ts'
import { DIGEST, ledgerOf, OTHER } from './known.ts'

const bare = { tag: 'b', reference: 'b', moving: false }

const differs = finding('stable-differs', '2.4.0-stable', { digest: DIGEST, wanted: OTHER })
const inDoubt = [stable('2.4.0-stable', { written: false })]
const read = [
  version('2.4.2', 'waiting', { findings: [finding('stable-waiting', '2.4.2-stable')] }),
  version('2.4.1', 'stable', { stableTags: [stable('2.4.1-stable', { time: '2026-11-25T00:00:00Z' })] }),
  version('2.4.0', 'wrong', { findings: [differs], inDoubt }),
]
const partly = [
  version('2.4.2', 'absent'),
  version('2.4.1', 'unread', { problem: 'it was lost' }),
  version('2.4.0', 'wrong', { findings: [differs, finding('moving-behind', 'latest')], inDoubt }),
]
const audited = auditOf(
  service('reqmgr2', read, { otherTags: 2, otherTagsSuchAs: ['dev', 'x\u001b[31m'], olderVersions: 7 }),
  service('reqmon', partly, { recordsProblem: 'They were lost.' }),
  service('wmagent', [], { problem: 'the registry is on fire' }),
)
const TABLE = `\
  version  reqmgr2                  reqmon                 wmagent
  2.4.2    waiting                  absent                 ✗ unread
  2.4.1    stable since 2026-11-25  ✗ unread               ✗ unread
  2.4.0    ✗ stable differs         ✗ stable differs (+1)  ✗ unread`
const DIGESTS = '(sha256:abababababab…, not sha256:cdcdcdcdcdcd…)'

test('a table of services by versions; below it what is not judged, findings with remedies, records', () => {
  expect(tableOf(audited)).toBe(`${TABLE}

Not judged:
  reqmon: it was lost (2.4.1).
  wmagent: the registry is on fire.

Not as the policy has it:
  2.4.0-stable is what it is: reqmgr2 ${DIGESTS}, reqmon ${DIGESTS}. Fix it.
  latest is what it is: reqmon. Fix it.

By records, which are not signed:
  2.4.1-stable since 2026-11-25 00:00, by amaltaro: reqmgr2
  2.4.0-stable since 2026-11-24 17:02 or before, found there by amaltaro: reqmgr2, reqmon

Good to know:
  2.4.2-stable is what it is: reqmgr2. Fix it.
  Tags of no version, by the policy: reqmgr2 has 2 tags, such as dev, x\\u001b[31m.
  Older than 2.4.0, and not judged: 7 of reqmgr2.
  Not all records are shown of reqmon: They were lost.`)
})

test('what is stable without a record is told, where records were read', () => {
  const older = [version('2.4.1', 'stable', { stableTags: [bare] }), version('2.4.0', 'stable')]
  const services = [
    service('reqmgr2', [version('2.4.2', 'stable', { stableTags: [bare] }), ...older]),
    service('reqmon', older, { recordsProblem: 'They were lost.' }),
    service('wmagent', read),
  ]
  const says = 'or moved since: 2 versions of reqmgr2, such as 2.4.2.'
  expect(tableOf(auditOf(...services))).toContain(says)
  const unread = { ...auditOf(...services), records: 'unsupported' } as const
  expect(tableOf(unread)).not.toContain('moved since')
})

test('a table that is wider than the terminal is cut between services, and loses nothing', () => {
  const table = (width: number): string => tableOf(audited, width).split('\n\nNot ')[0] ?? ''
  const first = TABLE.replace(/(.{57}).*/g, '$1').replace(/ +$/gm, '')
  expect(table(67)).toBe(TABLE)
  expect(table(66)).toBe(`${first}\n\n${TABLE.replace(/(.{11}).{48}/g, '$1')}`)
  expect(table(1).split('\n')).toHaveLength(3 * 4 + 2)
})

test('nothing to show is no table; many unread versions are one line', () => {
  const none = auditOf(service('a', [], { problem: 'x' }))
  expect(tableOf(none)).toMatch(/^\nNot judged:\n {2}a: x\.$/)
  expect(summaryOf(ledgerOf(none), undefined)).not.toContain('|')
  const unread = version('1.0', 'unread', { problem: 'lost' })
  expect(tableOf(auditOf(service('a', [unread, unread, unread])))).toMatch(/a: lost \(1\.0 and 2 more\)\.$/)
  const same = ['a', 'b'].map(name => service(name, [], { problem: `no answer for r/${name}:1.0` }))
  expect(tableOf(auditOf(...same))).toMatch(/^\nNot judged:\n {2}a, b: no answer for r\/a:1\.0\.$/)
})

test.each<[cell: string, more: Partial<Version>]>([
  ['stable since 2026-11-24', { stableTags: [stable('a')] }],
  ['stable since 2026-11-25', { stableTags: [stable('a'), stable('b', { time: '2026-11-25T00:00:00Z' })] }],
  ['stable since 2026-11-24', { stableTags: [stable('a'), { ...bare, moving: true }] }],
  ['stable since 2026-11-24', { stableTags: [stable('b', {}, true)] }],
  // Who found it there does not know since when.
  ['stable', { stableTags: [stable('a'), stable('b', { written: false })] }],
  ['stable', { stableTags: [stable('a'), bare] }],
  ['✗ stable missing', { findings: [finding('stable-missing', '2.4.1-stable')] }],
  ['✗ latest ahead', { findings: [finding('moving-behind', 'latest', { isAhead: true })] }],
  ['✗ 2.4.1 lost', { findings: [finding('image-lost', '2.4.1')] }],
  ['✗ version missing', { findings: [finding('version-missing', '2.4.1')] }],
])('in short, %#: %s', (cell, more) => {
  const one = version('2.4.1', 'findings' in more ? 'wrong' : 'stable', more)
  expect(tableOf(auditOf(service('reqmgr2', [one]))).split('\n')[1]).toBe(`  2.4.1    ${cell}`)
})

test('what is used is marked, and each kind of finding about it is one line with its places', () => {
  const found = (kind: Finding['kind'], what: string): Finding => {
    const wrong = kind === 'used-not-stable'
    return { kind, tag: '', wrong, what, remedy: 'Fix it.' }
  }
  const use = (gitTag: string, places: number, finding?: Finding) => {
    const at = Array.from({ length: places }, (_, index) => `p.yaml:${index + 1}`)
    return { tag: 'x', at, gitTags: [gitTag], finding }
  }
  const notStable = found('used-not-stable', `2.4.2 is used as ${DIGEST}`)
  const versions = [version('2.4.2', 'waiting'), version('2.4.1', 'stable'), version('2.4.0', 'absent')]
  const many = use('', 5, found('used-without-tag', 'no tag'))
  const result = auditOf(
    service('reqmgr2', versions, { used: [use('2.4.2', 1, notStable), use('2.4.1', 2), use('2.4.0', 1)] }),
    service('reqmon', versions, { used: [use('2.4.2', 3, notStable), many] }),
    service('wmagent', versions, { used: [{ ...use('', 1), tag: 'dev', problem: 'it was lost' }] }),
  )
  expect(tableOf(result)).toBe(`\
  version  reqmgr2            reqmon             wmagent
  2.4.2    ✗ used not stable  ✗ used not stable  waiting
  2.4.1    stable, used       stable             stable
  2.4.0    absent, used       absent             absent

Not judged:
  wmagent: it was lost (dev).

Not as the policy has it:
  used-not-stable, 4 places: reqmgr2 (2.4.2 is used as sha256:abababababab…, in p.yaml:1), reqmon (2.4.2 is used as sha256:abababababab…, in p.yaml:1 and 2 more). Fix it.

Good to know:
  used-without-tag, 5 places: reqmon (no tag, in p.yaml:1 and 4 more). Fix it.`)
})

test('the heading names a promotion that is incomplete', () => {
  const left = version('2.4.2', 'waiting', {
    findings: [finding('promotion-incomplete', '2.4.2-stable', { wrong: false })],
  })
  const text = summaryOf(ledgerOf(auditOf(service('reqmgr2', read), service('msoutput', [left]))), undefined)
  expect(text).toMatch(/^### ⚠️ audit of 2 services: promotion is incomplete: msoutput waits\n/)
})

test('the summary says the same', () => {
  const text = summaryOf(ledgerOf(audited), undefined)
  expect(text).toMatch(
    /^### ✅ audit of 3 services: all as the policy has it\n\n\| version \| reqmgr2 \| reqmon \| wmagent \|\n/,
  )
  expect(text).toContain('| 2.4.0 | ❌ stable differs | ❌ stable differs (+1) | ❌ unread |')
  expect(text).toContain('\n- latest is what it is: reqmon. Fix it.\n')
})

test('the summary of thousands of versions with long records stays within what GitHub takes', () => {
  const versions = Array.from({ length: 1000 }, (_, index) => {
    const record = stable(`2.4.${index}-stable`, { actor: '*'.repeat(400) })
    return version(`2.4.${index}`, 'wrong', {
      findings: [finding('copy-missing', `${index}`)],
      inDoubt: [record],
    })
  })
  const services = Array.from({ length: 11 }, (_, index) => service(`service${index}`, versions))
  const text = summaryOf(ledgerOf(auditOf(...services)), undefined)
  expect(Buffer.byteLength(text)).toBeLessThan(400_000)
  expect(text.match(/^[0-9]+ more: |^\| 2\.4/gm)?.length).toBeGreaterThan(200)
})
