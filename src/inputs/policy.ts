import { readFileSync } from 'node:fs'
import { inputs } from '../contract.ts'
import { messageOf } from '../errors.ts'
import type { Warning } from '../log.ts'
import { parsePolicy } from '../policy/notation.ts'
import type { Policy } from '../policy/policy.ts'
import { type PresetName, presets } from '../policy/presets.ts'
import { formatProblems } from '../policy/problems.ts'
import { oneLine } from '../text.ts'
import type { Mistakes } from './mistakes.ts'
import { nearMiss } from './near-miss.ts'
import { lookAt, type Place } from './paths.ts'
import type { InputTexts } from './texts.ts'

/** What `policyOf` gives back where the policy has mistakes. */
const NO_POLICY: Policy = { rules: [] }

/** The policy that the inputs give. What looks like a slip in it is a warning. */
export function policyOf(
  texts: InputTexts,
  place: Place,
  mistakes: Mistakes,
  warn: (warning: Warning) => void,
): Policy {
  const { policy, 'policy-file': file } = texts
  if (file !== '' && policy !== inputs.policy.default && policy !== '') {
    mistakes.add(
      'policy',
      'policy and policy-file are both given.',
      'Leave one out: the policy comes from one place.',
    )
    return NO_POLICY
  }
  const [input, text] =
    file === ''
      ? ['policy' as const, tableIn(policy, mistakes)]
      : ['policy-file' as const, readTable(file, place, mistakes)]
  if (text === undefined) return NO_POLICY
  const parsed = parsePolicy(text)
  if (parsed.kind === 'policy') {
    const { policy: found, warnings } = parsed
    if (warnings.length > 0)
      warn({ title: 'Possible mistake in the policy', message: formatProblems(text, warnings) })
    return found
  }
  const origin = file === '' ? 'policy' : `The policy in ${oneLine(file)}`
  mistakes.add(
    input,
    `${origin} has mistakes:\n${formatProblems(text, parsed.problems)}\n`,
    'docs/policy.md explains the notation with examples.',
    'invalid-policy',
  )
  return NO_POLICY
}

/** The table of a preset, or the one that is given itself. */
function tableIn(policy: string, mistakes: Mistakes): string | undefined {
  if (Object.hasOwn(presets, policy)) return presets[policy as PresetName]
  if (/\s|->|:/.test(policy)) return policy
  const names = Object.keys(presets)
  const meant = nearMiss(policy, names)
  const hint =
    meant !== undefined
      ? `Did you mean ${meant}? `
      : /[./]/.test(policy)
        ? 'A file goes into policy-file. '
        : ''
  mistakes.invalid(
    'policy',
    policy,
    'there is no such preset',
    `${hint}Write one of ${names.join(', ')}, or a table of rules such as "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable".`,
  )
  return undefined
}

function readTable(path: string, place: Place, mistakes: Mistakes): string | undefined {
  const seen = lookAt(path, place)
  const problem = seen.kind === 'file' ? undefined : seen.problem
  try {
    if (seen.kind === 'file') return readFileSync(seen.path, 'utf8')
  } catch (error) {
    mistakes.invalid('policy-file', path, messageOf(error), 'Write the path of a file with a table of rules.')
    return undefined
  }
  mistakes.invalid(
    'policy-file',
    path,
    problem ?? 'it is no file',
    'Write the path of a file with a table of rules; in a workflow, check it out first (actions/checkout).',
  )
  return undefined
}
