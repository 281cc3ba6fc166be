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
    .description('Builds, publishes and verifies container images of a git tag under a release policy.')
    .version(VERSION, '--version', 'Prints the version.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(eachLine(withoutValues(text))) })
    .showHelpAfterError('See stable-release --help.')
  for (const help of commands) addCommand(program, help, call => calls.push(call))
  const statuses = Object.entries(EXIT_STATUSES).map(([status, meaning]) => `\n  ${status}  ${meaning}`)
  program.addHelpText('after', `\nExit status:${statuses.join('')}\n\nExample:\n  ${EXAMPLE}`)
  program.parse(args, { from: 'user' })
  const [call] = calls
  if (call === undefined) throw new TypeError('no command was called')
  return call
}

const EXAMPLE = 'stable-release release reqmgr2 2.3.4 registry.cern.ch cmswmcore'

/** Values may be secrets. */
function withoutValues(text: string) {
  return text
    .replace(/(?<=option ')(--[\w-]*|-\w?)[\s\S]*(?=')/, '$1')
    .replace(/(?<=but got \d+):[\s\S]*$/, '.\n')
}

const ENVIRONMENT = `
Environment:
  STABLE_RELEASE_PASSWORD  the password of the account, if it is not piped in
  GITHUB_TOKEN             reads the commit of the git tag, and its checks
  GITHUB_REPOSITORY        the repository of the git tag, as owner/name
  GITHUB_API_URL           the address of the API, https://api.github.com by default`

function addCommand(program: Command, help: CommandHelp, onCall: (call: Call) => void) {
  const { name, summary, details, positionals, options } = help
  const isLocal = name === 'explain'
  const command = program
    .command(name)
    .summary(summary)
    .description(`${summary} ${details}`)
    .showHelpAfterError(`See stable-release ${name} --help.`)
  for (const input of positionals) {
    const fallback = input === 'project' ? help.project : undefined
    const flags = fallback === undefined ? `<${input}>` : `[${input}]`
    command.addArgument(new Argument(flags, inputs[input].meaning).default(fallback))
  }
  for (const input of options) command.addOption(optionFor(input))
  if (!isLocal) {
    command.option('--password-stdin', 'Reads the password from standard input.')
    command.option('--debug', 'Shows every request and every call of docker.')
  }
  command
    .option('--json', 'Prints the result as JSON.')
    .addHelpText('after', isLocal ? '' : ENVIRONMENT)
    .action(() => {
      const given: Readonly<Record<string, unknown>> = Object.fromEntries([
        ...positionals.map((input, index) => [input, command.processedArgs[index]]),
        ...command.options.map(option => [option.name(), command.getOptionValue(option.attributeName())]),
      ])
      onCall({
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
  'require-checks',
  'used',
]

function optionFor(input: InputName) {
  const { meaning, default: fallback } = inputs[input]
  const option = new Option(`--${input} <value>`, meaning).default(fallback || undefined)
  if (!REPEATED.includes(input)) return option
  option.description += ' May be repeated.'
  return option.argParser((value, before?: string) => (before === undefined ? value : `${before}\n${value}`))
}
