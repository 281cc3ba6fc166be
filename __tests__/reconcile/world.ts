import { decide } from '../../src/policy/decide.ts'
import { type PresetName, presets } from '../../src/policy/presets.ts'
import type { Desired, FirstContent, Observed } from '../../src/reconcile/state.ts'
import type { Step } from '../../src/reconcile/step.ts'
import type { Digest } from '../../src/registry/reference.ts'
import { policyOf } from '../policy/policy-of.ts'

/** A digest that can be told from others by its letter. */
export const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`

/** What a policy, a preset or a table, desires for a git tag. Throws if it desires nothing. */
export const desiredFor = (gitTag: string, policy: PresetName | (string & {}) = 'wmcore'): Desired => {
  const parsed = policyOf(policy in presets ? presets[policy as PresetName] : policy)
  const decision = decide(parsed, gitTag)
  if (decision.kind === 'refused') throw new Error(decision.reason)
  return { policy: parsed, gitTag, first: decision.first, copies: decision.copies }
}

/** A repository: what each tag leads to. */
export type World = Readonly<Record<string, Digest>>

/** What an observer sees of a repository. */
export const observe = ({ first, copies }: Desired, world: World, content?: FirstContent): Observed => ({
  tags: new Map(
    [first, ...copies].map(({ tag }) => {
      const there = world[tag]
      return [tag, there === undefined ? { kind: 'absent' } : { kind: 'present', digest: there }]
    }),
  ),
  publishedTags: Object.keys(world),
  content,
})

/** The repository after steps were carried out; `built` is the digest of what was built or pushed. */
export const carryOut = (steps: readonly Step[], world: World, built: Digest): World => {
  const after: Record<string, Digest> = { ...world }
  for (const step of steps) {
    if (['build', 'push', 'bring', 'mirror'].includes(step.kind)) after[step.tag.tag] = built
    if (step.kind === 'restore') after[step.tag.tag] = step.digest
    if (step.kind === 'copy' || step.kind === 'move') after[step.tag.tag] = step.digest ?? built
  }
  return after
}
