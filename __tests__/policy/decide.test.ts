import { describe, expect, test } from 'vitest'
import { allTags, decide } from '../../src/policy/decide.ts'
import { presets } from '../../src/policy/presets.ts'
import { policyOf } from './policy-of.ts'

/** Rule and image tags of a git tag: stable ones with `!`, moving ones with `~`; or the reason of the refusal. */
const verdict = (policy: string, gitTag: string): string => {
  const decision = decide(policyOf(policy), gitTag)
  if (decision.kind === 'refused') return decision.reason
  const tags = allTags(decision).map(
    ({ tag, stable, moving }) => `${tag}${stable ? '!' : ''}${moving ? '~' : ''}`,
  )
  return `${decision.rule}: ${tags.join(' ')}`
}

describe('what a git tag gets', () => {
  const general = `
    final:   X.Y.Z    -> X.Y.Z latest X.Y v-X.Y.Z | X.Y.Z-stable X-stable
    year:    202X.Y   -> 202X.Y
    same:    sX.Y.X   -> X.Y
    turned:  tX.Y     -> Y.X
    dbs:     DBS_X_Y  -> dbs-X.Y
    build:   bX/N     -> X-N
    suffix:  X.Y-el   -> X.Y.el
    nightly: nightly  -> nightly | nightly-stable
    seven:   7.Y      -> seven.Y
    two:     X.Y      -> X.Y`

  test.each([
    {
      gitTag: '2.3.4',
      gets: 'final: 2.3.4 v-2.3.4 2.3.4-stable! latest~ 2.3~ 2-stable!~',
      why: 'fixed before moving',
    },
    {
      gitTag: '02.003.0',
      gets: 'final: 02.003.0 v-02.003.0 02.003.0-stable! latest~ 02.003~ 02-stable!~',
      why: 'as written',
    },
    { gitTag: '2024.1', gets: 'year: 2024.1', why: 'a number behind digits' },
    { gitTag: '202.1', gets: 'two: 202.1', why: 'no digit is left for X' },
    { gitTag: '7.1', gets: 'seven: seven.1', why: 'the first rule that matches decides' },
    { gitTag: '07.1', gets: 'two: 07.1', why: 'literal digits match as they are written' },
    { gitTag: 's1.2.1', gets: 'same: 1.2', why: 'the same letter twice, the same number' },
    { gitTag: 't1.2', gets: 'turned: 2.1', why: 'the letters decide, not their order' },
    { gitTag: 'DBS_2_3', gets: 'dbs: dbs-2.3', why: 'capitals beside each other are literal' },
    { gitTag: 'b12/3', gets: 'build: 12-3', why: 'a git tag may have slashes' },
    { gitTag: '9.10-el', gets: 'suffix: 9.10.el', why: 'literal text at the end' },
    {
      gitTag: 'nightly',
      gets: 'nightly: nightly~ nightly-stable!~',
      why: 'a literal pattern has no version',
    },
  ])('$gitTag: $why', ({ gitTag, gets }) => {
    expect(verdict(general, gitTag)).toBe(gets)
  })

  test.each([
    {
      gitTag: 's1.2.2',
      differs:
        '"s1.2.2" matches no rule; the nearest is sX.Y.X (same), which wants 1 again (X) after s1.2., where it has "2".',
    },
    {
      gitTag: 's1.2.01',
      differs:
        '"s1.2.01" matches no rule; the nearest is sX.Y.X (same), which wants 1 again (X) after s1.2., where it has "01".',
    },
    {
      gitTag: '1.2.',
      differs:
        '"1.2." matches no rule; the nearest is X.Y.Z (final), which wants a number (Z) after 1.2., where it ends.',
    },
    {
      gitTag: '1.2.3\n',
      differs:
        '"1.2.3\\n" matches no rule; the nearest is X.Y.Z (final), which wants the end after 1.2.3, where it has "\\n".',
    },
    {
      gitTag: '1.2.٣',
      differs:
        '"1.2.٣" matches no rule; the nearest is X.Y.Z (final), which wants a number (Z) after 1.2., where it has "٣".',
    },
    {
      gitTag: 'dbs_2_3',
      differs:
        '"dbs_2_3" matches no rule; the nearest is X.Y.Z (final), which wants a number (X) at its beginning, where it has "dbs_2_3".',
    },
    {
      gitTag: '',
      differs:
        '"" matches no rule; the nearest is X.Y.Z (final), which wants a number (X) at its beginning, where it ends.',
    },
  ])('$gitTag is refused', ({ gitTag, differs }) => {
    expect(verdict(general, gitTag)).toBe(differs)
  })
})

