import { Argument, Command, Option } from 'commander'
import { type InputName, inputs } from '../contract.ts'
import { type InputTexts, textsOf } from '../inputs/texts.ts'
import { VERSION } from '../version.ts'
import { type CommandHelp, commands, positionalsOf } from './commands.ts'
import { EXIT_STATUSES } from './exit-status.ts'

/** A command as somebody called it. */
export interface Call {
  readonly command: CommandHelp['name'] | 'explain'
  /** The text of every input: as it was given, else its default. */
  readonly texts: InputTexts
  readonly json: boolean
  readonly debug: boolean
  readonly passwordStdin: boolean
}

/** Inputs of several lines, whose option may be repeated. */
const REPEATED: readonly InputName[] = ['build-args', 'build-options', 'labels', 'require-checks']

const ENVIRONMENT = `
Environment:
  STABLE_RELEASE_PASSWORD  the password of the account, if it is not piped in
  GITHUB_TOKEN             reads the commit of the git tag, and its checks
  GITHUB_REPOSITORY        the repository of the git tag, as owner/name
  GITHUB_API_URL           the address of the API, https://api.github.com by default`

/** The parser of the whole command line, which prints help and mistakes. `act` gets the command that is called. */
export function programOf(act: (call: Call) => Promise<void>): Command {
  const program = new Command('stable-release')
    .description('Builds, publishes and verifies container images of a git tag under a release policy.')
    .version(VERSION, '--version', 'Prints the version of this program.')
    .exitOverride()
    .configureOutput({
      // A value may be a secret.
      outputError: (text, write) => write(text.replace(/(--[\w-]+)=[^\s']*/g, '$1=…')),
    })
    .addHelpText(
      'after',
      `\nExit status:\n${Object.entries(EXIT_STATUSES)
        .map(([status, meaning]) => `  ${status}  ${meaning}`)
        .join('\n')}\n\nExample:\n  ${commands[0]?.example}`,
    )
  for (const command of commands) addCommand(program, command, act)
  const explain = program
    .command('explain')
    .summary('Says which image tags each of many git tags gets')
    .description(
      'Reads git tags from standard input, one a line, and prints for each the rule and the image tags, the stable ones after a bar; at the end, how many each rule took.',
    )
    .addOption(optionFor('policy'))
    .addOption(optionFor('policy-file'))
    .option('--json', 'One JSON object a line: tag, rule, tags, stableTags, reason.')
    .addHelpText('after', '\nExample:\n  git tag | stable-release explain --policy dmwm-go')
  explain.action(() => act(callOf('explain', explain, new Map())))
  return program
}

function addCommand(program: Command, help: CommandHelp, act: (call: Call) => Promise<void>): void {
  const { name, summary, details, project, options, example } = help
  const command = program.command(name).summary(summary).description(`${summary}. ${details}`)
  const positionals = positionalsOf(help)
  for (const input of positionals) {
    const isOptional = input === 'project' && project !== undefined
    const argument = new Argument(isOptional ? `[${input}]` : `<${input}>`, meaningOf(input))
    command.addArgument(isOptional ? argument.default(project) : argument)
  }
  for (const input of options) command.addOption(optionFor(input))
  command
    .option('--password-stdin', 'Reads the password of the account from standard input.')
    .option('--json', "The result as one JSON object, as the action's output json has it.")
    .option('--debug', 'Shows every request and every call of docker.')
    .addHelpText('after', `${ENVIRONMENT}\n\nExample:\n  ${example}`)
    .action(() => {
      const given = new Map(positionals.map((input, index) => [input, String(command.processedArgs[index])]))
      return act(callOf(name, command, given))
    })
}

/** What an input means: the first sentence of action.yml, as what follows is advice for workflows. */
function meaningOf(input: InputName): string {
  return inputs[input].description.split(/(?<=\.) (?=[A-Z`])/, 1)[0] ?? ''
}

function optionFor(input: InputName): Option {
  const isRepeated = REPEATED.includes(input)
  const option = new Option(
    `--${input} <value>`,
    `${meaningOf(input)}${isRepeated ? ' May be repeated.' : ''}`,
  )
  const fallback = defaultOf(input)
  if (isRepeated)
    return option.argParser((value, before?: string) => (before ? `${before}\n${value}` : value))
  return fallback === '' ? option : option.default(fallback)
}

/** What an input is if it is not given; an expression of GitHub is for workflows. */
function defaultOf(input: InputName): string {
  const { default: value } = inputs[input]
  return value.startsWith('${{') ? '' : value
}

function callOf(
  command: Call['command'],
  parser: Command,
  positionals: ReadonlyMap<InputName, string>,
): Call {
  const options = parser.opts<Record<string, unknown>>()
  const given = (input: InputName): string | undefined => {
    const option = parser.options.find(({ long }) => long === `--${input}`)
    const value = option === undefined ? undefined : options[option.attributeName()]
    return typeof value === 'string' ? value : undefined
  }
  return {
    command,
    texts: textsOf(input => (positionals.get(input) ?? given(input) ?? defaultOf(input)).trim()),
    json: options.json === true,
    debug: options.debug === true,
    passwordStdin: options.passwordStdin === true,
  }
}
