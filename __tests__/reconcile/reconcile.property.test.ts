import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reconcile } from '../../src/reconcile/reconcile.ts'
import {
  type Constraints,
  type Desired,
  type FirstContent,
  mirrorConstraints,
  ON_EXISTING,
} from '../../src/reconcile/state.ts'
import type { Step } from '../../src/reconcile/step.ts'
import { carryOut, desiredFor, digest, observe, type World } from './world.ts'

const POLICIES = [
  'wmcore',
  'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable X.Y-stable stable',
  'final: X.Y.Z -> X.Y.Z | X.Y-stable',
  'final: X.Y.Z -> X.Y.Z v-X.Y.Z X.Y',
]
const GIT_TAGS = ['2.3.4', '2.3.10', '2.4.0']
const BUILT = digest('f')
const DIGESTS = ['a', 'b', 'f'].map(digest)
const REVISION = '1'.repeat(40)

const contents: fc.Arbitrary<FirstContent | undefined> = fc.constantFrom(
  undefined,
  { kind: 'leftover' },
  { kind: 'image', revision: undefined },
  { kind: 'image', revision: REVISION },
  { kind: 'image', revision: '2'.repeat(40) },
)

const onExisting = fc.constantFrom(...ON_EXISTING)
const stable = fc.constantFrom<Constraints['stable'][]>({ kind: 'write' }, { kind: 'withhold', why: 'waits' })
const ofMirrors = fc.tuple(fc.constantFrom(undefined, BUILT), onExisting, stable)

const constraints: fc.Arbitrary<Constraints> = fc.record({
  publishes: fc.constantFrom('build', 'push', 'bring', 'nothing'),
  onExisting,
  stable,
  revision: fc.constantFrom(undefined, REVISION),
  own: fc.constantFrom([], [digest('a')]),
  image: fc.option(
    fc.record({
      digest: fc.constantFrom('a', 'f').map(digest),
      from: fc.constantFrom('given', 'found', 'built'),
    }),
    { nil: undefined },
  ),
})

const all = fc.oneof(
  constraints,
  ofMirrors.map(given => mirrorConstraints(...given)),
)

const desires = POLICIES.map(policy => GIT_TAGS.map(gitTag => desiredFor(gitTag, policy)))

/** A repository with some tags of the versions, each with one of a few digests, for each policy and each of them. */
const situations = fc.oneof(
  ...desires.flatMap(versions => {
    const tags = new Set(versions.flatMap(({ first, copies }) => [first, ...copies].map(({ tag }) => tag)))
    const world = fc.dictionary(fc.constantFrom(...tags), fc.constantFrom(...DIGESTS))
    return versions.map(desired =>
      fc
        .record({ desired: fc.constant(desired), world, content: contents, constraints: all })
        // What is not there has no content.
        .map(each => {
          const hasContent =
            each.world[desired.gitTag] !== undefined && each.constraints.publishes !== 'mirror'
          return hasContent ? each : { ...each, content: undefined }
        }),
    )
  }),
)

/** Steps that may be carried out: none is refused. */
const isClear = (steps: readonly Step[]): boolean => steps.every(({ kind }) => kind !== 'refuse')

/** The first tag gets an image. */
const isBrought = ({ kind }: Step): boolean => ['build', 'push', 'bring', 'mirror'].includes(kind)
const isBuilt = (steps: readonly Step[]): boolean => steps.some(isBrought)

/** The constraints of the look that follows when the steps have been carried out. */
const afterwards = (given: Constraints, steps: readonly Step[]): Constraints => {
  if (given.publishes === 'mirror') return mirrorConstraints(BUILT, given.onExisting, given.stable)
  if (isBuilt(steps)) return { ...given, image: { digest: BUILT, from: 'built' } }
  const kept = steps.find(({ kind }) => kind === 'keep')
  return kept?.kind === 'keep' && given.image === undefined
    ? { ...given, image: { digest: kept.digest, from: 'found' } }
    : given
}

const check = (
  property: (situation: {
    desired: Desired
    world: World
    content: FirstContent | undefined
    constraints: Constraints
    steps: readonly Step[]
  }) => void,
): void => {
  fc.assert(
    fc.property(situations, situation => {
      const { desired, world, content, constraints: given } = situation
      const steps = reconcile(desired, observe(desired, world, content), given)
      property({ ...situation, steps })
    }),
    { numRuns: 1000 },
  )
}

