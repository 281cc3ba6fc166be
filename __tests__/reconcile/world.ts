import { decide } from '../../src/policy/decide.ts'
import { type PresetName, presets } from '../../src/policy/presets.ts'
import type { Desired } from '../../src/reconcile/desired.ts'
import type { FirstContent, Observed } from '../../src/reconcile/observed.ts'
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
    if (step.kind === 'build' || step.kind === 'push') after[step.tag.tag] = built
    if (step.kind === 'restore') after[step.tag.tag] = step.digest
    if (step.kind === 'copy' || step.kind === 'move') after[step.tag.tag] = step.digest ?? built
  }
  return after
}

const letterOf = (some: Digest | undefined): string => (some === undefined ? 'new' : (some.at(-1) ?? ''))

const replacing = (replaces: Digest | undefined): string =>
  replaces === undefined ? '' : `, replaces ${letterOf(replaces)}`

const detailsOf = (step: Step): string => {
  switch (step.kind) {
    case 'build':
    case 'push':
      return replacing(step.replaces)
    case 'keep':
    case 'restore':
    case 'move':
      return ` ${letterOf(step.digest)}`
    case 'copy':
      return ` ${letterOf(step.digest)}${replacing(step.replaces)}`
    case 'stay':
      return ` with ${step.newest}`
    case 'withhold':
      return `: ${step.why}`
    case 'refuse':
      return `: ${step.error}`
  }
}

/** Steps in short, for tables: `build 2.3.4`, `copy 2.3.4-stable a`, a digest by its letter. */
export const inShort = (steps: readonly Step[]): string[] =>
  steps.map(step => `${step.kind} ${step.tag.tag}${detailsOf(step)}`)
