import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allTags, decide } from '../../src/policy/decide.ts'
import { decideMove } from '../../src/policy/moving.ts'
import { compareVersions } from '../../src/policy/version-order.ts'
import { policyOf } from './policy-of.ts'

/** The moving tags of a release, each with the newer version that it stays with, or nothing if it moves. */
const movesOf = (table: string, gitTag: string, published: readonly string[]): Record<string, string> => {
  const policy = policyOf(table)
  const decision = decide(policy, gitTag)
  if (decision.kind === 'refused') throw new Error(decision.reason)
  const moving = allTags(decision).filter(tag => tag.moving)
  return Object.fromEntries(
    moving.map(planned => {
      const move = decideMove(policy, { gitTag, planned, published })
      return [planned.tag, move.kind === 'move' ? 'moves' : `stays with ${move.newest}`]
    }),
  )
}

const usual = 'final: X.Y.Z -> X.Y.Z X.Y latest'
const patches = `${usual}\npatch: X.Y.Z.P -> X.Y.Z.P X.Y latest`
const candidates = `${usual}\ncandidate: X.Y.ZrcN -> X.Y.ZrcN X.Y latest`
const promoted = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable stable'

describe('a moving tag follows the newest version, and never goes backwards', () => {
  test.each([
    {
      why: 'the first version',
      policy: usual,
      gitTag: '2.3.4',
      published: [],
      moves: { '2.3': 'moves', latest: 'moves' },
    },
    {
      why: 'the newest version',
      policy: usual,
      gitTag: '2.4.1',
      published: ['2.3.4', '2.4.0'],
      moves: { '2.4': 'moves', latest: 'moves' },
    },
    {
      why: '2.3.9 after 2.4.0',
      policy: usual,
      gitTag: '2.3.9',
      published: ['2.3.8', '2.4.0'],
      moves: { '2.3': 'moves', latest: 'stays with 2.4.0' },
    },
    {
      why: 'an old one between newer ones',
      policy: usual,
      gitTag: '2.3.9',
      published: ['2.3.10', '2.4.0', '10.0.0', '9.9.9'],
      moves: { '2.3': 'stays with 2.3.10', latest: 'stays with 10.0.0' },
    },
    {
      why: 'the same version again',
      policy: usual,
      gitTag: '2.3.4',
      published: ['2.3.4'],
      moves: { '2.3': 'moves', latest: 'moves' },
    },
    {
      why: 'the newest was deleted, its moving tags were not',
      policy: usual,
      gitTag: '2.3.9',
      published: ['2.3.8', '2.4', 'latest'],
      moves: { '2.3': 'moves', latest: 'moves' },
    },
    {
      why: 'the newest lost its first tag, and is there by its stable one',
      policy: 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable',
      gitTag: '2.3.4',
      published: ['2.3.5-stable', '2.4.0-stable'],
      moves: { '2.3': 'stays with 2.3.5', latest: 'stays with 2.4.0' },
    },
    {
      why: 'tags of no rule do not count',
      policy: usual,
      gitTag: '2.3.4',
      published: ['9', '9.9', 'v9.9.9', '9.9.9-stable', '9.9.9.9', '9.9.9rc1', 'sha256-9.9.9.sig'],
      moves: { '2.3': 'moves', latest: 'moves' },
    },
    {
      why: 'numbers are compared by value',
      policy: usual,
      gitTag: '2.3.010',
      published: ['2.3.9', '2.3.0009'],
      moves: { '2.3': 'moves', latest: 'moves' },
    },
    {
      why: 'leading zeros make no other value',
      policy: usual,
      gitTag: '2.3.09',
      published: ['2.3.9'],
      moves: { '2.3': 'moves', latest: 'moves' },
    },
    {
      why: 'leading zeros make another moving tag',
      policy: usual,
      gitTag: '2.03.1',
      published: ['2.3.9'],
      moves: { '2.03': 'moves', latest: 'stays with 2.3.9' },
    },
    {
      why: 'numbers beyond 2^53',
      policy: usual,
      gitTag: '2.3.9007199254740992',
      published: ['2.3.9007199254740993'],
      moves: { '2.3': 'stays with 2.3.9007199254740993', latest: 'stays with 2.3.9007199254740993' },
    },
    {
      why: 'a patch is newer than its version',
      policy: patches,
      gitTag: '2.3.4',
      published: ['2.3.4.1'],
      moves: { '2.3': 'stays with 2.3.4.1', latest: 'stays with 2.3.4.1' },
    },
    {
      why: 'four numbers, also 0',
      policy: patches,
      gitTag: '2.3.4.0',
      published: ['2.3.4', '2.3.3.9'],
      moves: { '2.3': 'moves', latest: 'moves' },
    },
    {
      why: 'two rules feed one moving tag',
      policy: patches,
      gitTag: '2.3.4.7',
      published: ['2.3.5'],
      moves: { '2.3': 'stays with 2.3.5', latest: 'stays with 2.3.5' },
    },
    {
      why: 'a candidate is older than its version',
      policy: candidates,
      gitTag: '2.3.4rc9',
      published: ['2.3.4'],
      moves: { '2.3': 'stays with 2.3.4', latest: 'stays with 2.3.4' },
    },
    {
      why: 'a version is newer than its candidates',
      policy: candidates,
      gitTag: '2.3.4',
      published: ['2.3.4rc9'],
      moves: { '2.3': 'moves', latest: 'moves' },
    },
    {
      why: 'a candidate of a newer version',
      policy: candidates,
      gitTag: '2.3.5rc1',
      published: ['2.3.4', '2.3.5rc0'],
      moves: { '2.3': 'moves', latest: 'moves' },
    },
    {
      why: 'a candidate that ends with the word',
      policy: `${usual}\nbeta: X.Y.Z-beta -> X.Y.Z-beta X.Y`,
      gitTag: '2.3.4-beta',
      published: ['2.3.4'],
      moves: { '2.3': 'stays with 2.3.4' },
    },
    {
      why: 'a stable moving tag looks at stable tags',
      policy: promoted,
      gitTag: '2.3.4',
      published: ['2.3.9', '2.3.3-stable'],
      moves: { '2.3': 'stays with 2.3.9', stable: 'moves' },
    },
    {
      why: 'and stays with a stable one',
      policy: promoted,
      gitTag: '2.3.4',
      published: ['2.3.5-stable', '2.3.9'],
      moves: { '2.3': 'stays with 2.3.9', stable: 'stays with 2.3.5-stable' },
    },
    {
      why: 'a tag without a version',
      policy: `nightly: nightly -> nightly\n${usual}`,
      gitTag: 'nightly',
      published: ['9.9.9', 'nightly'],
      moves: { nightly: 'moves' },
    },
  ])('$why', ({ policy, gitTag, published, moves }) => {
    expect(movesOf(policy, gitTag, published)).toEqual(moves)
  })
})

