import { describe, expect, test } from 'vitest'
import type { Constraints } from '../../src/reconcile/constraints.ts'
import type { FirstContent } from '../../src/reconcile/observed.ts'
import { needsFirstContent, reconcile } from '../../src/reconcile/reconcile.ts'
import { desiredFor, digest, inShort, observe, type World } from './world.ts'

const [A, B, C] = [digest('a'), digest('b'), digest('c')] as const
const OURS = '1e'.repeat(20)
const OTHERS = '2'.repeat(40)
const ours: FirstContent = { kind: 'image', revision: OURS }

/** A release on the git tag of its commit. */
const RELEASE: Constraints = {
  publishes: 'build',
  onExisting: 'same-revision',
  stable: { kind: 'write' },
  revision: OURS,
}
const PUSH: Constraints = { ...RELEASE, publishes: 'push' }
/** A promotion, or a look: nothing may be built. */
const PROMOTE: Constraints = { publishes: 'nothing', onExisting: 'reuse', stable: { kind: 'write' } }
const LATER: Pick<Constraints, 'stable'> = { stable: { kind: 'withhold', why: 'waits' } }

/** Every kind of tag: built, copied and moving, copied and stable, copied, stable and moving. */
const FULL = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable X.Y-stable'

interface Case {
  readonly what: string
  readonly world: World
  readonly constraints: Constraints
  readonly content?: FirstContent
  readonly policy?: string
  readonly gitTag?: string
  readonly steps: readonly string[]
}

const check = ({ world, constraints, content, policy, gitTag = '2.3.4', steps }: Case): void => {
  const desired = desiredFor(gitTag, policy)
  expect(inShort(reconcile(desired, observe(desired, world, content), constraints))).toEqual(steps)
}

describe('the first tag', () => {
  const existing = { '2.3.4': A }
  const copies = ['copy 2.3.4-stable a']
  test.each<Case>([
    {
      what: 'absent: it is built',
      world: {},
      constraints: RELEASE,
      steps: ['build 2.3.4', 'copy 2.3.4-stable new'],
    },
    {
      what: 'absent: it is pushed',
      world: {},
      constraints: PUSH,
      steps: ['push 2.3.4', 'copy 2.3.4-stable new'],
    },
    {
      what: 'absent, and nothing may be built',
      world: {},
      constraints: PROMOTE,
      steps: ['refuse 2.3.4: not-published', 'copy 2.3.4-stable new'],
    },
    {
      what: 'there, and nothing may be built',
      world: existing,
      constraints: PROMOTE,
      steps: ['keep 2.3.4 a', ...copies],
    },
    {
      what: 'of this revision',
      world: existing,
      content: ours,
      constraints: RELEASE,
      steps: ['keep 2.3.4 a', ...copies],
    },
    {
      what: 'of this revision, which its label has in capitals',
      world: existing,
      content: { kind: 'image', revision: OURS.toUpperCase() },
      constraints: RELEASE,
      steps: ['keep 2.3.4 a', ...copies],
    },
    {
      what: 'of another revision',
      world: existing,
      content: { kind: 'image', revision: OTHERS },
      constraints: RELEASE,
      steps: ['refuse 2.3.4: already-published', ...copies],
    },
    {
      what: 'without a revision',
      world: existing,
      content: { kind: 'image', revision: undefined },
      constraints: RELEASE,
      steps: ['refuse 2.3.4: already-published', ...copies],
    },
    {
      what: 'without a revision, in a run that does not know its own',
      world: existing,
      content: { kind: 'image', revision: undefined },
      constraints: { ...RELEASE, revision: undefined },
      steps: ['refuse 2.3.4: already-published', ...copies],
    },
    {
      what: 'the image that is to be pushed',
      world: existing,
      constraints: { ...PUSH, revision: OTHERS, own: [B, A] },
      steps: ['keep 2.3.4 a', ...copies],
    },
    {
      what: 'not an image, but what a push that was stopped has left',
      world: existing,
      content: { kind: 'leftover' },
      constraints: RELEASE,
      steps: ['build 2.3.4', 'copy 2.3.4-stable new'],
    },
    {
      what: 'of another revision, reused',
      world: existing,
      content: { kind: 'image', revision: OTHERS },
      constraints: { ...RELEASE, onExisting: 'reuse' },
      steps: ['keep 2.3.4 a', ...copies],
    },
    {
      what: 'of this revision, and none may be there',
      world: existing,
      content: ours,
      constraints: { ...RELEASE, onExisting: 'fail' },
      steps: ['refuse 2.3.4: already-published', ...copies],
    },
    {
      what: 'absent, and none may be there',
      world: {},
      constraints: { ...RELEASE, onExisting: 'fail' },
      steps: ['build 2.3.4', 'copy 2.3.4-stable new'],
    },
    {
      what: 'of this revision, overwritten all the same',
      world: existing,
      content: ours,
      constraints: { ...RELEASE, onExisting: 'overwrite' },
      steps: ['build 2.3.4, replaces a', 'copy 2.3.4-stable new'],
    },
    {
      what: 'the one that was given',
      world: existing,
      constraints: { ...PROMOTE, image: { digest: A, from: 'given' } },
      steps: ['keep 2.3.4 a', ...copies],
    },
    {
      what: 'another than the one that was given',
      world: existing,
      constraints: { ...PROMOTE, image: { digest: B, from: 'given' } },
      steps: ['refuse 2.3.4: not-as-planned', 'copy 2.3.4-stable b'],
    },
    {
      what: 'another than the one that was given, and so is a copy',
      world: { ...existing, '2.3.4-stable': A },
      constraints: { ...PROMOTE, image: { digest: B, from: 'given' } },
      steps: ['refuse 2.3.4: not-as-planned', 'refuse 2.3.4-stable: not-as-planned'],
    },
    {
      what: 'absent, and one was given',
      world: {},
      constraints: { ...PROMOTE, image: { digest: B, from: 'given' } },
      steps: ['refuse 2.3.4: not-published', 'copy 2.3.4-stable b'],
    },
    {
      what: 'still what this run found before it waited',
      world: existing,
      constraints: { ...RELEASE, image: { digest: A, from: 'found' } },
      steps: ['keep 2.3.4 a', ...copies],
    },
    {
      what: 'become something else while this run waited',
      world: existing,
      constraints: { ...RELEASE, image: { digest: B, from: 'found' } },
      steps: ['refuse 2.3.4: not-as-planned', 'copy 2.3.4-stable b'],
    },
    {
      what: 'gone since this run has pushed it',
      world: {},
      constraints: { ...RELEASE, image: { digest: B, from: 'built' } },
      steps: ['refuse 2.3.4: not-as-planned', 'copy 2.3.4-stable b'],
    },
    {
      what: 'moving: it is built whatever is there',
      policy: 'nightly: nightly -> nightly',
      gitTag: 'nightly',
      world: { nightly: A },
      constraints: RELEASE,
      steps: ['build nightly'],
    },
    {
      what: 'moving, and nothing may be built',
      policy: 'nightly: nightly -> nightly',
      gitTag: 'nightly',
      world: { nightly: A },
      constraints: PROMOTE,
      steps: ['keep nightly a'],
    },
    {
      what: 'alone',
      gitTag: '2.3.5rc1',
      world: {},
      constraints: RELEASE,
      steps: ['build 2.3.5rc1'],
    },
  ])('$what', check)
})

