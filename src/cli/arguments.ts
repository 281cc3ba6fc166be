import { type InputName, inputs } from '../contract.ts'
import { quoted } from '../inputs/invalid.ts'
import { nearMiss } from '../inputs/near-miss.ts'
import { holdsSecret } from '../inputs/pasted-secret.ts'
import { type InputTexts, textsOf } from '../inputs/texts.ts'
import { invalidInput, type Mistake } from '../inputs/validated.ts'
import { oneLine } from '../text.ts'
import type { Command } from './command.ts'
import { PASSWORD_VARIABLE } from './credentials.ts'

/** What is written after the name of a command. */
export interface Arguments {
  /** The text of every input: as it was given, else its default. */
  readonly texts: InputTexts
  /** The names of the options without a value that were given. */
  readonly flags: ReadonlySet<string>
  /** What is wrong with the call itself. */
  readonly mistakes: readonly Mistake[]
}

/** The same as the parser has it. */
export interface Given {
  /** The arguments before the first option that the command does not have. */
  readonly operands: readonly string[]
  /** The first option that the command does not have, and what follows but the options that it has. */
  readonly unknown: readonly string[]
  /** The values of each option; an empty one where no value is written, and for an option without values. */
  readonly values: ReadonlyMap<string, readonly string[]>
}

/** What to do instead of giving a secret as an argument, which everybody on the machine could read. */
const SECRETS: Readonly<Record<string, { variable: string; instead: string }>> = {
  password: {
    variable: PASSWORD_VARIABLE,
    instead: `Pipe the password in with --password-stdin, or set ${PASSWORD_VARIABLE}.`,
  },
  'github-token': { variable: 'GITHUB_TOKEN', instead: 'Set GITHUB_TOKEN.' },
}

/** Whether an argument must be given: the command has nothing to take in its place. */
export const isRequired = ({ defaults }: Command, input: InputName): boolean =>
  defaults?.[input] === undefined

const seeHelp = ({ name }: Command): string => `See stable-release ${name} --help.`

const listOf = (inputs: readonly InputName[]): string =>
  inputs
    .map(input => `<${input}>`)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' and ')

/** The arguments of a command, in their order. */
const orderOf = ({ positionals }: Command): string => positionals.map(input => `<${input}>`).join(' ')

/** The options, and what may be arguments, in what begins with an option that is not known. */
const optionsIn = (unknown: readonly string[]): { options: string[]; others: string[] } => {
  const end = unknown.includes('--') ? unknown.indexOf('--') : unknown.length
  const isOption = (arg: string): boolean => arg.startsWith('-') && arg !== '-'
  const before = unknown.slice(0, end)
  return {
    options: before.filter(isOption),
    others: [...before.filter(arg => !isOption(arg)), ...unknown.slice(end + 1)],
  }
}

/** Options of `docker buildx build` that people give. */
const OF_DOCKER =
  /^--(?:add-host|allow|annotation|attest|build-context|builder|cache-from|cache-to|label|network|no-cache|no-cache-filter|platform|progress|provenance|pull|sbom|secret|shm-size|ssh|target|ulimit)$/

/** What to do with an option that is an argument, or one of docker's. */
const otherwise = (command: Command, option: string): string => {
  if (command.positionals.some(input => option === `--${input}`)) {
    return `It is an argument: ${orderOf(command)}. `
  }
  return OF_DOCKER.test(option) && command.options.some(({ input }) => input === 'build-options')
    ? `Write it as --build-options=${option}, with its value if it has one. `
    : ''
}

