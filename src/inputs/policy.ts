import { readFileSync } from 'node:fs'
import { inputs } from '../action-yml.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Policy } from '../policy/policy.ts'
import { type PresetName, presets } from '../policy/presets.ts'
import { EXAMPLE, formatProblems } from '../policy/problems.ts'
import { oneLine } from '../text.ts'
import { lookAt } from './paths.ts'
import type { Reading } from './texts.ts'

/** Without rules if it has mistakes. Warns of likely slips. */
export function policyOf(reading: Reading): Policy {
  const { mistakes, log } = reading
  const { policy: given, 'policy-file': file } = reading.texts
  const none: Policy = { rules: [] }
  if (file !== '' && given !== '' && given !== inputs.policy.default) {
    mistakes.add('policy', 'policy and policy-file are both given.', 'Leave one out.')
    return none
  }
  const text = file === '' ? givenTable(reading) : tableInFile(reading)
  if (text === undefined) return none
  const parsed = parsePolicy(text)
  if (parsed.kind === 'policy') {
    if (parsed.warnings.length > 0)
      log.warning('Possible mistake in the policy', formatProblems(text, parsed.warnings))
    return parsed.policy
  }
  const input = file === '' ? 'policy' : 'policy-file'
  const what = `${input}${file && ` ${oneLine(file)}`} has mistakes:\n${formatProblems(text, parsed.problems)}\n`
  mistakes.add(input, what, 'docs/policy.md explains the notation.', 'invalid-policy')
  return none
}

function givenTable({ texts: { policy }, mistakes }: Reading) {
  if (/\s|->|:/.test(policy)) return policy
  const names = Object.keys(presets) as PresetName[]
  const more = `, or rules such as "${EXAMPLE}"; a file goes into policy-file`
  const preset = mistakes.oneOf('policy', policy, names, more)
  return preset && presets[preset]
}

function tableInFile({ texts: { 'policy-file': file }, run, mistakes }: Reading) {
  const { kind, path, problem } = lookAt(file, run)
  if (kind === 'file') return readFileSync(path, 'utf8')
  mistakes.about('policy-file', file)(problem, 'Write the path of a file.')
  return undefined
}
