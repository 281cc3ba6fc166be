import { boundBy } from '../policy/pattern.ts'
import type { Policy } from '../policy/policy.ts'
import { versionOfGitTag } from '../policy/version-order.ts'
import { type Caller, capitalized } from './caller.ts'
import { invalidFor } from './invalid.ts'
import type { InputTexts } from './texts.ts'
import { invalidInput, mistaken, type Validated, valid } from './validated.ts'

/** What a rule looks like by which an audit knows versions. */
const hasNumbers = ({ rules }: Policy): boolean =>
  rules.some(({ pattern }) => pattern.kind === 'tokens' && boundBy(pattern).size > 0)

/** The git tag of the oldest version that an audit judges, if one is given. The policy must have versions at all. */
export const fromOf = (
  { from }: InputTexts,
  policy: Policy,
  caller: Caller,
): Validated<string | undefined> => {
  if (!hasNumbers(policy)) {
    return mistaken(
      invalidInput(
        ['policy', 'policy-file'],
        'No rule of the policy has numbers, and audit knows versions by their numbers.',
        `${capitalized(caller.spell('policy'))} needs a rule such as "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable".`,
      ),
    )
  }
  if (from === '') return valid(undefined)
  if (versionOfGitTag(policy, from) !== undefined) return valid(from)
  const such = policy.rules.flatMap(({ pattern }) => (pattern.kind === 'tokens' ? [pattern.source] : []))
  return mistaken(
    invalidFor(caller)(
      'from',
      from,
      'no rule with numbers matches it',
      `Write the git tag of the oldest version that is to be judged, one such as ${such.join(', ')}.`,
    ),
  )
}

/** An audit is not for one git tag. */
export const noTagOf = ({ tag }: InputTexts, caller: Caller): Validated<undefined> =>
  tag === ''
    ? valid(undefined)
    : mistaken(
        invalidFor(caller)(
          'tag',
          tag,
          'audit is for every version',
          `Leave it out. To begin with this version, write it into ${caller.spell('from')}; to look at it alone, use the command verify.`,
        ),
      )

/** All other commands are for one git tag. */
export const noFromOf = (command: string, { from }: InputTexts, caller: Caller): Validated<undefined> =>
  from === ''
    ? valid(undefined)
    : mistaken(
        invalidFor(caller)('from', from, `it is for audit, and the command is ${command}`, 'Leave it out.'),
      )
