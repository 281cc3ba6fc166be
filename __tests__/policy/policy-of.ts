import { parsePolicy } from '../../src/policy/parse-policy.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { formatProblems, type PolicyProblem } from '../../src/policy/problems.ts'

/** The policy of a table that has no mistake. Throws for any other. */
export const policyOf = (text: string): Policy => {
  const parsed = parsePolicy(text)
  if (parsed.kind === 'policy') return parsed.policy
  throw new Error(formatProblems(text, parsed.problems))
}

/** What is wrong with a table, or looks like a slip. */
export const problemsOf = (text: string): readonly PolicyProblem[] => {
  const parsed = parsePolicy(text)
  return parsed.kind === 'policy' ? parsed.warnings : parsed.problems
}
