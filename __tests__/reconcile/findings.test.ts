import { describe, expect, test } from 'vitest'
import { constraintsOfPublished } from '../../src/reconcile/constraints.ts'
import { type Finding, findingsOf, type ImageOwner, versionMissing } from '../../src/reconcile/findings.ts'
import { reconcile } from '../../src/reconcile/reconcile.ts'
import type { Digest } from '../../src/registry/reference.ts'
import { desiredFor, digest, observe, type World } from './world.ts'

const [A, B] = [digest('a'), digest('b')]
const MOVING = 'final: X.Y.Z -> X.Y.Z vX.Y.Z X.Y | X.Y.Z-stable stable'

/** Most services have the version, and this one has an older one. */

/** What is found in a repository, each as `kind tag`, with `!` if it is wrong. */
const found = (
  gitTag: string,
  world: World,
  { policy, waits = false, lost = [] }: { policy?: string; waits?: boolean; lost?: readonly Digest[] } = {},
): readonly Finding[] => {
  const desired = desiredFor(gitTag, policy)
  const observed = observe(desired, world)
  const stable = waits ? ({ kind: 'withhold', why: 'waits' } as const) : ({ kind: 'write' } as const)
  const steps = reconcile(desired, observed, constraintsOfPublished(undefined, stable))
  return findingsOf(desired, { observed, steps, ownerOf: () => undefined, lost: new Set(lost) })
}

const inShort = (findings: readonly Finding[]): string[] =>
  findings.map(({ kind, tag, wrong }) => `${wrong ? '!' : ''}${kind} ${tag}`)

const ALL = { '2.3.4': A, 'v2.3.4': A, '2.3': A, '2.3.4-stable': A, stable: A }