describe('a fixed tag beside it', () => {
  const both = { '2.3.4': A, '2.3.4-stable': A }
  const differs = { '2.3.4': A, '2.3.4-stable': B }
  const alone = { '2.3.4-stable': B }
  test.each<Case>([
    {
      what: 'has the image',
      world: both,
      content: ours,
      constraints: RELEASE,
      steps: ['keep 2.3.4 a', 'keep 2.3.4-stable a'],
    },
    {
      what: 'has another image',
      world: differs,
      content: ours,
      constraints: RELEASE,
      steps: ['keep 2.3.4 a', 'refuse 2.3.4-stable: already-published'],
    },
    {
      what: 'has another image, reused',
      world: differs,
      content: ours,
      constraints: { ...RELEASE, onExisting: 'reuse' },
      steps: ['keep 2.3.4 a', 'refuse 2.3.4-stable: already-published'],
    },
    {
      what: 'has another image, promoted',
      world: differs,
      constraints: PROMOTE,
      steps: ['keep 2.3.4 a', 'refuse 2.3.4-stable: already-published'],
    },
    {
      what: 'has another image, overwritten',
      world: differs,
      constraints: { ...RELEASE, onExisting: 'overwrite' },
      steps: ['build 2.3.4, replaces a', 'copy 2.3.4-stable new, replaces b'],
    },
    {
      what: 'is there without the first',
      world: alone,
      constraints: RELEASE,
      steps: ['build 2.3.4', 'refuse 2.3.4-stable: already-published'],
    },
    {
      what: 'is there without the first, reused',
      world: alone,
      constraints: { ...RELEASE, onExisting: 'reuse' },
      steps: ['build 2.3.4', 'refuse 2.3.4-stable: already-published'],
    },
    {
      what: 'is there without the first, overwritten',
      world: alone,
      constraints: { ...RELEASE, onExisting: 'overwrite' },
      steps: ['build 2.3.4', 'copy 2.3.4-stable new, replaces b'],
    },
    {
      what: 'is there without the first, promoted',
      world: alone,
      constraints: PROMOTE,
      steps: ['refuse 2.3.4: not-published', 'refuse 2.3.4-stable: already-published'],
    },
    {
      what: 'was written by another run while this one built',
      world: differs,
      constraints: { ...RELEASE, image: { digest: A, from: 'built' } },
      steps: ['keep 2.3.4 a', 'restore 2.3.4 b', 'refuse 2.3.4-stable: not-as-planned'],
    },
    {
      what: 'was written by another run, and the first too',
      world: { '2.3.4': B, '2.3.4-stable': B },
      constraints: { ...RELEASE, image: { digest: A, from: 'built' } },
      steps: ['refuse 2.3.4: not-as-planned', 'refuse 2.3.4-stable: not-as-planned'],
    },
    {
      what: 'was written by another run while this one waited',
      world: differs,
      constraints: { ...RELEASE, image: { digest: A, from: 'found' } },
      steps: ['keep 2.3.4 a', 'refuse 2.3.4-stable: not-as-planned'],
    },
    {
      what: 'was written by another run, and this one overwrites',
      world: differs,
      constraints: { ...RELEASE, onExisting: 'overwrite', image: { digest: A, from: 'built' } },
      steps: ['keep 2.3.4 a', 'copy 2.3.4-stable a, replaces b'],
    },
  ])('$what', check)
})

