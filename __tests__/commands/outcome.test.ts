import { expect, test } from 'vitest'
import { outcomeOf, replacing, withOutcomes } from '../../src/commands/outcome.ts'
import { planOf } from '../../src/commands/plan.ts'
import { presets } from '../../src/policy/presets.ts'
import { policyOf } from '../policy/policy-of.ts'
import { digest } from '../reconcile/world.ts'

const [OURS, THEIRS] = [digest('a'), digest('b')]
const tag = { tag: '2.3.4-stable', stable: true, moving: false }

test.each([
  { step: { kind: 'keep', tag, digest: OURS }, outcome: { outcome: 'kept' } },
  { step: { kind: 'copy', tag, digest: OURS, replaces: undefined }, outcome: { outcome: 'copied' } },
  { step: { kind: 'copy', tag, digest: OURS, replaces: OURS }, outcome: { outcome: 'copied' } },
  {
    step: { kind: 'copy', tag, digest: OURS, replaces: THEIRS },
    outcome: { outcome: 'copied', replaced: THEIRS, note: `replaces ${THEIRS}` },
  },
  { step: { kind: 'move', tag, digest: OURS, from: THEIRS }, outcome: { outcome: 'moved' } },
  {
    step: { kind: 'stay', tag, newest: '2.3.5' },
    outcome: { outcome: 'stayed', note: 'stays with 2.3.5, which is newer' },
  },
  {
    step: { kind: 'withhold', tag, why: 'waits for its promotion' },
    outcome: { outcome: 'withheld', note: 'waits for its promotion' },
  },
] as const)('what became of a tag: $step.kind, replaces $step.replaces', ({ step, outcome }) => {
  expect(outcomeOf(step, OURS)).toEqual(outcome)
})

test('only another image is replaced', () => {
  expect(replacing(undefined, OURS)).toEqual({})
  expect(replacing(OURS, OURS)).toEqual({})
  expect(replacing(THEIRS, OURS)).toEqual({ replaced: THEIRS, note: `replaces ${THEIRS}` })
})

test('the planned tags keep their order and what is not known of them', () => {
  const plan = planOf({
    service: 'reqmgr2',
    repository: { registry: 'ghcr.io', path: 'cmswmcore/reqmgr2' },
    gitTag: '2.3.4',
    policy: policyOf(presets.wmcore),
  })
  const tags = withOutcomes(plan, new Map([['2.3.4-stable', { outcome: 'copied' }]]))
  expect(tags).toMatchObject([
    { tag: '2.3.4', reference: 'ghcr.io/cmswmcore/reqmgr2:2.3.4', stable: false, outcome: 'planned' },
    { tag: '2.3.4-stable', stable: true, outcome: 'copied' },
  ])
})