describe('* takes only what can be an image tag', () => {
  const any = 'other: * -> * *-test any'
  test.each([
    { gitTag: 'Feature_1.x', gets: 'other: Feature_1.x Feature_1.x-test any~' },
    { gitTag: 'a'.repeat(123), gets: `other: ${'a'.repeat(123)} ${'a'.repeat(123)}-test any~` },
    {
      gitTag: 'fix/login',
      gets: '"fix/login" matches no rule; * takes only what can be an image tag, and it contains "/".',
    },
    {
      gitTag: '1.2.3+4',
      gets: '"1.2.3+4" matches no rule; * takes only what can be an image tag, and it contains "+".',
    },
    {
      gitTag: '.hidden',
      gets: '".hidden" matches no rule; * takes only what can be an image tag, and it begins with ".".',
    },
    { gitTag: '', gets: '"" matches no rule; * takes only what can be an image tag, and it is empty.' },
    {
      gitTag: 'a'.repeat(129),
      gets: `"${'a'.repeat(129)}" matches no rule; * takes only what can be an image tag, and it has 129 characters, more than 128.`,
    },
  ])('$gitTag', ({ gitTag, gets }) => {
    expect(verdict(any, gitTag)).toBe(gets)
  })
})

describe('what a rule gives must be different image tags', () => {
  const long = '1'.repeat(124)
  test.each([
    { policy: 'a: X -> X-abc', gitTag: long, gets: `a: ${long}-abc` },
    {
      policy: 'a: X -> X-abcd\nother: * -> *',
      gitTag: long,
      gets: `${long} matches rule a, X, but ${long}-abcd can't be an image tag: it has 129 characters, more than 128.`,
    },
    { policy: 'a: X.Y -> X.Y Y.X', gitTag: '1.2', gets: 'a: 1.2 2.1' },
    {
      policy: 'a: X.Y -> X.Y Y.X',
      gitTag: '1.1',
      gets: '1.1 matches rule a, X.Y, but two of its image tags are both 1.1.',
    },
  ])('$policy', ({ policy, gitTag, gets }) => {
    expect(verdict(policy, gitTag)).toBe(gets)
  })
})

