import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allTags, decide } from '../../src/policy/decide.ts'
import { isReferrersTag } from '../../src/policy/image-tag.ts'
import { newestOfMoving, staysWith } from '../../src/policy/moving.ts'
import { presets } from '../../src/policy/presets.ts'
import { newestFirst, publishedVersions } from '../../src/policy/published.ts'
import { policyOf } from './policy-of.ts'

const HEX = '0123456789abcdef'.repeat(4)
const SIGNATURES = [`sha256-${HEX}`, `sha256-${HEX}.sig`, `sha256-${HEX}.att`, `sha256-${HEX}.sbom`]
const MOVING = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable stable'
const TWICE = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable\nv-final: vX.Y.Z -> X.Y.Z | X.Y.Z-stable'

describe('the versions that the tags of a repository show', () => {
  test.each<{ what: string; policy?: string; tags: string; versions: string; others?: string }>([
    {
      what: 'the newest first, whatever the order of the tags',
      tags: '2.3.9 2.3.10 2.4.0.1 2.4.0 2.4.0rc1 2.4.0rc2',
      versions: '2.4.0.1 2.4.0 2.4.0rc2 2.4.0rc1 2.3.10 2.3.9',
    },
    { what: 'once with its stable tag', tags: '2.3.4-stable 2.3.4', versions: '2.3.4' },
    { what: 'a stable tag alone shows it, too', tags: '2.3.4-stable', versions: '2.3.4' },
    {
      what: 'tags that only * gives are none',
      tags: 'dev 2.3 2.3.4-rc1 2.3.4-stable-stable x-stable 2.3.4',
      versions: '2.3.4',
      others: '2.3.4-stable-stable x-stable dev 2.3 2.3.4-rc1',
    },
    { what: 'signatures are neither', tags: `${SIGNATURES.join(' ')} 2.3.4`, versions: '2.3.4' },
    {
      what: 'moving tags belong to their versions',
      policy: MOVING,
      tags: '2.3.4 2.3 latest stable 2.9 nightly',
      versions: '2.3.4',
      others: '2.9 nightly',
    },
    { what: 'a copy alone', policy: 'final: vX.Y.Z -> vX.Y.Z X.Y.Z', tags: '1.2.3', versions: 'v1.2.3' },
    {
      what: 'a prefix',
      policy: 'rucio: release-X.Y.ZcmsN -> release-X.Y.ZcmsN | release-X.Y.ZcmsN-stable',
      tags: 'release-34.6.0cms2 release-34.6.0cms10 34.6.0',
      versions: 'release-34.6.0cms10 release-34.6.0cms2',
      others: '34.6.0',
    },
    {
      what: 'what two rules give is of the first',
      policy: TWICE,
      tags: '1.2.3 1.2.3-stable',
      versions: '1.2.3',
    },
    {
      what: 'what is built before what is copied',
      policy: 'v-final: vX.Y.Z -> vX.Y.Z X.Y.Z\nfinal: X.Y.Z -> X.Y.Z',
      tags: '1.2.3',
      versions: '1.2.3',
    },
    {
      what: 'what a rule above takes is not of a rule below',
      policy: 'zero: X.Y.0 -> zero-X.Y.0\nfinal: X.Y.Z -> X.Y.Z',
      tags: '1.2.0 zero-1.2.0 2.0.1',
      versions: '2.0.1 1.2.0',
      others: '1.2.0',
    },
    {
      what: 'a rule without numbers has no versions',
      policy: 'nightly: nightly -> nightly\nfinal: X.Y.Z -> X.Y.Z',
      tags: 'nightly 1.0.0',
      versions: '1.0.0',
      others: 'nightly',
    },
    {
      what: 'numbers are compared by their value, and kept as written',
      policy: presets.crab,
      tags: 'v3.007 v3.10 v3.7',
      versions: 'v3.10 v3.007 v3.7',
    },
    { what: 'nothing', tags: '', versions: '' },
  ])('$what', ({ policy = presets.wmcore, tags, versions, others = '' }) => {
    const published = publishedVersions(policyOf(policy), tags.split(' ').filter(Boolean))
    const gitTags = newestFirst(published.versions.values()).map(({ decision }) => decision.gitTag)
    expect({ versions: gitTags.join(' '), others: published.others.join(' ') }).toEqual({ versions, others })
  })

  test('whether the tag that is built is there', () => {
    const tags = ['1.0.0-stable', '1.0.1', '1.0.2', '1.0.2-stable']
    const { versions } = publishedVersions(policyOf(presets.wmcore), tags)
    expect([...versions].map(([gitTag, { hasFirst }]) => [gitTag, hasFirst])).toEqual([
      ['1.0.0', false],
      ['1.0.1', true],
      ['1.0.2', true],
    ])
  })
})

