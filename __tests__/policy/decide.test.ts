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

const expectRefusal = (policy: string, gitTag: string, facts: readonly string[]): void => {
  const decision = decide(policyOf(policy), gitTag)
  expect(decision.kind).toBe('refused')
  for (const fact of facts) expect(decision.reason).toContain(fact)
}

describe('what a git tag gets', () => {
  const general = `
    final:   X.Y.Z         -> X.Y.Z latest X.Y v-X.Y.Z | X.Y.Z-stable X-stable
    year:    202X.Y        -> 202X.Y
    same:    sX.Y.X        -> X.Y
    turned:  tX.Y          -> Y.X
    dbs:     DBS_X_Y       -> dbs-X.Y
    build:   bX/N          -> X-N
    suffix:  X.Y-el        -> X.Y.el
    quoted:  v"Z"X.Y"-RC"N -> X"Y"Y-"RC".N
    nightly: nightly       -> nightly | nightly-stable
    seven:   7.Y           -> seven.Y
    two:     X.Y           -> X.Y`
  const any = 'other: * -> * *-test any'
  const long = '1'.repeat(124)

  test.each([
    {
      gitTag: '2.3.4',
      gets: '2.3.4 v-2.3.4 2.3.4-stable! latest~ 2.3~ 2-stable!~',
      why: 'fixed before moving',
    },
    { gitTag: '02.3.0', gets: '02.3.0 v-02.3.0 02.3.0-stable! latest~ 02.3~ 02-stable!~', why: 'as written' },
    { gitTag: '2024.1', rule: 'year', gets: '2024.1', why: 'a number behind digits' },
    { gitTag: '202.1', rule: 'two', gets: '202.1', why: 'no digit is left for X' },
    { gitTag: '7.1', rule: 'seven', gets: 'seven.1', why: 'the first rule that matches decides' },
    { gitTag: '07.1', rule: 'two', gets: '07.1', why: 'literal digits match as they are written' },
    { gitTag: 's1.2.1', rule: 'same', gets: '1.2', why: 'the same letter twice, the same number' },
    { gitTag: 't1.2', rule: 'turned', gets: '2.1', why: 'the letters decide, not their order' },
    { gitTag: 'DBS_2_3', rule: 'dbs', gets: 'dbs-2.3', why: 'capitals beside each other are literal' },
    { gitTag: 'b12/3', rule: 'build', gets: '12-3', why: 'a git tag may have slashes' },
    { gitTag: '9.10-el', rule: 'suffix', gets: '9.10.el', why: 'literal text at the end' },
    { gitTag: 'vZ1.2-RC3', rule: 'quoted', gets: '1Y2-RC.3', why: 'what is in quotes is literal' },
    { gitTag: 'nightly', rule: 'nightly', gets: 'nightly~ nightly-stable!~', why: 'no version, so all move' },
    {
      policy: any,
      gitTag: 'Fix_1.x',
      rule: 'other',
      gets: 'Fix_1.x Fix_1.x-test any~',
      why: '* is all of it',
    },
    { policy: 'a: X -> X-abc', gitTag: long, rule: 'a', gets: `${long}-abc`, why: '128 characters' },
    { policy: 'a: X.Y -> X.Y Y.X', gitTag: '1.2', rule: 'a', gets: '1.2 2.1', why: 'they differ' },
  ])('$gitTag: $why', ({ policy = general, gitTag, rule = 'final', gets }) => {
    expect(verdict(policy, gitTag)).toBe(`${rule}: ${gets}`)
  })

  test.each<{ policy?: string; gitTag: string; facts: string[] }>([
    { gitTag: 's1.2.2', facts: ['matches no rule', 'sX.Y.X (same)', '1 again (X) after s1.2.,', '"2"'] },
    { gitTag: 's1.2.01', facts: ['sX.Y.X (same)', '1 again (X)', '"01"'] },
    { gitTag: '1.2.', facts: ['X.Y.Z (final)', 'a number (Z) after 1.2.,', 'it ends'] },
    { gitTag: '1.2.3\n', facts: ['"1.2.3\\n" matches no rule', 'the end after 1.2.3,', '"\\n"'] },
    { gitTag: '1.2.٣', facts: ['X.Y.Z (final)', 'a number (Z)', '"٣"'] },
    { gitTag: 'dbs_2_3', facts: ['X.Y.Z (final)', 'a number (X) at its beginning'] },
    { gitTag: 'vZ1.2-rc3', facts: ['(quoted)', '"RC" after vZ1.2-,', '"rc3"'] },
    { gitTag: '', facts: ['"" matches no rule', 'it ends'] },
    { policy: any, gitTag: 'fix/login', facts: ['matches no rule', 'it contains "/"'] },
    { policy: any, gitTag: '1.2.3+4', facts: ['it contains "+"'] },
    { policy: any, gitTag: '.hidden', facts: ['it begins with "."'] },
    { policy: any, gitTag: '', facts: ['it is empty'] },
    { policy: any, gitTag: 'a'.repeat(129), facts: ['129 characters'] },
    {
      policy: 'a: X -> X-abcd\nother: * -> *',
      gitTag: long,
      facts: ['rule a, X,', `${long}-abcd`, '129 char'],
    },
    { policy: 'a: X.Y -> X.Y Y.X', gitTag: '1.1', facts: ['rule a, X.Y,', 'both 1.1'] },
    {
      policy: presets.wmcore,
      gitTag: '2.3.4/5',
      facts: ['contains "/"', 'X.Y.Z (final)', 'the end after 2.3.4'],
    },
    {
      policy: presets['dmwm-go'],
      gitTag: '2.3.4.1',
      facts: ['X.Y.Z (final)', 'policy: wmcore has a rule for it, patch (X.Y.Z.P)'],
    },
    { policy: presets['dmwm-go'], gitTag: 'v0.5', facts: ['vX.Y.Z (v-final)', '"." after v0.5', 'it ends'] },
  ])('$gitTag is refused: $facts', ({ policy = general, gitTag, facts }) => {
    expectRefusal(policy, gitTag, facts)
  })
})

