import { describe, expect, test } from 'vitest'
import { needsFirstContent, reconcile } from '../../src/reconcile/reconcile.ts'
import { type Constraints, type FirstContent, mirrorConstraints } from '../../src/reconcile/state.ts'
import type { Step } from '../../src/reconcile/step.ts'
import type { Digest } from '../../src/registry/reference.ts'
import { desiredFor, digest, observe, type World } from './world.ts'

const [A, B, C] = [digest('a'), digest('b'), digest('c')] as const
const OURS = '1e'.repeat(20)
const of = (revision: string | undefined): FirstContent => ({ kind: 'image', revision })
const ours = of(OURS)
const other = of('2'.repeat(40))

/** A release on the git tag of its commit. */
const RELEASE: Constraints = {
  publishes: 'build',
  onExisting: 'same-revision',
  stable: { kind: 'write' },
  revision: OURS,
}
const PUSH: Constraints = { ...RELEASE, publishes: 'push' }
const REUSE: Constraints = { ...RELEASE, onExisting: 'reuse' }
const FAIL: Constraints = { ...RELEASE, onExisting: 'fail' }
const OVERWRITE: Constraints = { ...RELEASE, onExisting: 'overwrite' }
/** A promotion, or a look: nothing may be built. */
const PROMOTE: Constraints = { publishes: 'nothing', onExisting: 'reuse', stable: { kind: 'write' } }
const later = (constraints: Constraints): Constraints => {
  return { ...constraints, stable: { kind: 'withhold', why: 'waits' } }
}
/** The image is known: given, found before this run waited, or built by it. */
const given = (image: Digest): Constraints => ({ ...PROMOTE, image: { digest: image, from: 'given' } })
const found = (image: Digest): Constraints => ({ ...RELEASE, image: { digest: image, from: 'found' } })
const built = (image: Digest, on = RELEASE): Constraints => ({
  ...on,
  image: { digest: image, from: 'built' },
})

/** What the tags 2.3.4 and 2.3.4-stable lead to. */
const [NONE, FIRST, BOTH] = [{}, { '2.3.4': A }, { '2.3.4': A, '2.3.4-stable': A }]
const [DIFFER, ALONE] = [{ '2.3.4': A, '2.3.4-stable': B }, { '2.3.4-stable': B }]

/** A digest by its letter; `new` is the one that is yet to be built. */
const letterOf = (some: Digest | undefined): string => (some === undefined ? 'new' : (some.at(-1) ?? ''))

const inShort = (step: Step): string => {
  if (step.kind === 'stay') return `stay with ${step.newest}`
  if (step.kind === 'withhold') return step.why
  if (step.kind === 'refuse') return step.error
  const replaces = 'replaces' in step && step.replaces ? ` over ${letterOf(step.replaces)}` : ''
  return `${step.kind}${'digest' in step ? ` ${letterOf(step.digest)}` : ''}${replaces}`
}

/** `steps` has a step for each tag, in the order of the policy, and `restore` behind the first. */
interface Case {
  readonly what: string
  readonly world: World
  readonly on: Constraints
  readonly content?: FirstContent
  readonly steps: readonly string[]
}

const check =
  (policy = 'wmcore', gitTag = '2.3.4') =>
  ({ world, on, content, steps }: Case): void => {
    const desired = desiredFor(gitTag, policy)
    expect(reconcile(desired, observe(desired, world, content), on).map(inShort)).toEqual(steps)
  }