describe('the order of versions', () => {
  const digits = fc.oneof(
    fc.constantFrom('0', '00', '1', '01', '2', '10'),
    fc.stringMatching(/^[0-9]{1,30}$/),
  )
  const part = fc.record({
    separator: fc.constantFrom(
      '.',
      '-',
      '_',
      'rc',
      '-rc.',
      '.dev',
      'a',
      'b',
      'beta',
      '.patch',
      'p',
      '-Alpha-',
    ),
    digits,
  })
  const version = fc.array(part, { maxLength: 4 })
  const sign = (one: Parameters<typeof compareVersions>[0], other: typeof one): number =>
    Math.sign(compareVersions(one, other))

  test('is the same from both sides', () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        expect(sign(one, other) + sign(other, one)).toBe(0)
      }),
    )
  })

  test('has no circles', () => {
    fc.assert(
      fc.property(fc.array(version, { minLength: 3, maxLength: 3 }), versions => {
        const [low, middle, high] = versions.toSorted(compareVersions)
        if (low === undefined || middle === undefined || high === undefined) return
        expect([sign(low, middle) <= 0, sign(middle, high) <= 0, sign(low, high) <= 0]).toEqual([
          true,
          true,
          true,
        ])
        if (sign(low, high) === 0) expect([sign(low, middle), sign(middle, high)]).toEqual([0, 0])
      }),
      { numRuns: 1000 },
    )
  })
})

test('in whatever order versions are released, a moving tag ends at the newest', () => {
  const oldestFirst = [
    '2.3.4rc1',
    '2.3.4rc2',
    '2.3.4',
    '2.3.4.0',
    '2.3.4.1',
    '2.3.10',
    '2.4.0rc1',
    '2.4.0',
    '10.0.0',
  ]
  const policy = policyOf(`${patches}\ncandidate: X.Y.ZrcN -> X.Y.ZrcN X.Y latest`)
  fc.assert(
    fc.property(fc.shuffledSubarray(oldestFirst, { minLength: 1 }), order => {
      const published = new Map<string, string>()
      for (const gitTag of order) {
        const decision = decide(policy, gitTag)
        if (decision.kind === 'refused') throw new Error(decision.reason)
        for (const planned of allTags(decision)) {
          const move = decideMove(policy, { gitTag, planned, published: [...published.keys()] })
          if (!planned.moving || move.kind === 'move') published.set(planned.tag, gitTag)
        }
      }
      const newest = (candidates: string[]): string | undefined =>
        oldestFirst.findLast(gitTag => candidates.includes(gitTag))
      expect(published.get('latest')).toBe(newest(order))
      expect(published.get('2.3')).toBe(newest(order.filter(gitTag => gitTag.startsWith('2.3.'))))
    }),
  )
})
