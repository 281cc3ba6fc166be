import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allTags, decide } from '../../src/policy/decide.ts'
import { staysWith } from '../../src/policy/moving.ts'
import { compareVersions } from '../../src/policy/version-order.ts'
import { policyOf } from './policy-of.ts'

const usual = 'final: X.Y.Z -> X.Y.Z X.Y latest'
const patches = `${usual}\npatch: X.Y.Z.P -> X.Y.Z.P X.Y latest`
const candidates = `${usual}\ncandidate: X.Y.ZrcN -> X.Y.ZrcN X.Y latest`
const quoted = `v: vX.Y.Z -> vX.Y.Z latest\nrc: vX.Y.Z"-RC".N -> vX.Y.Z"-RC".N latest`
const beta = `${usual}\nbeta: X.Y.Z-beta -> X.Y.Z-beta X.Y`
const ending = `${usual}\nel: X.Y.Z-el -> X.Y.Z-el latest`
const withStable = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable'
const promoted = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable stable'
const big = '2.3.9007199254740993'

/** What is released beside what is published, and the moving tags that stay, each with the newer version. */
test.each<[why: string, policy: string, gitTag: string, published: string, stays: string]>([
  ['the first version', usual, '2.3.4', '', ''],
  ['the newest version', usual, '2.4.1', '2.3.4 2.4.0', ''],
  ['2.3.9 after 2.4.0', usual, '2.3.9', '2.3.8 2.4.0', 'latest:2.4.0'],
  ['one between newer ones', usual, '2.3.9', '2.3.10 2.4.0 10.0.0 9.9.9', '2.3:2.3.10 latest:10.0.0'],
  ['the same version again', usual, '2.3.4', '2.3.4', ''],
  ['the newest was deleted, its moving tags were not', usual, '2.3.9', '2.3.8 2.4 latest', ''],
  ['the newest has lost its first tag', withStable, '2.3.4', '2.3.5-stable', '2.3:2.3.5 latest:2.3.5'],
  ['tags of no rule', usual, '2.3.4', '9 9.9 v9.9.9 9.9.9-stable 9.9.9.9 9.9.9rc1 sha256-9.9.9.sig', ''],
  ['a rule above, without latest, has 2.4.0', `zero: X.Y.0 -> X.Y.0\n${usual}`, '2.3.4', '2.4.0', ''],
  ['numbers are compared by value', usual, '2.3.010', '2.3.9 2.3.0009', ''],
  ['leading zeros make no other value', usual, '2.3.09', '2.3.9', ''],
  ['leading zeros make another moving tag', usual, '2.03.1', '2.3.9', 'latest:2.3.9'],
  ['numbers beyond 2^53', usual, '2.3.9007199254740992', big, `2.3:${big} latest:${big}`],
  ['a patch is newer than its version', patches, '2.3.4', '2.3.4.1', '2.3:2.3.4.1 latest:2.3.4.1'],
  ['four numbers, also 0', patches, '2.3.4.0', '2.3.4 2.3.3.9', ''],
  ['two rules feed one moving tag', patches, '2.3.4.7', '2.3.5', '2.3:2.3.5 latest:2.3.5'],
  ['a candidate is older than its version', candidates, '2.3.4rc9', '2.3.4', '2.3:2.3.4 latest:2.3.4'],
  ['a version is newer than its candidates', candidates, '2.3.4', '2.3.4rc9', ''],
  ['a candidate of a newer version', candidates, '2.3.5rc1', '2.3.4 2.3.5rc0', ''],
  ['a candidate in quotes', quoted, 'v2.3.4', 'v2.3.4-RC.9', ''],
  ['other text at the end is newer', ending, '2.3.4', '2.3.4-el', 'latest:2.3.4-el'],
  ['a candidate that ends with the word', beta, '2.3.4-beta', '2.3.4', '2.3:2.3.4'],
  ['a stable moving tag looks at stable tags', promoted, '2.3.4', '2.3.9 2.3.3-stable', '2.3:2.3.9'],
  ['and stays with a stable one', promoted, '2.3.4', '2.3.5-stable 2.3.9', '2.3:2.3.9 stable:2.3.5-stable'],
  ['a tag without a version', `nightly: nightly -> nightly\n${usual}`, 'nightly', '9.9.9 nightly', ''],
])('a moving tag follows the newest version: %s', (_, table, gitTag, published, stays) => {
  const policy = policyOf(table)
  const decision = decide(policy, gitTag)
  if (decision.kind === 'refused') throw new Error(decision.reason)
  const staying = allTags(decision).flatMap(planned => {
    const newest = staysWith(policy, { gitTag, moving: planned.tag, published: published.split(' ') })
    return planned.moving && newest !== undefined ? [`${planned.tag}:${newest}`] : []
  })
  expect(staying.join(' ')).toBe(stays)
})

test('the order of versions is the same from both sides, and has no circles', () => {
  const separator = fc.constantFrom(...'. - _ rc -rc. .dev a b beta .patch p -Alpha-'.split(' '))
  const few = fc.constantFrom('0', '00', '1', '01', '2', '10')
  const digits = fc.oneof(few, fc.stringMatching(/^[0-9]{1,30}$/))
  const version = fc.array(fc.record({ separator, digits }), { maxLength: 4 })
  const sign = (one: Parameters<typeof compareVersions>[0], other: typeof one): number =>
    Math.sign(compareVersions(one, other))
  fc.assert(
    fc.property(version, version, version, (...versions) => {
      const [low, middle, high] = versions.toSorted(compareVersions) as typeof versions
      expect(sign(low, high) + sign(high, low)).toBe(0)
      expect([sign(low, middle) <= 0, sign(middle, high) <= 0, sign(low, high) <= 0]).not.toContain(false)
      if (sign(low, high) === 0) expect([sign(low, middle), sign(middle, high)]).toEqual([0, 0])
    }),
    { numRuns: 1000 },
  )
})

test('in whatever order versions are released, a moving tag ends at the newest', () => {
  const oldestFirst = '2.3.4rc1 2.3.4rc2 2.3.4 2.3.4.0 2.3.4.1 2.3.10 2.4.0rc1 2.4.0 10.0.0'.split(' ')
  const policy = policyOf(`${patches}\ncandidate: X.Y.ZrcN -> X.Y.ZrcN X.Y latest`)
  fc.assert(
    fc.property(fc.shuffledSubarray(oldestFirst, { minLength: 1 }), order => {
      const published = new Map<string, string>()
      for (const gitTag of order) {
        const decision = decide(policy, gitTag)
        if (decision.kind === 'refused') throw new Error(decision.reason)
        for (const planned of allTags(decision)) {
          const among = { gitTag, moving: planned.tag, published: [...published.keys()] }
          const stays = planned.moving && staysWith(policy, among) !== undefined
          if (!stays) published.set(planned.tag, gitTag)
        }
      }
      const newest = (among: string[]): string | undefined => oldestFirst.findLast(tag => among.includes(tag))
      expect(published.get('latest')).toBe(newest(order))
      expect(published.get('2.3')).toBe(newest(order.filter(gitTag => gitTag.startsWith('2.3.'))))
    }),
  )
})