describe('the first tag', () => {
  const [kept, copied] = [['keep a', 'copy a'], 'copy a']
  test.each<Case>([
    { what: 'absent: it is built', world: NONE, on: RELEASE, steps: ['build', 'copy new'] },
    { what: 'absent: it is pushed', world: NONE, on: PUSH, steps: ['push', 'copy new'] },
    { what: 'absent, and nothing is built', world: NONE, on: PROMOTE, steps: ['not-published', 'copy new'] },
    { what: 'absent, and one is given', world: NONE, on: given(B), steps: ['not-published', 'copy b'] },
    { what: 'absent, and none may be there', world: NONE, on: FAIL, steps: ['build', 'copy new'] },
    { what: 'there, and nothing is built', world: FIRST, on: PROMOTE, steps: kept },
    { what: 'of this revision', world: FIRST, content: ours, on: RELEASE, steps: kept },
    { what: 'of it, in capitals', world: FIRST, content: of(OURS.toUpperCase()), on: RELEASE, steps: kept },
    { what: 'of another', world: FIRST, content: other, on: RELEASE, steps: ['already-published', copied] },
    {
      what: 'of none',
      world: FIRST,
      content: of(undefined),
      on: RELEASE,
      steps: ['already-published', copied],
    },
    {
      what: 'of none, in a run that does not know its own',
      world: FIRST,
      content: of(undefined),
      on: { ...RELEASE, revision: undefined },
      steps: ['already-published', copied],
    },
    {
      what: 'of this revision, a part of an index',
      world: FIRST,
      content: { kind: 'image', revision: OURS, isPart: true },
      on: RELEASE,
      steps: ['already-published', copied],
    },
    { what: 'of another, reused', world: FIRST, content: other, on: REUSE, steps: kept },
    {
      what: 'there, and must not be',
      world: FIRST,
      content: ours,
      on: FAIL,
      steps: ['already-published', copied],
    },
    { what: 'overwritten', world: FIRST, content: ours, on: OVERWRITE, steps: ['build over a', 'copy new'] },
    { what: 'the image that is pushed', world: FIRST, on: { ...PUSH, own: [B, A] }, steps: kept },
    {
      what: 'a leftover',
      world: FIRST,
      content: { kind: 'leftover' },
      on: RELEASE,
      steps: ['build', 'copy new'],
    },
    { what: 'the one that was given', world: FIRST, on: given(A), steps: kept },
    { what: 'not that', world: FIRST, on: given(B), steps: ['not-as-planned', 'copy b'] },
    {
      what: 'not that, and neither is a copy',
      world: BOTH,
      on: given(B),
      steps: ['not-as-planned', 'not-as-planned'],
    },
    { what: 'still what was found', world: FIRST, on: found(A), steps: kept },
    { what: 'no more that', world: FIRST, on: found(B), steps: ['not-as-planned', 'copy b'] },
    { what: 'gone since its push', world: NONE, on: built(B), steps: ['not-as-planned', 'copy b'] },
  ])('$what', check())

  test.each<Case>([
    { what: 'it is built whatever is there', world: { nightly: A }, on: RELEASE, steps: ['build'] },
    { what: 'and nothing is built', world: { nightly: A }, on: PROMOTE, steps: ['keep a'] },
  ])('moving: $what', check('nightly: nightly -> nightly', 'nightly'))
})

describe('a mirror', () => {
  const on = (image?: Digest, onExisting: Constraints['onExisting'] = 'same-revision') =>
    mirrorConstraints(image, onExisting, { kind: 'write' })
  const refused = 'already-published'
  test.each<Case>([
    { what: 'that is empty gets the image', world: NONE, on: on(A), steps: ['mirror', 'copy a'] },
    { what: 'that is empty, of an image to be built', world: NONE, on: on(), steps: ['mirror', 'copy new'] },
    { what: 'that has the first tag', world: FIRST, on: on(A), steps: ['keep a', 'copy a'] },
    { what: 'that has all', world: BOTH, on: on(A, 'fail'), steps: ['keep a', 'keep a'] },
    { what: 'that has another image', world: FIRST, on: on(B), steps: [refused, 'copy b'] },
    { what: 'that has one before it is built', world: FIRST, on: on(), steps: [refused, 'copy a'] },
    { what: 'whose copy is another', world: DIFFER, on: on(A), steps: ['keep a', refused] },
    { what: 'that has the copy alone', world: { '2.3.4-stable': A }, on: on(A), steps: ['mirror', 'keep a'] },
    { what: 'that reuses nothing', world: FIRST, on: on(B, 'reuse'), steps: [refused, 'copy b'] },
    {
      what: 'that is overwritten',
      world: BOTH,
      on: on(B, 'overwrite'),
      steps: ['mirror over a', 'copy b over a'],
    },
  ])('$what', check())
})

describe('a fixed tag beside it', () => {
  const both = ['build', 'already-published']
  test.each<Case>([
    { what: 'has the image', world: BOTH, content: ours, on: RELEASE, steps: ['keep a', 'keep a'] },
    {
      what: 'has another',
      world: DIFFER,
      content: ours,
      on: RELEASE,
      steps: ['keep a', 'already-published'],
    },
    { what: 'has another, reused', world: DIFFER, on: REUSE, steps: ['keep a', 'already-published'] },
    { what: 'has another, promoted', world: DIFFER, on: PROMOTE, steps: ['keep a', 'already-published'] },
    { what: 'is overwritten', world: DIFFER, on: OVERWRITE, steps: ['build over a', 'copy new over b'] },
    { what: 'is there alone', world: ALONE, on: RELEASE, steps: both },
    { what: 'is there alone, reused', world: ALONE, on: REUSE, steps: both },
    { what: 'is there alone, overwritten', world: ALONE, on: OVERWRITE, steps: ['build', 'copy new over b'] },
    { what: 'alone, promoted', world: ALONE, on: PROMOTE, steps: ['not-published', 'already-published'] },
    {
      what: 'came while this run built',
      world: DIFFER,
      on: built(A),
      steps: ['keep a', 'restore b', 'not-as-planned'],
    },
    {
      what: 'came, and the first too',
      world: { '2.3.4': B, '2.3.4-stable': B },
      on: built(A),
      steps: ['not-as-planned', 'not-as-planned'],
    },
    { what: 'came while this run waited', world: DIFFER, on: found(A), steps: ['keep a', 'not-as-planned'] },
    { what: 'came, overwritten', world: DIFFER, on: built(A, OVERWRITE), steps: ['keep a', 'copy a over b'] },
  ])('$what', check())
})