/** The mistakes in options that the command does not have. Their values are not shown: they may be secrets. */
const unknownOptions = (command: Command, { unknown, values }: Given): Mistake[] => {
  const { options } = optionsIn(unknown)
  const known = [...values.keys(), 'help'].map(name => `--${name}`)
  return options.map(arg => {
    const [option = arg] = arg.split('=', 1)
    const name = option.replace(/^--/, '')
    const secret = SECRETS[name]
    if (secret !== undefined && Object.hasOwn(command.environment ?? {}, secret.variable)) {
      return invalidInput(
        [name as InputName],
        `There is no option ${option}: others could read it in the list of processes.`,
        secret.instead,
      )
    }
    if (known.includes(option)) return invalidInput([], `${option} takes no value.`, `Write ${option} alone.`)
    const meant = nearMiss(option, known)
    return invalidInput(
      command.options.flatMap(({ input }) => (meant === `--${input}` ? [input] : [])),
      `${command.name} has no option ${holdsSecret(option) ? '***' : oneLine(option)}.`,
      meant === undefined
        ? `${otherwise(command, option)}Its options are ${known.join(', ')}.`
        : `Did you mean ${meant}?`,
    )
  })
}

/** The mistakes in the options that the command has. */
const wrongOptions = ({ options }: Command, { values }: Given): Mistake[] =>
  [...values].flatMap(([name, given]) => {
    const taken = options.find(({ input }) => input === name)
    const about = taken === undefined ? [] : [taken.input]
    if (taken !== undefined && given.includes('')) {
      const remedy = `Write --${name}=…, or leave it out; a value that begins with a dash needs the equals sign.`
      return [invalidInput(about, `--${name} has no value.`, remedy)]
    }
    if (given.length <= 1 || taken?.lines === true) return []
    return [invalidInput(about, `--${name} is given twice.`, 'Leave one out.')]
  })

/**
 * The mistakes in the arguments. After an option that is not known it is not clear which they are; but what is missing
 * even if all of the rest are arguments is missing.
 */
const wrongOperands = (command: Command, { operands, unknown }: Given): Mistake[] => {
  const { name, positionals } = command
  const empty = positionals.filter(
    input => input !== 'project' && operands[positionals.indexOf(input)] === '',
  )
  const mistakes = empty.map(input =>
    invalidInput([input], `The argument <${input}> is empty.`, seeHelp(command)),
  )
  const extra = operands.slice(positionals.length).map(quoted)
  const most = operands.length + optionsIn(unknown).others.length
  const missing = positionals.slice(most).filter(input => isRequired(command, input))
  if (extra.length > 0) {
    const remedy = positionals.length === 0 ? seeHelp(command) : `Its arguments are ${orderOf(command)}.`
    // Which of them is too many is not known, nor what the others are.
    mistakes.push(invalidInput(positionals, `${name} takes no argument ${extra.join(', ')}.`, remedy))
  }
  if (missing.length > 0) {
    mistakes.push(
      invalidInput(
        missing,
        `The argument${missing.length > 1 ? 's' : ''} ${listOf(missing)} ${missing.length > 1 ? 'are' : 'is'} missing.`,
        missing[0] === 'project'
          ? `Write it, such as cmswmcore, or '' for an image without one. Only build and push have docker.sh's default, cmsweb.`
          : seeHelp(command),
      ),
    )
  }
  return mistakes
}

/** What an input is if it is not given; an expression of GitHub is for workflows. */
const defaultOf = (name: InputName, { defaults }: Command): string => {
  const value = defaults?.[name] ?? inputs[name].default
  return value.startsWith('${{') ? '' : value
}

/** Reads what is given to a command. What is not given has the default of the command, or of action.yml. */
export const argumentsOf = (command: Command, given: Given): Arguments => {
  const { operands, unknown, values } = given
  const { positionals } = command
  const written = (name: InputName): string | undefined => {
    const index = positionals.indexOf(name)
    if (index >= 0) return operands[index]
    const given = values.get(name) ?? []
    return given.length === 0 ? undefined : given.join('\n')
  }
  const misread = unknown.length > 0 ? positionals.slice(operands.length) : []
  const mistakes = unknownOptions(command, given)
  return {
    texts: textsOf(name => written(name) ?? defaultOf(name, command)),
    flags: new Set(
      [...values].flatMap(([name, given]) =>
        given.length > 0 && !command.options.some(({ input }) => input === name) ? [name] : [],
      ),
    ),
    mistakes: [
      ...mistakes.map(each => ({ ...each, inputs: [...(each.inputs ?? []), ...misread] })),
      ...wrongOptions(command, given),
      ...wrongOperands(command, given),
    ],
  }
}
