import { ruleFor } from './match.ts'
import { parsePolicy } from './notation.ts'
import { presets } from './presets.ts'

const POLICIES = Object.entries(presets).flatMap(([name, text]) => {
  const parsed = parsePolicy(text)
  return parsed.kind === 'policy' ? [{ name, policy: parsed.policy }] : []
})

/** Names a preset that has a rule with numbers for a git tag, as the end of a sentence; empty if none has. */
export function fittingPreset(gitTag: string): string {
  for (const { name, policy } of POLICIES) {
    const rule = ruleFor(policy, gitTag)?.rule
    if (rule?.pattern.kind === 'tokens')
      return `; policy: ${name} has a rule for it, ${rule.name} (${rule.pattern.source})`
  }
  return ''
}
