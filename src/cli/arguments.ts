import { Argument, Command, Option } from 'commander'
import { type InputName, inputs } from '../action-yml.ts'
import { type InputTexts, textsOf } from '../inputs/texts.ts'
import { eachLine } from '../text.ts'
import { VERSION } from '../version.ts'
import { type CommandHelp, commands, EXIT_STATUSES } from './commands.ts'

export interface Call {
  readonly command: CommandHelp['name']
  readonly texts: InputTexts
  readonly json: boolean
  readonly debug: boolean
  readonly passwordStdin: boolean
}

/** Throws commander's refusal, help or version, which it has printed. */
export function readCall(args: readonly string[]): Call {
  const calls: Call[] = []
  const program = new Command('stable-release')
    .usage('<command> <service> <tag> <registry> <project> [options]')
    .description('Builds, publishes and verifies container images of a git tag under a release policy.')
    .version(VERSION, '--version', 'Prints the version.')
    .exitOverride()
    .configureHelp({ subcommandTerm: command => command.name() })
    .configureOutput({ outputError: (text, write) => write(eachLine(withoutValues(text))) })
    .showHelpAfterError('See stable-release --help.')
  for (const help of commands) addCommand(program, help, calls)
  const statuses = Object.entries(EXIT_STATUSES).map(([status, meaning]) => `\n  ${status}  ${meaning}`)
  program.addHelpText('after', `\nExit status:${statuses.join('')}\n\n${START}`)
  if (args.length > 0) program.parse(args, { from: 'user' })
  return calls[0] ?? program.error(START)
}

const EXAMPLE = 'reqmgr2 2.3.4 registry.cern.ch cmswmcore'

const START = `Try it:        echo 2.3.4 | stable-release explain
Plan a build:  stable-release plan ${EXAMPLE}
Release it:    stable-release release ${EXAMPLE}`

/** Values may be secrets. */
function withoutValues(text: string) {
  return text
    .replace(/(?<=option ')(--[\w-]*|-\w?)[\s\S]*(?=')/, '$1')
    .replace(/(?<=but got \d+):[\s\S]*$/, '.\n')
}

const ENVIRONMENT = `
Environment:
  STABLE_RELEASE_PASSWORD  the password, if it is not piped in
  GITHUB_TOKEN             reads the git tag's commit and checks
  GITHUB_REPOSITORY        the repository of the git tag, as owner/name`

function addCommand(program: Command, help: CommandHelp, calls: Call[]) {
  const { name, summary, details, positionals, options } = help
  const command = program.command(name).summary(summary).description(`${summary} ${details}`)
  for (const input of positionals) {
    const argument = new Argument(input, inputs[input].meaning)
    if (input === 'project' && help.project) argument.default(help.project).argOptional()
    command.addArgument(argument)
  }
  const call = `stable-release ${name}`
  const example = positionals.includes('tag') ? `\nExample:  ${call} ${EXAMPLE}` : ''
  command.showHelpAfterError(`Usage:    ${call} ${command.usage()}${example}\nSee ${call} --help.`)
  for (const input of options) command.addOption(optionFor(input))
  if (name !== 'explain')
    command
      .option('--password-stdin', 'Reads the password from standard input.')
      .option('--debug', 'Shows every request and every call of docker.')
      .addHelpText('after', ENVIRONMENT)
  command.option('--json', 'Prints the result as JSON.').action(() => {
    const given: Readonly<Record<string, unknown>> = Object.fromEntries([
      ...positionals.map((input, index) => [input, command.processedArgs[index]]),
      ...command.options.map(option => [option.name(), command.getOptionValue(option.attributeName())]),
    ])
    calls.push({
      command: name,
      texts: textsOf(input => String(given[input] ?? inputs[input].default).trim()),
      json: given.json === true,
      debug: given.debug === true,
      passwordStdin: given['password-stdin'] === true,
    })
  })
}

const REPEATED: readonly InputName[] = [
  'build-args',
  'build-options',
  'labels',
  'mirrors',
  'policy',
  'require-checks',
  'used',
]

function optionFor(input: InputName) {
  const { meaning, default: fallback } = inputs[input]
  const option = new Option(`--${input} <value>`, meaning).default(fallback || undefined)
  if (!REPEATED.includes(input)) return option
  option.description += ' May be repeated.'
  return option.argParser((value, before?: string) =>
    (before ?? fallback) === fallback ? value : `${before}\n${value}`,
  )
}
