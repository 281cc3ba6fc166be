import { parseArgs } from 'node:util'
import { type InputName, inputs } from '../contract.ts'
import { ReleaseError } from '../errors.ts'
import { nearMiss } from '../inputs/near-miss.ts'
import type { InputTexts } from '../inputs/read.ts'
import type { Command } from './command.ts'
import { PASSWORD_VARIABLE } from './secrets.ts'

/** What is written after the name of a command. */
export type Arguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'call'; readonly texts: InputTexts; readonly flags: ReadonlySet<string> }

/** Options without a value that every command has. */
const COMMON_FLAGS = ['json', 'debug', 'help'] as const

/** What to do instead of giving a secret as an argument, which everybody on the machine could read. */
const SECRETS: Readonly<Record<string, { variable: string; instead: string }>> = {
  password: {
    variable: PASSWORD_VARIABLE,
    instead: `Pipe the password in with --password-stdin, or set ${PASSWORD_VARIABLE}.`,
  },
  'github-token': { variable: 'GITHUB_TOKEN', instead: 'Set GITHUB_TOKEN.' },
}

/** Something that is not a command line of this program. */
export const usageError = (what: string, remedy: string): ReleaseError =>
  new ReleaseError('invalid-input', { what, remedy })

/** A beginning of advice for a misspelt word: what it was probably meant to be. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const meant = nearMiss(word, known)
  return meant === undefined ? '' : `Did you mean ${meant}? `
}

/** Whether an argument must be given: there is nothing to take in its place. */
export const isRequired = (input: InputName): boolean => inputs[input].default === ''

const seeHelp = ({ name }: Command): string => `See stable-release ${name} --help.`

const flagsOf = ({ flags = [] }: Command): readonly string[] => [
  ...flags.map(({ name }) => name),
  ...COMMON_FLAGS,
]

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

/** Refuses an option that the command does not have, and one with a value that it can not have. */
const checkOption = (command: Command, { name, rawName, value, inlineValue }: OptionToken): void => {
  const flags = flagsOf(command)
  const names = [...command.options.map(({ input }) => input as string), ...flags]
  const secret = SECRETS[name]
  if (secret !== undefined && Object.hasOwn(command.environment ?? {}, secret.variable)) {
    throw usageError(
      `There is no option ${rawName}: others could read it in the list of processes.`,
      secret.instead,
    )
  }
  if (!names.includes(name) || rawName === `-${name}`) {
    const spelt = names.map(known => `--${known}`)
    throw usageError(
      `${command.name} has no option ${rawName}.`,
      `${didYouMean(rawName, spelt)}Its options are ${spelt.join(', ')}.`,
    )
  }
  if (flags.includes(name)) {
    if (value === undefined) return
    throw usageError(`${rawName} takes no value.`, `Write ${rawName} alone.`)
  }
  if (value === undefined || value === '') {
    throw usageError(`${rawName} has no value.`, `Write ${rawName}=…, or leave it out. ${seeHelp(command)}`)
  }
  if (inlineValue !== true && value.startsWith('-')) {
    throw usageError(
      `${rawName} has no value: ${value} looks like an option.`,
      `If it is the value, write ${rawName}=${value}.`,
    )
  }
}

const optionsOf = (command: Command, tokens: readonly OptionToken[]): ReadonlyMap<string, string> => {
  const given = new Map<string, string>()
  for (const token of tokens) {
    checkOption(command, token)
    const { name, rawName, value = '' } = token
    const before = given.get(name)
    const repeatable = command.options.some(({ input, lines }) => input === name && lines === true)
    if (before !== undefined && !repeatable) throw usageError(`${rawName} is given twice.`, 'Leave one out.')
    given.set(name, before === undefined ? value : `${before}\n${value}`)
  }
  return given
}

const positionalsOf = (command: Command, values: readonly string[]): ReadonlyMap<string, string> => {
  const { positionals } = command
  const extra = values[positionals.length]
  if (extra !== undefined) {
    throw usageError(`${command.name} takes no argument ${JSON.stringify(extra)}.`, seeHelp(command))
  }
  positionals.forEach((input, index) => {
    if (!isRequired(input)) return
    const value = values[index]
    if (value === undefined) throw usageError(`The argument <${input}> is missing.`, seeHelp(command))
    if (value === '') throw usageError(`The argument <${input}> is empty.`, seeHelp(command))
  })
  return new Map(
    positionals.flatMap((input, index) => {
      const value = values[index]
      return value === undefined ? [] : [[input, value] as const]
    }),
  )
}

const names = Object.keys(inputs) as InputName[]

/** What an input is if it is not given; an expression of GitHub is for workflows. */
const defaultOf = (name: InputName): string => {
  const { default: value } = inputs[name]
  return value.startsWith('${{') ? '' : value
}

/**
 * Reads what is written after the name of a command. What is not given has the default of action.yml.
 *
 * Throws `invalid-input`: an option that does not exist, with the one that was probably meant; one without
 * its value, or given twice; an argument that is missing, empty, or one too many.
 */
export const readArguments = (command: Command, args: readonly string[]): Arguments => {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(flagsOf(command).map(name => [name, { type: 'boolean' as const }])),
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(command.options.map(({ input }) => [input, { type: 'string' as const }])),
    },
    // Not strict: what is wrong is told from the tokens, with the command and its options at hand.
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const options = tokens.flatMap(token => (token.kind === 'option' ? [token] : []))
  if (options.some(({ name }) => name === 'help')) return { kind: 'help' }

  const given = new Map([
    ...optionsOf(command, options),
    ...positionalsOf(
      command,
      tokens.flatMap(token => (token.kind === 'positional' ? [token.value] : [])),
    ),
  ])
  const texts = Object.fromEntries(names.map(name => [name, given.get(name) ?? defaultOf(name)]))
  const flags = new Set(flagsOf(command).filter(name => given.has(name)))
  return { kind: 'call', texts: texts as InputTexts, flags }
}