describe('no rule writes before its bar what any rule gives after its bar', () => {
  const general = `
    early:   7.7.0   -> 7.7.0
    final:   X.Y.Z   -> X.Y.Z latest | X.Y.Z-stable X.Y-stable stable
    same:    X_Y_X   -> X_Y_X        | same-X-Y
    turned:  tX.Y    -> tX.Y X.Y-then
    rc:      X.Y.Zrc -> X.Y.Zrc
    cms:     cmsX/Y  -> cms-X-Y      | cms-X.Y
    nightly: nightly -> nightly-1    | nightly-good
    other:   *       -> * *-any any-*`
  const any = 'other: * -> * v-* | *-stable stable-*-* newest'

  test.each([
    {
      policy: presets.wmcore,
      gitTag: '7.7.7-stable',
      gets: '7.7.7-stable matches rule other, *, but 7.7.7-stable is a stable tag, which rule final gives to the git tag 7.7.7: release 7.7.7, or promote it.',
    },
    {
      policy: presets.crab,
      gitTag: 'v3.240325-stable',
      gets: 'v3.240325-stable matches rule other, *, but v3.240325-stable is a stable tag, which rule release gives to the git tag v3.240325: release v3.240325, or promote it.',
    },
    { policy: presets.wmcore, gitTag: '7.7-stable', gets: 'other: 7.7-stable' },
    { policy: presets.wmcore, gitTag: '7.7.7-stable-stable', gets: 'other: 7.7.7-stable-stable' },
    { policy: presets.wmcore, gitTag: 'v7.7.7-stable', gets: 'other: v7.7.7-stable' },
    {
      policy: general,
      gitTag: '7.7-stable',
      gets: '7.7-stable matches rule other, *, but 7.7-stable is a stable tag, which rule final gives to git tags such as 7.7.Z: release one of these, or promote it.',
    },
    {
      policy: general,
      gitTag: 'stable',
      gets: 'stable matches rule other, *, but stable is a stable tag, which rule final gives to git tags such as X.Y.Z: release one of these, or promote it.',
    },
    {
      policy: general,
      gitTag: 'same-1-2',
      gets: 'same-1-2 matches rule other, *, but same-1-2 is a stable tag, which rule same gives to the git tag 1_2_1: release 1_2_1, or promote it.',
    },
    {
      policy: general,
      gitTag: 'cms-1.2',
      gets: 'cms-1.2 matches rule other, *, but cms-1.2 is a stable tag, which rule cms gives to the git tag cms1/2: release cms1/2, or promote it.',
    },
    {
      policy: general,
      gitTag: 'nightly-good',
      gets: 'nightly-good matches rule other, *, but nightly-good is a stable tag, which rule nightly gives to the git tag nightly: release nightly, or promote it.',
    },
    // A rule above takes the git tag that it would belong to.
    {
      policy: general,
      gitTag: '7.7.0-stable',
      gets: 'other: 7.7.0-stable 7.7.0-stable-any any-7.7.0-stable',
    },
    // Not the first tag, but a copy of it, or a moving tag.
    {
      policy: 'a: vX.Y -> vX.Y X-b\nb: X.Y -> X.Y | 7-b',
      gitTag: 'v7.1',
      gets: 'v7.1 matches rule a, vX.Y, but 7-b is a stable tag, which rule b gives to git tags such as X.Y: release one of these, or promote it.',
    },
    {
      policy: any,
      gitTag: 'x-stable',
      gets: 'x-stable matches rule other, *, but x-stable is a stable tag, which rule other gives to the git tag x: release x, or promote it.',
    },
    {
      policy: any,
      gitTag: 'stable-a-b-a-b',
      gets: 'stable-a-b-a-b matches rule other, *, but stable-a-b-a-b is a stable tag, which rule other gives to the git tag a-b: release a-b, or promote it.',
    },
    {
      policy: any,
      gitTag: 'stable-a-b',
      gets: 'other: stable-a-b v-stable-a-b stable-a-b-stable! stable-stable-a-b-stable-a-b! newest!~',
    },
    {
      policy: any,
      gitTag: '-stable',
      gets: '"-stable" matches no rule; * takes only what can be an image tag, and it begins with "-".',
    },
    {
      policy: 'a: X -> X v-X\nother: * -> * | v-1',
      gitTag: '1',
      gets: '1 matches rule a, X, but v-1 is a stable tag, which rule other gives to any git tag: give the git tag another name.',
    },
  ])('$gitTag', ({ policy, gitTag, gets }) => {
    expect(verdict(policy, gitTag)).toBe(gets)
  })
})

describe('the reason is one sentence', () => {
  test.each([
    {
      policy: presets.wmcore,
      gitTag: '2.3.4',
      reason: '2.3.4 is matched by rule final, X.Y.Z: it gets 2.3.4, and the stable 2.3.4-stable.',
    },
    {
      policy: presets.wmcore,
      gitTag: '2.3.5rc1',
      reason:
        '2.3.5rc1 is matched by rule candidate, X.Y.ZrcN: it gets 2.3.5rc1, and no stable tag, which only X.Y.Z (final) and X.Y.Z.P (patch) get.',
    },
    {
      policy: presets.crab,
      gitTag: 'v3.1rc1',
      reason:
        'v3.1rc1 is matched by rule other, *: it gets v3.1rc1, and no stable tag, which only v3.D (release) gets.',
    },
    {
      policy: 'a: X.Y -> X.Y X latest | X.Y-stable stable',
      gitTag: '1.2',
      reason:
        '1.2 is matched by rule a, X.Y: it gets 1.2, 1 and latest, and the stable 1.2-stable and stable.',
    },
    {
      policy: 'other: * -> *',
      gitTag: '1.2',
      reason: '1.2 is matched by rule other, *: it gets 1.2; no rule of the policy gives a stable tag.',
    },
    {
      policy: presets['dmwm-go'],
      gitTag: 'v0.5',
      reason:
        '"v0.5" matches no rule; the nearest is vX.Y.Z (v-final), which wants "." after v0.5, where it ends.',
    },
    {
      policy: presets.wmcore,
      gitTag: '2.3.4/5',
      reason:
        '"2.3.4/5" matches no rule; * takes only what can be an image tag, and it contains "/"; the nearest is X.Y.Z (final), which wants the end after 2.3.4, where it has "/5".',
    },
  ])('$gitTag', ({ policy, gitTag, reason }) => {
    expect(decide(policyOf(policy), gitTag).reason).toBe(reason)
  })
})