describe('a stable tag that waits', () => {
  const taken = ['build over a', 'already-published']
  test.each<Case>([
    { what: 'is not written', world: NONE, on: later(RELEASE), steps: ['build', 'waits'] },
    { what: 'is kept', world: BOTH, content: ours, on: later(RELEASE), steps: ['keep a', 'keep a'] },
    {
      what: 'must not be another image',
      world: DIFFER,
      on: later(REUSE),
      steps: ['keep a', 'already-published'],
    },
    {
      what: 'keeps a promoted version from being overwritten',
      world: BOTH,
      on: later(OVERWRITE),
      steps: taken,
    },
    { what: 'does not keep others', world: FIRST, on: later(OVERWRITE), steps: ['build over a', 'waits'] },
  ])('$what', check())

  const ofOwn = { '2.3.4': A, '2.3-stable': A }
  const ofOther = { '2.3.3': B, '2.3.4': A, '2.3-stable': B }
  test.each<Case>([
    { what: 'keeps this version while it has it', world: ofOwn, on: later(OVERWRITE), steps: taken },
    {
      what: 'waits on another version',
      world: ofOther,
      on: later(OVERWRITE),
      steps: ['build over a', 'waits'],
    },
  ])('and moves, $what', check('final: X.Y.Z -> X.Y.Z | X.Y-stable'))
})

describe('a moving tag', () => {
  const older = { '2.3.3': B, '2.3.3-stable': B, '2.3': B, '2.3-stable': B }
  const newer = { '2.3.10': C, '2.3.10-stable': C, '2.3': C, '2.3-stable': C }
  const kept = ['keep a', 'keep a']
  const moved = [...kept, 'move a', 'move a']
  const stay = ['stay with 2.3.10', 'stay with 2.3.10-stable']
  test.each<Case>([
    { what: 'is written where it is absent', world: BOTH, on: PROMOTE, steps: moved },
    { what: 'leaves an older version', world: { ...older, ...BOTH }, on: PROMOTE, steps: moved },
    {
      what: 'waits with an older one',
      world: older,
      on: later(RELEASE),
      steps: ['build', 'waits', 'move new', 'waits'],
    },
    { what: 'stays with a newer one', world: { ...newer, ...BOTH }, on: PROMOTE, steps: [...kept, ...stay] },
    {
      what: 'that is stable does not wait for a newer one that is not promoted',
      world: { ...BOTH, '2.3.10': C, '2.3': C },
      on: PROMOTE,
      steps: [...kept, 'stay with 2.3.10', 'move a'],
    },
    {
      what: 'stays, whatever may be overwritten',
      world: { ...newer, ...BOTH },
      on: OVERWRITE,
      steps: ['build over a', 'copy new over a', ...stay],
    },
    {
      what: 'is kept',
      world: { ...BOTH, '2.3': A, '2.3-stable': A },
      on: PROMOTE,
      steps: [...kept, ...kept],
    },
  ])('$what', check('final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable X.Y-stable'))
})

describe('what a refusal names', () => {
  test.each([
    { what: 'another revision', world: FIRST, content: other, on: RELEASE, names: [A, '2'.repeat(40), OURS] },
    { what: 'a stable tag that differs', world: DIFFER, content: ours, on: RELEASE, names: [A, B] },
    { what: 'what came meanwhile', world: DIFFER, on: built(A), names: [A, B] },
    { what: 'what was given', world: FIRST, on: given(B), names: [A, B] },
  ])('$what', ({ world, content, on, names }) => {
    const desired = desiredFor('2.3.4')
    const steps = reconcile(desired, observe(desired, world, content), on)
    const said = steps.flatMap(step => (step.kind === 'refuse' ? [step.why] : []))
    for (const name of names) expect(said).toEqual([expect.stringContaining(name)])
  })
})

test.each([
  { what: 'it decides', on: RELEASE, reads: true },
  { what: 'there is nothing', world: NONE, on: RELEASE, reads: false },
  { what: 'it is the image that is pushed', on: { ...PUSH, own: [A] }, reads: false },
  { what: 'it is reused', on: REUSE, reads: false },
  { what: 'it is overwritten', on: OVERWRITE, reads: false },
  { what: 'it is promoted', on: PROMOTE, reads: false },
  { what: 'it was built', on: built(A), reads: false },
])('whether the content of the first tag is read when $what: $reads', ({ world = FIRST, on, reads }) => {
  const desired = desiredFor('2.3.4')
  expect(needsFirstContent(desired, observe(desired, world).tags, on)).toBe(reads)
})
