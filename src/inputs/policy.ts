import { readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { inputs } from '../contract.ts'
import { ReleaseError } from '../errors.ts'
import { formatProblems, type Policy, parsePolicy } from '../policy/notation.ts'
import { type PresetName, presets } from '../policy/presets.ts'
import { type Caller, capitalized, workflow } from './caller.ts'
import { nearMiss } from './near-miss.ts'
import type { InputTexts } from './read.ts'
import { fromWorkspace } from './workspace-path.ts'

/** A policy, and what looks like a slip in it, ready to be shown. */
export interface NamedPolicy {
  readonly policy: Policy
  readonly warnings: string | undefined
}

const parse = (text: string, origin: string): NamedPolicy => {
  const parsed = parsePolicy(text)
  if (parsed.kind === 'policy') {
    const { policy, warnings } = parsed
    return { policy, warnings: warnings.length === 0 ? undefined : formatProblems(text, warnings) }
  }
  const errors = parsed.problems.filter(({ severity }) => severity === 'error').length
  throw new ReleaseError('invalid-policy', {
    what: `${origin} has ${errors === 1 ? 'a mistake' : `${errors} mistakes`}:\n${formatProblems(text, parsed.problems)}\n`,
    wayOut: 'Nothing was built. docs/policy.md explains the notation with examples.',
  })
}

const isPreset = (name: string): name is PresetName => Object.hasOwn(presets, name)

/** A preset by its name, or a table. Throws `invalid-input` or `invalid-policy`. */
export const policyFromText = (text: string, { spell }: Caller = workflow): NamedPolicy => {
  if (isPreset(text)) return parse(presets[text], `The preset ${text}`)
  if (/\s|->|:/.test(text)) return parse(text, `The table in ${spell('policy')}`)
  const names = Object.keys(presets)
  const meant = nearMiss(text, names)
  throw new ReleaseError('invalid-input', {
    what: `${capitalized(spell('policy'))} is ${JSON.stringify(text)}: there is no such preset.`,
    wayOut: `${meant !== undefined ? `Did you mean ${meant}? ` : /[./]/.test(text) ? `If it is a file, give it as ${spell('policy-file')}. ` : ''}Write one of ${names.join(', ')}, or a table of rules such as "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable".`,
  })
}

const invalidFile = (path: string, problem: string, { spell, otherFile }: Caller): ReleaseError =>
  new ReleaseError('invalid-input', {
    what: `${capitalized(spell('policy-file'))} is ${JSON.stringify(path)}: ${problem}.`,
    wayOut: otherFile,
  })

/** A table in a file, of the workspace if the caller is confined to it. Throws `invalid-input` or `invalid-policy`. */
export const policyFromFile = (path: string, workspace: string, caller: Caller = workflow): NamedPolicy => {
  let real: string
  try {
    real = realpathSync(fromWorkspace(workspace, path))
  } catch (error) {
    throw invalidFile(
      path,
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? `there is no file ${fromWorkspace(workspace, path)}`
        : String(error),
      caller,
    )
  }
  const inside = relative(realpathSync(workspace), real)
  if (caller.confined && (inside === '..' || inside.startsWith('../') || isAbsolute(inside)))
    throw invalidFile(path, 'it leads out of the workspace', caller)
  let text: string
  try {
    if (statSync(real).isDirectory()) throw invalidFile(path, 'it is a directory', caller)
    text = readFileSync(real, 'utf8')
  } catch (error) {
    if (error instanceof ReleaseError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw invalidFile(path, `it can not be read, ${why}`, caller)
  }
  return parse(text, `The policy in ${path}`)
}

/** The policy that the inputs give. Throws `invalid-input` or `invalid-policy`. */
export const policyOf = (texts: InputTexts, workspace: string, caller: Caller): NamedPolicy => {
  const { policy, 'policy-file': file } = texts
  if (file === '') return policyFromText(policy, caller)
  if (policy !== inputs.policy.default) {
    throw new ReleaseError('invalid-input', {
      what: `${capitalized(caller.spell('policy'))} and ${caller.spell('policy-file')} are both given.`,
      wayOut: 'Leave one out: the policy comes from one place.',
    })
  }
  return policyFromFile(file, workspace, caller)
}