describe('what is found of one version', () => {
  test.each<{ what: string; world: World; policy?: string; waits?: boolean; findings: string[] }>([
    { what: 'a whole release', world: { '2.3.4': A, '2.3.4-stable': A }, findings: [] },
    { what: 'no stable tag', world: { '2.3.4': A }, findings: ['!stable-missing 2.3.4-stable'] },
    {
      what: 'no stable tag, and it may wait',
      world: { '2.3.4': A },
      waits: true,
      findings: ['stable-waiting 2.3.4-stable'],
    },
    {
      what: 'another stable tag',
      world: { '2.3.4': A, '2.3.4-stable': B },
      findings: ['!stable-differs 2.3.4-stable'],
    },
    {
      what: 'another stable tag, though it may wait',
      world: { '2.3.4': A, '2.3.4-stable': B },
      waits: true,
      findings: ['!stable-differs 2.3.4-stable'],
    },
    { what: 'promoted', world: { '2.3.4': A, '2.3.4-stable': A }, waits: true, findings: [] },
    { what: 'a stable tag alone', world: { '2.3.4-stable': A }, findings: ['!first-missing 2.3.4'] },
    {
      what: 'a stable tag alone, though it may wait',
      world: { '2.3.4-stable': A },
      waits: true,
      findings: ['!first-missing 2.3.4'],
    },
    { what: 'all tags', policy: MOVING, world: ALL, findings: [] },
    {
      what: 'all but the first',
      policy: MOVING,
      world: { 'v2.3.4': A, '2.3': A, '2.3.4-stable': A, stable: A },
      findings: ['!first-missing 2.3.4'],
    },
    {
      what: 'a copy is missing, another differs',
      policy: 'final: X.Y.Z -> X.Y.Z vX.Y.Z X.Y.Z-slim',
      world: { '2.3.4': A, '2.3.4-slim': B },
      findings: ['!copy-missing v2.3.4', '!copy-differs 2.3.4-slim'],
    },
    {
      what: 'moving tags that are behind, or not there',
      policy: MOVING,
      world: { ...ALL, '2.3': B, stable: B },
      findings: ['!moving-behind 2.3', '!moving-behind stable'],
    },
    {
      what: 'moving tags with a newer version',
      policy: MOVING,
      world: { ...ALL, '2.3': B, stable: B, '2.3.5': B, '2.3.5-stable': B },
      findings: [],
    },
    {
      what: 'stable tags of all kinds wait',
      policy: MOVING,
      world: { '2.3.4': A, 'v2.3.4': A, '2.3': A },
      waits: true,
      findings: ['stable-waiting 2.3.4-stable', 'stable-waiting stable'],
    },
    {
      what: 'a moving stable tag that a promotion has left behind',
      policy: MOVING,
      world: { ...ALL, stable: B },
      waits: true,
      findings: ['!moving-behind stable'],
    },
    {
      what: 'moving tags with a newer version whose first tag has expired',
      policy: MOVING,
      world: { ...ALL, '2.3': B, stable: B, '2.3.5-stable': B },
      findings: [],
    },
    {
      what: 'a moving stable tag that is ahead of the promotion',
      policy: MOVING,
      world: { ...ALL, '2.3.5': B, 'v2.3.5': B, '2.3': B, stable: B },
      findings: ['!moving-behind stable'],
    },
  ])('$what', ({ world, policy, waits, findings }) => {
    const options = { ...(policy === undefined ? {} : { policy }), ...(waits === undefined ? {} : { waits }) }
    expect(inShort(found('2.3.4', world, options))).toEqual(findings)
  })

  test('what moving tags are behind, and what different tags are, is named', () => {
    expect(found('2.3.4', { '2.3.4': A, '2.3.4-stable': B })).toMatchObject([{ digest: B, wanted: A }])
    expect(found('2.3.4', { ...ALL, '2.3': B }, { policy: MOVING })).toMatchObject([{ digest: B, wanted: A }])
  })

  test('what leads to a newer version is not to be moved back without a look', () => {
    const desired = desiredFor('2.3.4', MOVING)
    const observed = observe(desired, { ...ALL, stable: B })
    const constraints = constraintsOfPublished(undefined, { kind: 'write' })
    const steps = reconcile(desired, observed, constraints)
    const ownerOf = (image: Digest) =>
      image === B ? { gitTag: '2.3.5', isNewer: true, tags: ['stable'] } : undefined
    const [finding, ...others] = findingsOf(desired, {
      observed,
      steps,
      lost: new Set(),
      ownerOf,
    })
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      kind: 'moving-behind',
      what: 'stable is 2.3.5, and the newest that it may follow is 2.3.4',
      remedy: expect.stringMatching(/^Find out what is missing of 2\.3\.5/),
    })
  })

  test('what leads to a newer version that may not have it is to be moved back', () => {
    const desired = desiredFor('2.3.4', MOVING)
    const observed = observe(desired, { ...ALL, stable: B })
    const steps = reconcile(desired, observed, constraintsOfPublished(undefined, { kind: 'write' }))
    const ownerOf = (image: Digest) =>
      image === B ? { gitTag: '2.3.5rc1', isNewer: true, tags: ['2.3.5rc1'] } : undefined
    expect(findingsOf(desired, { observed, steps, lost: new Set(), ownerOf })).toMatchObject([
      {
        isAhead: true,
        remedy:
          'The policy gives 2.3.5rc1 no stable. Run promote for 2.3.4, which gives it to the published image.',
      },
    ])
  })

  test('what a moving tag is while it waits', () => {
    const desired = desiredFor('2.3.4', MOVING)
    const observed = observe(desired, { '2.3.4': A, 'v2.3.4': A, '2.3': A, stable: B })
    const steps = reconcile(
      desired,
      observed,
      constraintsOfPublished(undefined, { kind: 'withhold', why: 'waits' }),
    )
    const what = (ownerOf: (image: Digest) => ImageOwner | undefined) =>
      findingsOf(desired, { observed, steps, lost: new Set(), ownerOf }).find(({ tag }) => tag === 'stable')
    expect(what(() => ({ gitTag: '2.3.3', isNewer: false, tags: ['2.3.3'] }))).toMatchObject({
      kind: 'stable-waiting',
      what: 'stable waits for the promotion of 2.3.4, and is 2.3.3',
    })
    expect(what(() => undefined)).toMatchObject({
      what: 'stable waits for the promotion of 2.3.4, and is an image of no version that is judged',
      digest: B,
    })
  })

  test('a stable tag that leads nowhere is not one that may be right', () => {
    expect(found('2.3.4', { '2.3.4': A, '2.3.4-stable': B }, { lost: [B] })).toMatchObject([
      { kind: 'image-lost', remedy: expect.stringContaining('delete the tag, then run promote for 2.3.4.') },
    ])
  })

  test('a tag that leads nowhere', () => {
    const world = { '2.3.4': A, '2.3.4-stable': A }
    expect(inShort(found('2.3.4', world, { lost: [A] }))).toEqual([
      '!image-lost 2.3.4',
      '!image-lost 2.3.4-stable',
    ])
  })

  test('no tag is to be given to an image that is lost', () => {
    expect(
      inShort(found('2.3.4', { '2.3.4': A, '2.3': B, stable: B }, { policy: MOVING, lost: [A] })),
    ).toEqual(['!image-lost 2.3.4'])
    expect(inShort(found('2.3.4', { '2.3.4': A, '2.3.4-stable': B }, { lost: [A] }))).toEqual([
      '!image-lost 2.3.4',
      '!stable-differs 2.3.4-stable',
    ])
  })

  test('what is left of a version whose first tag is gone', () => {
    expect(found('2.3.4', { 'v2.3.4': A, '2.3.4-stable': A }, { policy: MOVING })).toMatchObject([
      { what: '2.3.4 is not there, and v2.3.4, 2.3.4-stable are' },
    ])
    expect(found('2.3.4', { 'v2.3.4': A, '2.3.4-stable': B }, { policy: MOVING })).toMatchObject([
      {
        what: '2.3.4 is not there, and v2.3.4, 2.3.4-stable are, which are different images',
        remedy: expect.stringContaining('the right one of these images'),
      },
    ])
  })

  test('every finding says what to do', () => {
    const findings = [
      ...found('2.3.4', { '2.3.4': A }),
      ...found('2.3.4', { '2.3.4': A }, { waits: true }),
      ...found('2.3.4', { '2.3.4': A, '2.3.4-stable': B }, { lost: [A] }),
      ...found('2.3.4', { '2.3.4-stable': B }),
      ...found('2.3.4', { ...ALL, '2.3': B, stable: B }, { policy: MOVING }),
      versionMissing('2.3.4'),
    ]
    for (const { what, remedy } of findings) {
      expect(what).toMatch(/2\.3/)
      expect(remedy).toMatch(/^[A-Z].*\.$/)
    }
  })
})