describe('a stable tag that waits', () => {
  test.each<Case>([
    {
      what: 'is not written',
      world: {},
      constraints: { ...RELEASE, ...LATER },
      steps: ['build 2.3.4', 'withhold 2.3.4-stable: waits'],
    },
    {
      what: 'is kept where it has the image',
      world: { '2.3.4': A, '2.3.4-stable': A },
      content: ours,
      constraints: { ...RELEASE, ...LATER },
      steps: ['keep 2.3.4 a', 'keep 2.3.4-stable a'],
    },
    {
      what: 'still must not have another image',
      world: { '2.3.4': A, '2.3.4-stable': B },
      content: ours,
      constraints: { ...RELEASE, ...LATER },
      steps: ['keep 2.3.4 a', 'refuse 2.3.4-stable: already-published'],
    },
    {
      what: 'keeps a promoted version from being overwritten',
      world: { '2.3.4': A, '2.3.4-stable': A },
      constraints: { ...RELEASE, ...LATER, onExisting: 'overwrite' },
      steps: ['build 2.3.4, replaces a', 'refuse 2.3.4-stable: already-published'],
    },
    {
      what: 'does not keep one that is not promoted',
      world: { '2.3.4': A },
      constraints: { ...RELEASE, ...LATER, onExisting: 'overwrite' },
      steps: ['build 2.3.4, replaces a', 'withhold 2.3.4-stable: waits'],
    },
    {
      what: 'and moves waits as well, with the version that it has',
      policy: FULL,
      world: { '2.3.3': B, '2.3.3-stable': B, '2.3': B, '2.3-stable': B },
      constraints: { ...RELEASE, ...LATER },
      steps: ['build 2.3.4', 'withhold 2.3.4-stable: waits', 'move 2.3 new', 'withhold 2.3-stable: waits'],
    },
    {
      what: 'and moves keeps this version from being overwritten once it has it',
      policy: 'final: X.Y.Z -> X.Y.Z | X.Y-stable',
      world: { '2.3.4': A, '2.3-stable': A },
      constraints: { ...RELEASE, ...LATER, onExisting: 'overwrite' },
      steps: ['build 2.3.4, replaces a', 'refuse 2.3-stable: already-published'],
    },
    {
      what: 'and moves does not keep it while another version has it',
      policy: 'final: X.Y.Z -> X.Y.Z | X.Y-stable',
      world: { '2.3.3': B, '2.3.4': A, '2.3-stable': B },
      constraints: { ...RELEASE, ...LATER, onExisting: 'overwrite' },
      steps: ['build 2.3.4, replaces a', 'withhold 2.3-stable: waits'],
    },
  ])('$what', check)
})