describe('whatever is in the registry', () => {
  test('there is one step for each tag, the first tag first, fixed before moving', () => {
    check(({ desired, steps }) => {
      const tags = steps.filter(({ kind }) => kind !== 'restore').map(({ tag }) => tag)
      expect(tags).toEqual([desired.first, ...desired.copies])
      const moving = tags.map(tag => tag.moving)
      expect(moving).toEqual(moving.toSorted((one, other) => Number(one) - Number(other)))
    })
  })

  test('the same arguments give the same steps', () => {
    check(({ desired, world, content, constraints: given, steps }) => {
      expect(reconcile(desired, observe(desired, world, content), given)).toEqual(steps)
    })
  })

  test('a fixed tag gets another image only where the caller overwrites', () => {
    check(({ desired, world, content, constraints: given, steps }) => {
      if (given.onExisting === 'overwrite' && given.publishes !== 'nothing') return
      const after = carryOut(
        steps.filter(({ kind }) => kind !== 'restore'),
        world,
        BUILT,
      )
      for (const { tag, moving } of [desired.first, ...desired.copies]) {
        const isLeftover = tag === desired.first.tag && content?.kind === 'leftover'
        if (moving || isLeftover || world[tag] === undefined) continue
        expect(after[tag]).toBe(world[tag])
      }
    })
  })

  test('what is replaced is said', () => {
    check(({ world, content, steps }) => {
      for (const step of steps) {
        if (!('replaces' in step)) continue
        const isLeftover = step.kind !== 'copy' && content?.kind === 'leftover'
        expect(step.replaces).toBe(isLeftover ? undefined : world[step.tag.tag])
      }
    })
  })

  test('a stable tag that waits is never written', () => {
    check(({ constraints: given, steps }) => {
      if (given.stable.kind === 'write') return
      for (const { kind, tag } of steps) if (tag.stable) expect(['copy', 'move']).not.toContain(kind)
    })
  })

  test('a tag is only given the image of the first tag', () => {
    check(({ desired, world, constraints: given, steps }) => {
      if (!isClear(steps)) return
      const after = carryOut(steps, world, BUILT)
      const first = after[desired.first.tag]
      for (const step of steps) {
        if (step.kind !== 'copy' && step.kind !== 'move') continue
        expect(first).toBeDefined()
        expect(after[step.tag.tag]).toBe(first)
      }
      // There is no way to a stable tag of this version that the first tag does not have.
      for (const { tag, moving, stable } of desired.copies) {
        if (stable && !moving && after[tag] !== undefined && given.onExisting !== 'overwrite')
          expect(after[tag]).toBe(first)
      }
    })
  })

  test('nothing is built or pushed where that is not allowed, and nothing twice', () => {
    check(({ constraints: given, steps }) => {
      const brings = steps.filter(isBrought)
      const isKnown = given.image !== undefined && given.publishes !== 'mirror'
      if (given.publishes === 'nothing' || isKnown) expect(brings).toEqual([])
      for (const { kind } of brings) expect(kind).toBe(given.publishes)
    })
  })

  test('a run gives back only what it has written itself', () => {
    check(({ world, constraints: given, steps }) => {
      for (const step of steps) {
        if (step.kind !== 'restore') continue
        expect(given.image?.from).toBe('built')
        expect(world[step.tag.tag]).toBe(given.image?.digest)
        expect(isClear(steps)).toBe(false)
      }
    })
  })

  test('once the steps are carried out, nothing is left to do', () => {
    check(({ desired, world, content, constraints: given, steps }) => {
      if (!isClear(steps)) return
      const after = carryOut(steps, world, BUILT)
      const again = reconcile(
        desired,
        observe(desired, after, isBuilt(steps) ? undefined : content),
        afterwards(given, steps),
      )
      expect(again.filter(({ kind }) => !['keep', 'stay', 'withhold'].includes(kind))).toEqual([])
    })
  })
})

test('a repository that has all of it needs nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...desires.flat()), constraints, (desired, given) => {
      if (given.onExisting === 'overwrite' || given.onExisting === 'fail' || given.image !== undefined) return
      const world = Object.fromEntries([desired.first, ...desired.copies].map(({ tag }) => [tag, BUILT]))
      const known: Constraints = { ...given, revision: REVISION }
      const steps = reconcile(desired, observe(desired, world, { kind: 'image', revision: REVISION }), known)
      expect(steps.map(({ kind }) => kind)).toEqual(steps.map(() => 'keep'))
    }),
  )
})
