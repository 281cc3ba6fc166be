import { Option, type OutputConfiguration, type ParseOptionsResult, Command as Parser } from 'commander'
import { type InputName, inputs } from '../contract.ts'
import { VERSION } from '../version.ts'
import { type Arguments, argumentsOf, isRequired } from './arguments.ts'
import type { Command, InputOption } from './command.ts'
import { EXIT_STATUSES } from './exit-status.ts'

/** Keeps apart the options that it does not know, so that they are told together with all other mistakes. */
class LenientParser extends Parser {
  /** The first option that it does not know, and all after it but the options that it knows. */
  unknown: readonly string[] = []

  override createCommand(name?: string): LenientParser {
    return new LenientParser(name)
  }

  override parseOptions(args: string[]): ParseOptionsResult {
    const parsed = super.parseOptions(args)
    this.unknown = parsed.unknown
    return parsed
  }
}

type Entries = readonly (readonly [term: string, meaning: string])[]

/** A section of a help text that commander has not: terms, and what they mean beside them. */
const section = (title: string, entries: Entries, parser: Parser): string => {
  const help = parser.createHelp()
  const width = Math.max(...entries.map(([term]) => term.length))
  const items = entries.map(([term, meaning]) => help.formatItem(term, width, meaning, help))
  return `\n${title}:\n${items.join('\n')}\n`
}

/** What an input means: the first sentence of action.yml, as what follows is advice for workflows. */
const meaningOf = (input: InputName, means?: string, fallback: string = inputs[input].default): string => {
  const { description } = inputs[input]
  const sentence = means ?? description.split(/(?<=\.) (?=[A-Z`])/, 1)[0] ?? description
  return fallback === '' ? sentence : `${sentence} Default: ${fallback}`
}

const optionFor = ({ input, value, means, lines }: InputOption): Option =>
  new Option(
    `--${input} [${value}]`,
    `${meaningOf(input, means)}${lines === true ? ' May be repeated.' : ''}`,
  )

const flagsOf = ({ flags = [], json }: Command): Option[] =>
  [
    ...flags,
    { name: 'json', means: json },
    { name: 'debug', means: 'Shows every request and every call of docker.' },
  ].map(({ name, means }) => new Option(`--${name}`, means))

/** Gives an option the list of its values, each empty where none is written. */
const listing = (option: Option): Option =>
  option.preset('').argParser((value, before: readonly string[] = []) => [...before, value])

type Act = (command: Command, given: Arguments) => void | Promise<void>

/** Adds a command, with what it takes and what its help says of it. */
const addCommand = (program: LenientParser, command: Command, act: Act): void => {
  const { name, summary, details, positionals, environment, examples } = command
  const parser = program.command(name) as LenientParser
  const order = positionals.map(input => (isRequired(command, input) ? `<${input}>` : `[${input}]`))
  parser
    .summary(`${summary}.`)
    .description(details === undefined ? `${summary}.` : `${summary}. ${details}`)
    .usage([...order, '[options]'].join(' '))
    .allowUnknownOption()
    .allowExcessArguments()
  for (const input of positionals) {
    parser.argument(`[${input}]`, meaningOf(input, undefined, command.defaults?.[input]))
  }
  for (const option of [...command.options.map(optionFor), ...flagsOf(command)])
    parser.addOption(listing(option))
  if (environment !== undefined) {
    parser.addHelpText('after', () => section('Environment', Object.entries(environment), parser).trimEnd())
  }
  parser.addHelpText(
    'after',
    `\nExample:\n${examples.map(({ line, shows }) => `  # ${shows}\n  ${line}`).join('\n')}`,
  )
  parser.action(() => {
    const operands = parser.args.slice(0, parser.args.length - parser.unknown.length)
    const values = new Map(
      parser.options.map(option => [
        option.name(),
        (parser.getOptionValue(option.attributeName()) ?? []) as readonly string[],
      ]),
    )
    return act(command, argumentsOf(command, { operands, unknown: parser.unknown, values }))
  })
}

/**
 * The parser of the whole command line, which prints help. `act` gets the command that is called, with what is given to
 * it. Throws commander's error for help, the version, and what is no command.
 */
export const programOf = (
  commands: readonly Command[],
  act: Act,
  output: OutputConfiguration = {},
): Parser => {
  const program = new LenientParser('stable-release')
  program
    .description('Builds, publishes and verifies container images of a git tag under a release policy.')
    .usage('<command> [arguments] [options]')
    .version(VERSION, '--version', 'Prints the version of this program.')
    .helpOption('-h, --help', 'Prints this text; after a command, what the command takes.')
    .helpCommand('help [command]', 'Prints what a command takes.')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(output)
    // An option that needs a value is optional for commander alone: that it has none is told with the other mistakes.
    .configureHelp({
      optionTerm: ({ flags }) => flags.replace('[', '<').replace(']', '>'),
      optionDescription: ({ description }) => description,
      subcommandTerm: parser => parser.name(),
    })
    .addHelpText('after', () => section('Exit status', Object.entries(EXIT_STATUSES), program).trimEnd())
    .addHelpText('after', `\nExample:\n${commands[0]?.examples.map(({ line }) => `  ${line}`).join('\n')}`)
  for (const command of commands) addCommand(program, command, act)
  return program
}