describe('a moving tag', () => {
  const kept = ['keep 2.3.4 a', 'keep 2.3.4-stable a']
  const world = { '2.3.4': A, '2.3.4-stable': A }
  test.each<Case>([
    {
      what: 'is written where it is absent',
      world,
      constraints: PROMOTE,
      steps: [...kept, 'move 2.3 a', 'move 2.3-stable a'],
    },
    {
      what: 'leaves an older version',
      world: { ...world, '2.3.3': B, '2.3.3-stable': B, '2.3': B, '2.3-stable': B },
      constraints: PROMOTE,
      steps: [...kept, 'move 2.3 a', 'move 2.3-stable a'],
    },
    {
      what: 'stays with a newer version',
      world: { ...world, '2.3.10': C, '2.3.10-stable': C, '2.3': C, '2.3-stable': C },
      constraints: PROMOTE,
      steps: [...kept, 'stay 2.3 with 2.3.10', 'stay 2.3-stable with 2.3.10-stable'],
    },
    {
      what: 'that is stable does not wait for a newer version that is not promoted',
      world: { ...world, '2.3.10': C, '2.3': C },
      constraints: PROMOTE,
      steps: [...kept, 'stay 2.3 with 2.3.10', 'move 2.3-stable a'],
    },
    {
      what: 'stays, whatever may be overwritten',
      world: { ...world, '2.3.10': C, '2.3.10-stable': C, '2.3': C, '2.3-stable': C },
      constraints: { ...RELEASE, onExisting: 'overwrite' },
      steps: [
        'build 2.3.4, replaces a',
        'copy 2.3.4-stable new, replaces a',
        'stay 2.3 with 2.3.10',
        'stay 2.3-stable with 2.3.10-stable',
      ],
    },
    {
      what: 'is kept where it has the image',
      world: { ...world, '2.3': A, '2.3-stable': A },
      constraints: PROMOTE,
      steps: [...kept, 'keep 2.3 a', 'keep 2.3-stable a'],
    },
  ])('$what', each => check({ policy: FULL, ...each }))
})

describe('what a refusal says', () => {
  const refusal = (world: World, constraints: Constraints, content?: FirstContent) => {
    const desired = desiredFor('2.3.4')
    const found = reconcile(desired, observe(desired, world, content), constraints).find(
      ({ kind }) => kind === 'refuse',
    )
    return found?.kind === 'refuse' ? `${found.why}. ${found.remedy}` : ''
  }
  test.each([
    {
      what: 'of another revision',
      says: [
        `2.3.4 is there already, as ${A}, built from revision ${OTHERS}; this run is for revision ${OURS}.`,
        'on-existing: reuse',
        'on-existing: overwrite',
        'release a new version',
      ],
      text: refusal({ '2.3.4': A }, RELEASE, { kind: 'image', revision: OTHERS }),
    },
    {
      what: 'of a commit that is not known',
      says: ['without the label of its revision; which commit this run would build is not known.'],
      text: refusal(
        { '2.3.4': A },
        { ...RELEASE, revision: undefined },
        { kind: 'image', revision: undefined },
      ),
    },
    {
      what: 'of a stable tag that differs',
      says: [`2.3.4 is ${A}, but 2.3.4-stable is there already, as ${B}.`],
      text: refusal({ '2.3.4': A, '2.3.4-stable': B }, RELEASE, ours),
    },
    {
      what: 'of a promotion, which can not overwrite',
      says: [`2.3.4 is ${A}, but 2.3.4-stable is there already, as ${B}.`],
      text: refusal({ '2.3.4': A, '2.3.4-stable': B }, PROMOTE),
    },
    {
      what: 'of a copy that is there alone',
      says: ['2.3.4 is not in the registry. Release 2.3.4 first'],
      text: refusal({ '2.3.4-stable': B }, PROMOTE),
    },
    {
      what: 'of two runs at once',
      says: [
        `2.3.4-stable became ${B} while this run built ${A}, so 2.3.4 was given back to it.`,
        'concurrency group',
      ],
      text: refusal({ '2.3.4': A, '2.3.4-stable': B }, { ...RELEASE, image: { digest: A, from: 'built' } }),
    },
  ])('$what', ({ says, text }) => {
    for (const part of says) expect(text).toContain(part)
  })
})

describe('the content of the first tag is read', () => {
  test.each([
    { when: 'it decides', world: { '2.3.4': A }, constraints: RELEASE, reads: true },
    { when: 'there is nothing', world: {}, constraints: RELEASE, reads: false },
    {
      when: 'it is the image that is pushed',
      world: { '2.3.4': A },
      constraints: { ...PUSH, own: [A] },
      reads: false,
    },
    {
      when: 'it is reused',
      world: { '2.3.4': A },
      constraints: { ...RELEASE, onExisting: 'reuse' },
      reads: false,
    },
    {
      when: 'it is overwritten',
      world: { '2.3.4': A },
      constraints: { ...RELEASE, onExisting: 'overwrite' },
      reads: false,
    },
    { when: 'it is promoted', world: { '2.3.4': A }, constraints: PROMOTE, reads: false },
    {
      when: 'it was built',
      world: { '2.3.4': A },
      constraints: { ...RELEASE, image: { digest: A, from: 'built' } },
      reads: false,
    },
  ] as const)('$when: $reads', ({ world, constraints, reads }) => {
    const desired = desiredFor('2.3.4')
    expect(needsFirstContent(desired, observe(desired, world).tags, constraints)).toBe(reads)
  })
})