describe('no rule writes before its bar what any rule gives after its bar', () => {
  const general = `
    early:   7.7.0   -> 7.7.0
    final:   X.Y.Z   -> X.Y.Z latest | X.Y.Z-stable X.Y-stable stable
    same:    X_Y_X   -> X_Y_X        | same-X-Y
    cms:     cmsX/Y  -> cms-X-Y      | cms-X.Y
    nightly: nightly -> nightly-1    | nightly-good
    other:   *       -> * *-any any-*`
  const any = 'other: * -> * v-* | *-stable stable-*-* newest'

  test.each<{ policy?: string; gitTag: string; facts: string[] }>([
    { policy: presets.wmcore, gitTag: '7.7.7-stable', facts: ['rule final', 'release 7.7.7, or promote'] },
    { policy: presets.crab, gitTag: 'v3.240325-stable', facts: ['rule release', 'release v3.240325,'] },
    { gitTag: '7.7-stable', facts: ['rule final', '7.7.Z'] },
    { gitTag: 'stable', facts: ['rule final', 'X.Y.Z'] },
    { gitTag: 'same-1-2', facts: ['rule same', 'release 1_2_1,'] },
    { gitTag: 'cms-1.2', facts: ['rule cms', 'release cms1/2,'] },
    { gitTag: 'nightly-good', facts: ['rule nightly', 'release nightly,'] },
    // Not the first tag, but a copy of it.
    {
      policy: 'a: vX.Y -> vX.Y X-b\nb: X.Y -> X.Y | 7-b',
      gitTag: 'v7.1',
      facts: ['7-b is a stable', 'rule b'],
    },
    { policy: any, gitTag: 'x-stable', facts: ['rule other', 'release x,'] },
    { policy: any, gitTag: 'stable-a-b-a-b', facts: ['release a-b,'] },
    {
      policy: 'a: X -> X v-X\nother: * -> * | v-1',
      gitTag: '1',
      facts: ['v-1 is a stable', 'rule other', '*'],
    },
  ])('$gitTag is refused: $facts', ({ policy = general, gitTag, facts }) => {
    expectRefusal(policy, gitTag, ['is a stable tag', ...facts])
  })

  test.each([
    { policy: presets.wmcore, gitTag: '7.7-stable', gets: 'other: 7.7-stable' },
    { policy: presets.wmcore, gitTag: '7.7.7-stable-stable', gets: 'other: 7.7.7-stable-stable' },
    { policy: presets.wmcore, gitTag: 'v7.7.7-stable', gets: 'other: v7.7.7-stable' },
    // A rule above takes the git tag that it would belong to.
    {
      policy: general,
      gitTag: '7.7.0-stable',
      gets: 'other: 7.7.0-stable 7.7.0-stable-any any-7.7.0-stable',
    },
    // What stands for * differs.
    {
      policy: any,
      gitTag: 'stable-a-b',
      gets: 'other: stable-a-b v-stable-a-b stable-a-b-stable! stable-stable-a-b-stable-a-b! newest!~',
    },
  ])('$gitTag gets $gets', ({ policy, gitTag, gets }) => {
    expect(verdict(policy, gitTag)).toBe(gets)
  })
})

describe('the reason names what it gets, and who gets a stable tag', () => {
  const both = 'a: X.Y -> X.Y X latest | X.Y-stable stable'
  test.each([
    { policy: presets.wmcore, gitTag: '2.3.4', facts: ['rule final, X.Y.Z', '2.3.4', 'stable 2.3.4-stable'] },
    {
      policy: presets.wmcore,
      gitTag: '2.3.5rc1',
      facts: ['gets 2.3.5rc1', 'no stable tag', 'X.Y.Z (final) and X.Y.Z.P (patch)'],
    },
    { policy: presets.crab, gitTag: 'v3.1rc1', facts: ['rule other, *', 'no stable tag', 'v3.D (release)'] },
    {
      policy: presets.wmcore,
      gitTag: 'v1.0.0',
      facts: ['rule other, *', 'policy: dmwm-go has a rule for it, v-final (vX.Y.Z).'],
    },
    { policy: presets.wmcore, gitTag: 'v1.0.0rc1', facts: ['policy: dmwm-go', 'v-candidate (vX.Y.ZrcN)'] },
    { policy: presets.crab, gitTag: '1.2.3', facts: ['policy: wmcore', 'final (X.Y.Z)'] },
    { policy: 'any: * -> * | *-stable', gitTag: '1.2.3', facts: ['the stable 1.2.3-stable.'] },
    { policy: both, gitTag: '1.2', facts: ['gets 1.2, 1, and latest', 'stable 1.2-stable and stable'] },
    { policy: 'other: * -> *', gitTag: '1.2', facts: ['gets 1.2', 'no stable tag.'] },
  ])('$gitTag', ({ policy, gitTag, facts }) => {
    for (const fact of facts) expect(decide(policyOf(policy), gitTag).reason).toContain(fact)
  })
})
