import { describe, expect, test } from 'vitest'
import {
  type Finding,
  findingsOf,
  type ImageOwner,
  versionMissing,
} from '../../src/reconcile/audit-findings.ts'
import { reconcile } from '../../src/reconcile/reconcile.ts'
import { constraintsOfPublished } from '../../src/reconcile/state.ts'
import type { Digest } from '../../src/registry/reference.ts'
import { desiredFor, digest, observe, type World } from './world.ts'

const [A, B] = [digest('a'), digest('b')]
const MOVING = 'final: X.Y.Z -> X.Y.Z vX.Y.Z X.Y | X.Y.Z-stable stable'
const COPIES = 'final: X.Y.Z -> X.Y.Z vX.Y.Z X.Y.Z-slim'

interface Known {
  readonly policy?: string
  /** Whether stable tags may wait. */
  readonly waits?: boolean
  readonly lost?: readonly Digest[]
  /** The version that has the image B. */
  readonly owner?: ImageOwner
}

/** What is found in a repository of 2.3.4. */
const found = (world: World, { policy, waits = false, lost = [], owner }: Known = {}): readonly Finding[] => {
  const desired = desiredFor('2.3.4', policy)
  const observed = observe(desired, world)
  const stable = waits ? ({ kind: 'withhold', why: 'waits' } as const) : ({ kind: 'write' } as const)
  const steps = reconcile(desired, observed, constraintsOfPublished(undefined, stable))
  const ownerOf = (image: Digest) => (image === B ? owner : undefined)
  return findingsOf(desired, { observed, steps, ownerOf, lost: new Set(lost) })
}

const FIRST = { '2.3.4': A }
const BOTH = { ...FIRST, '2.3.4-stable': A }
const DIFFER = { ...FIRST, '2.3.4-stable': B }
const ALL = { ...BOTH, 'v2.3.4': A, '2.3': A, stable: A }
const { '2.3.4': _, ...WITHOUT_FIRST } = ALL
const BEHIND = { ...ALL, '2.3': B, stable: B }
const waits = true

/** Each as `kind tag`, with `!` if it is wrong. */
test.each<Known & { what: string; world: World; findings: string[] }>([
  { what: 'a whole release', world: BOTH, findings: [] },
  { what: 'no stable tag', world: FIRST, findings: ['!stable-missing 2.3.4-stable'] },
  { what: 'none, and it may wait', world: FIRST, waits, findings: ['stable-waiting 2.3.4-stable'] },
  { what: 'another stable tag', world: DIFFER, findings: ['!stable-differs 2.3.4-stable'] },
  { what: 'another, though it may wait', world: DIFFER, waits, findings: ['!stable-differs 2.3.4-stable'] },
  { what: 'promoted', world: BOTH, waits, findings: [] },
  { what: 'a stable tag alone', world: { '2.3.4-stable': A }, findings: ['!first-missing 2.3.4'] },
  { what: 'alone, may wait', world: { '2.3.4-stable': A }, waits, findings: ['!first-missing 2.3.4'] },
  { what: 'all tags', policy: MOVING, world: ALL, findings: [] },
  { what: 'all but the first', policy: MOVING, world: WITHOUT_FIRST, findings: ['!first-missing 2.3.4'] },
  {
    what: 'a copy that is missing, another that differs',
    policy: COPIES,
    world: { ...FIRST, '2.3.4-slim': B },
    findings: ['!copy-missing v2.3.4', '!copy-differs 2.3.4-slim'],
  },
  {
    what: 'moving tags that are behind',
    policy: MOVING,
    world: BEHIND,
    findings: ['!moving-behind 2.3', '!moving-behind stable'],
  },
  {
    what: 'moving tags with a newer version',
    policy: MOVING,
    world: { ...BEHIND, '2.3.5': B, '2.3.5-stable': B },
    findings: [],
  },
  {
    what: 'moving tags with a newer version whose first tag has expired',
    policy: MOVING,
    world: { ...BEHIND, '2.3.5-stable': B },
    findings: [],
  },
  {
    what: 'a moving stable tag that is ahead of the promotion',
    policy: MOVING,
    world: { ...BEHIND, '2.3.5': B, 'v2.3.5': B },
    findings: ['!moving-behind stable'],
  },
  {
    what: 'stable tags of all kinds that wait',
    policy: MOVING,
    world: { ...FIRST, 'v2.3.4': A, '2.3': A },
    waits,
    findings: ['stable-waiting 2.3.4-stable', 'stable-waiting stable'],
  },
  {
    what: 'a moving stable tag that a promotion has left behind',
    policy: MOVING,
    world: { ...ALL, stable: B },
    waits,
    findings: ['!moving-behind stable'],
  },
  {
    what: 'an image that is lost, to which no tag is to be given',
    policy: MOVING,
    world: { ...FIRST, '2.3': B, stable: B },
    lost: [A],
    findings: ['!image-lost 2.3.4'],
  },
  {
    what: 'a lost image under both tags',
    world: BOTH,
    lost: [A],
    findings: ['!image-lost 2.3.4', '!image-lost 2.3.4-stable'],
  },
  {
    what: 'a lost image under the first, another under the stable tag',
    world: DIFFER,
    lost: [A],
    findings: ['!image-lost 2.3.4', '!stable-differs 2.3.4-stable'],
  },
  { what: 'a tag in the list whose image is lost', world: {}, findings: ['!image-lost 2.3.4'] },
  {
    what: 'a stable tag alone that leads nowhere',
    world: { '2.3.4-stable': A },
    lost: [A],
    findings: ['!image-lost 2.3.4-stable'],
  },
  {
    what: 'a stable tag that leads nowhere',
    world: DIFFER,
    lost: [B],
    findings: ['!image-lost 2.3.4-stable'],
  },
])('of $what there is found: $findings', ({ world, findings, what: __, ...known }) => {
  const all = found(world, known)
  expect(all.map(({ kind, tag, wrong }) => `${wrong ? '!' : ''}${kind} ${tag}`)).toEqual(findings)
  // What to do names the version, or the tag that is to be given back.
  for (const { what, remedy } of all) {
    expect(what).toMatch(/2\.3|stable/)
    expect(remedy).toMatch(/^[A-Z].*2\.3\.4.*\.$/)
  }
})

