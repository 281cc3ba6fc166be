import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { presets } from '../../src/policy/presets.ts'
import { versionsShownBy } from '../../src/policy/published.ts'
import type { Finding } from '../../src/reconcile/audit-findings.ts'
import { findingOfUse } from '../../src/reconcile/used-findings.ts'
import type { UsedImage } from '../../src/reconcile/used-images.ts'
import type { Digest, TagState } from '../../src/registry/reference.ts'
import { policyOf } from '../policy/policy-of.ts'
import { digest } from './world.ts'

const [A, B, C, LOST] = [digest('a'), digest('b'), digest('c'), digest('e')]
const MOVING = 'final: X.Y.Z -> X.Y.Z latest | X.Y.Z-stable stable\ncandidate: X.Y.ZrcN -> X.Y.ZrcN'
const TAGS: Record<string, Digest> = {
  ...{ '2.4.5': A, '2.4.5-stable': A, stable: A, latest: A, dev: B, '2.4.6rc1': B },
  '2.4.4-stable': LOST,
}
const tags = new Map<string, TagState>(
  Object.entries(TAGS).map(([tag, digest]) => [tag, { kind: 'present', digest }]),
).set('2.4.3-stable', { kind: 'absent' })

const judge = (image: Partial<UsedImage>, table: string = presets.wmcore, newer?: string) => {
  const policy = policyOf(table)
  const [version] = versionsShownBy(policy, image.tag ?? '')
  const known = { policy, tags, lost: new Set([LOST]), newer, version: version?.decision }
  return findingOfUse({ service: 'reqmgr2', ...image }, known)
}

/** What is used, and the kind of the finding, with `!` if it is red, and something that it says. */
test.each<[use: string, kind: string, says?: string, policy?: string]>([
  ['2.4.5-stable', ''],
  [`2.4.5-stable@${A}`, ''],
  [`@${A}`, ''],
  ['2.4.5', '!used-not-stable', 'not 2.4.5-stable'],
  ['2.4.6rc1', '!used-not-stable', 'never stable'],
  ['dev', '!used-not-stable', 'never stable'],
  ['dev', '!used-not-stable', 'never stable', 'any: * -> * | *-stable'],
  ['2.4.5', '!used-not-stable', 'not 2.4.5-stable', 'final: vX.Y.Z -> vX.Y.Z X.Y.Z | X.Y.Z-stable'],
  ['latest', '!used-not-stable', 'never stable', MOVING],
  ['stable', '', '', MOVING],
  ['dev', '!used-not-stable', 'never stable', MOVING],
  // Without a bar nobody says what is stable.
  ['2.4.5', '', '', 'final: X.Y.Z -> X.Y.Z'],
  ['2.4.3-stable', '!used-gone', '2.4.3-stable is used, and is not there'],
  ['2.4.4-stable', '!used-gone', '2.4.4-stable is used, and is not there'],
  [`2.4.5-stable@${C}`, '!used-gone', `as ${C}, and is ${A}`],
  [`@${C}`, 'used-unknown', C],
  // By its digest alone nobody is told that it is wrong.
  [`@${B}`, ''],
  ['', 'used-without-tag'],
])('%s: %s %s', (use, kind, says = '', policy) => {
  const [tag, digest] = use.split('@')
  const found = judge({ ...(tag && { tag }), ...(digest && { digest: digest as Digest }) }, policy)
  expect(found === undefined ? '' : `${found.wrong ? '!' : ''}${found.kind}`).toBe(kind)
  expect(found?.what ?? '').toContain(says)
})

test('of another project, and with a newer version', () => {
  const elsewhere = judge({ elsewhere: 'cmsweb/reqmgr2:2.4.5' })
  expect(elsewhere).toMatchObject({ kind: 'used-elsewhere', wrong: false })
  const old = judge({ tag: '2.4.5-stable' }, undefined, '2.4.6-stable')
  expect(old).toMatchObject({
    kind: 'used-not-newest',
    wrong: false,
    what: expect.stringContaining('2.4.6-stable'),
  })
})

test('docs/audit.md has every kind of finding', () => {
  const kinds: Record<Finding['kind'], true> = {
    ...{ 'stable-missing': true, 'stable-waiting': true, 'stable-differs': true, 'first-missing': true },
    ...{ 'copy-missing': true, 'copy-differs': true, 'moving-behind': true, 'image-lost': true },
    ...{ 'version-missing': true, 'promotion-incomplete': true, 'used-not-stable': true, 'used-gone': true },
    ...{ 'used-without-tag': true, 'used-unknown': true, 'used-elsewhere': true, 'used-not-newest': true },
  }
  const text = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')
  expect(Object.keys(kinds).filter(kind => !text.includes(`\`${kind}\``))).toEqual([])
})