const number = fc.nat({ max: 12 }).map(String)
const gitTag = fc.oneof(
  fc.tuple(number, number, number).map(([x, y, z]) => `${x}.${y}.${z}`),
  fc.tuple(number, number, number, number).map(([x, y, z, p]) => `${x}.${y}.${z}.${p}`),
  fc.tuple(number, number, number, number).map(([x, y, z, n]) => `${x}.${y}.${z}rc${n}`),
  fc.constantFrom('dev', 'nightly-1', '2.x'),
)
const tables = [presets.wmcore, presets['dmwm-go'], MOVING, `${MOVING}\npatch: X.Y.Z.P -> X.Y.Z.P X.Y latest`]

test.each(tables)('what a policy gives to git tags is found again: %s', table => {
  const policy = policyOf(table)
  fc.assert(
    fc.property(fc.uniqueArray(gitTag, { maxLength: 20 }), gitTags => {
      const decisions = gitTags.flatMap(each => {
        const decision = decide(policy, each)
        return decision.kind === 'planned' && /[0-9]/.test(each) ? [decision] : []
      })
      const ofNumbers = decisions.filter(({ rule }) => rule !== 'other')
      const tags = [...new Set(decisions.flatMap(decision => allTags(decision).map(({ tag }) => tag)))]
      const { versions, others } = publishedVersions(policy, tags)
      expect([...versions.keys()].toSorted()).toEqual(ofNumbers.map(each => each.gitTag).toSorted())
      expect(others).toHaveLength(decisions.length - ofNumbers.length)
    }),
  )
})

test.each(tables)('where a moving tag goes is the same among all tags and the newest: %s', table => {
  const policy = policyOf(table)
  fc.assert(
    fc.property(fc.uniqueArray(gitTag, { maxLength: 15 }), gitTag, (published, released) => {
      const decision = decide(policy, released)
      if (decision.kind === 'refused') return
      const tags = published.flatMap(each => {
        const other = decide(policy, each)
        return other.kind === 'refused' ? [] : allTags(other).map(({ tag }) => tag)
      })
      const newest = newestOfMoving(policy, tags)
      for (const planned of decision.copies.filter(({ moving }) => moving)) {
        const only = newest.get(planned.tag)
        const among = (some: readonly string[]) =>
          staysWith(policy, { gitTag: released, moving: planned.tag, published: some })
        expect(among(only === undefined ? [] : [only])).toBe(among(tags))
      }
    }),
  )
})

describe('tags of signatures', () => {
  test.each([...SIGNATURES, `sha512-${HEX}${HEX}`, `sha512-${HEX}`])('%s is one, and no git tag', tag => {
    expect(isReferrersTag(tag)).toBe(true)
    for (const table of [presets.wmcore, 'any: * -> * | *-stable']) {
      const decision = decide(policyOf(table), tag)
      expect(decision).toMatchObject({ kind: 'refused', reason: expect.stringContaining('never a version') })
    }
  })

  test.each(['sha256', 'sha256-abc', `sha1-${HEX}`, `sha256-${HEX}-stable`, `x-sha256-${HEX}`, '2.3.4'])(
    '%s is none',
    tag => {
      expect(isReferrersTag(tag)).toBe(false)
    },
  )

  test('moves no tag', () => {
    const digits = `sha256-${'9'.repeat(64)}`
    const policy = policyOf('odd: sha256-N -> sha256-N latest')
    const moveBeside = (published: string) =>
      staysWith(policy, { gitTag: 'sha256-1', moving: 'latest', published: [published] })
    expect(moveBeside('sha256-2')).toBe('sha256-2')
    expect(moveBeside(digits)).toBeUndefined()
    expect(newestOfMoving(policy, [digits])).toEqual(new Map())
  })
})
