import { inputs } from '../contract.ts'
import { parsePolicy } from '../policy/notation.ts'
import type { Policy } from '../policy/policy.ts'
import { type PresetName, presets } from '../policy/presets.ts'
import { formatProblems } from '../policy/problems.ts'
import { oneLine } from '../text.ts'
import { fromWorkspace } from '../workspace-path.ts'
import { type Caller, capitalized } from './caller.ts'
import { notAFile, type PolicyFile } from './files.ts'
import { invalidFor, quoted } from './invalid.ts'
import { nearMiss } from './near-miss.ts'
import type { InputTexts } from './texts.ts'
import { invalidInput, mistaken, type Validated, valid } from './validated.ts'

/** A policy, and what looks like a slip in it, ready to be shown. */
export interface NamedPolicy {
  readonly policy: Policy
  readonly warnings: string | undefined
}

const parse = (text: string, input: 'policy' | 'policy-file', origin: string): Validated<NamedPolicy> => {
  const parsed = parsePolicy(text)
  if (parsed.kind === 'policy') {
    const { policy, warnings } = parsed
    return valid({ policy, warnings: warnings.length === 0 ? undefined : formatProblems(text, warnings) })
  }
  const errors = parsed.problems.filter(({ severity }) => severity === 'error').length
  return mistaken({
    name: 'invalid-policy',
    inputs: [input],
    what: `${origin} has ${errors === 1 ? 'a mistake' : `${errors} mistakes`}:\n${formatProblems(text, parsed.problems)}\n`,
    remedy: 'Nothing was built. docs/policy.md explains the notation with examples.',
  })
}

const isPreset = (name: string): name is PresetName => Object.hasOwn(presets, name)

/** A preset by its name, or a table. */
const policyFromText = (text: string, { spell, whyEmpty }: Caller): Validated<NamedPolicy> => {
  if (isPreset(text)) return parse(presets[text], 'policy', `The preset ${text}`)
  if (/\s|->|:/.test(text)) return parse(text, 'policy', `The table in ${spell('policy')}`)
  const names = Object.keys(presets)
  const meant = nearMiss(text, names)
  return mistaken(
    invalidInput(
      ['policy', 'policy-file'],
      `${capitalized(spell('policy'))} is ${text === '' ? 'empty' : `${quoted(text)}: there is no such preset`}.`,
      `${text === '' && whyEmpty !== '' ? `${whyEmpty} ` : ''}${meant !== undefined ? `Did you mean ${meant}? ` : /[./]/.test(text) ? `If it is a file, give it as ${spell('policy-file')}. ` : ''}Write one of ${names.join(', ')}, or a table of rules such as "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable".`,
    ),
  )
}

/** A table in a file, of the workspace or the runner's temporary directory if the caller is confined to them. */
const policyFromFile = (
  path: string,
  { workspace, policyFile }: PolicyPlace,
  caller: Caller,
): Validated<NamedPolicy> => {
  const wrong = (problem: string): Validated<never> =>
    mistaken(invalidFor(caller)('policy-file', path, problem, caller.otherFile))
  switch (policyFile.kind) {
    case 'text':
      return parse(policyFile.text, 'policy-file', `The policy in ${oneLine(path)}`)
    case 'absent':
      return wrong(`there is no file ${fromWorkspace(workspace, path)}`)
    case 'unreadable':
      return wrong(`it can not be read, ${policyFile.why}`)
    default:
      return wrong(
        policyFile.kind !== 'file' && (policyFile.inside || !caller.confined)
          ? `it ${notAFile(policyFile.kind)}`
          : 'it leads out of the workspace',
      )
  }
}

/** Where a policy file is looked for, and what is there. */
interface PolicyPlace {
  readonly workspace: string
  readonly policyFile: PolicyFile
}

/** The policy that the inputs give. */
export const policyOf = (
  { policy, 'policy-file': file }: InputTexts,
  place: PolicyPlace,
  caller: Caller,
): Validated<NamedPolicy> => {
  if (file === '') return policyFromText(policy, caller)
  if (policy === inputs.policy.default || policy === '') return policyFromFile(file, place, caller)
  return mistaken(
    invalidInput(
      ['policy', 'policy-file'],
      `${capitalized(caller.spell('policy'))} and ${caller.spell('policy-file')} are both given.`,
      'Leave one out: the policy comes from one place.',
    ),
  )
}