test('a version that only others have is wrong', () => {
  expect(versionMissing('2.3.4')).toMatchObject({ kind: 'version-missing', tag: '2.3.4', wrong: true })
})

test('the image that a tag has, and the one that it should have, are named', () => {
  expect(found(DIFFER)).toMatchObject([{ digest: B, wanted: A }])
  expect(found({ ...ALL, '2.3': B }, { policy: MOVING })).toMatchObject([{ digest: B, wanted: A }])
})

describe('the version whose image a tag has is named', () => {
  const newer = { gitTag: '2.3.5', isNewer: true }
  const older = { gitTag: '2.3.3', isNewer: false, tags: ['2.3.3'] }
  const ahead = { policy: MOVING, world: { ...ALL, stable: B } }

  test('by a stable tag that differs: its image must stay', () => {
    const [finding] = found(DIFFER, { owner: older })
    for (const said of [finding?.what, finding?.remedy]) expect(said).toContain('2.3.3')
  })

  test('by a stable tag whose version was never released: no version is given that image', () => {
    const [finding, ...others] = found({ '2.3.4-stable': B }, { owner: older })
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      kind: 'first-missing',
      tag: '2.3.4',
      what: '2.3.4 is not there, and 2.3.4-stable is the image of 2.3.3',
      remedy: 'Delete only the tag 2.3.4-stable in the registry, not the image; then run release for 2.3.4.',
      digest: B,
    })
    const [own, stray] = found({ 'v2.3.4': A, '2.3.4-stable': B }, { policy: MOVING, owner: older })
    expect([own?.what, stray?.what]).toEqual([
      '2.3.4 is not there, and v2.3.4 is',
      '2.3.4 is not there, and 2.3.4-stable is the image of 2.3.3',
    ])
    for (const world of [DIFFER, { '2.3.4-stable': B }])
      for (const { remedy } of found(world, { owner: older })) expect(remedy).not.toContain('give')
  })

  test('by a moving tag that is ahead: it is not to be moved back without a look, unless that may not have it', () => {
    const [itsOwn, ...others] = found(ahead.world, { ...ahead, owner: { ...newer, tags: ['stable'] } })
    expect(others).toEqual([])
    expect(itsOwn).toMatchObject({
      kind: 'moving-behind',
      isAhead: true,
      what: expect.stringContaining('2.3.5'),
    })
    const [notIts] = found(ahead.world, { ...ahead, owner: { ...newer, tags: [] } })
    expect(notIts).toMatchObject({ isAhead: true })
    expect(notIts?.remedy).not.toBe(itsOwn?.remedy)
  })

  test('by a moving tag that waits', () => {
    const world = { ...FIRST, 'v2.3.4': A, '2.3': A, stable: B }
    const waiting = (owner?: ImageOwner) =>
      found(world, { policy: MOVING, waits, ...(owner && { owner }) }).find(({ tag }) => tag === 'stable')
    expect(waiting(older)).toMatchObject({ kind: 'stable-waiting', what: expect.stringContaining('2.3.3') })
    expect(waiting()).toMatchObject({ kind: 'stable-waiting', digest: B })
  })
})

test('what is left of a version whose first tag is gone is named, and whether that is one image', () => {
  const facts = (world: World) => found(world, { policy: MOVING })[0]
  const [same, differ] = [
    facts({ 'v2.3.4': A, '2.3.4-stable': A }),
    facts({ 'v2.3.4': A, '2.3.4-stable': B }),
  ]
  for (const finding of [same, differ]) expect(finding?.what).toMatch(/v2\.3\.4, 2\.3\.4-stable/)
  expect(differ?.remedy).not.toBe(same?.remedy)
})
