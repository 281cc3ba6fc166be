import { type InputName, inputs } from '../contract.ts'
import { isRequired } from './arguments.ts'
import type { Command, InputOption } from './command.ts'
import { EXIT_STATUSES } from './exit-status.ts'

const WIDTH = 80

/** Breaks text into lines of at most `width` characters, where the words allow it. */
const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}

const paragraph = (text: string): string => wrap(text, WIDTH).join('\n')

/** Two columns: terms, and what they mean beside them. */
const definitions = (entries: readonly (readonly [term: string, meaning: string])[]): string => {
  const indent = Math.max(...entries.map(([term]) => term.length)) + 4
  return entries
    .map(([term, meaning]) => {
      const [first, ...more] = wrap(meaning, WIDTH - indent)
      return [`  ${term.padEnd(indent - 2)}${first}`, ...more.map(line => ' '.repeat(indent) + line)].join(
        '\n',
      )
    })
    .join('\n')
}

/**
 * What an input means. Its first sentence in action.yml says that; what follows is advice for workflows.
 */
const meaning = (input: InputName, means?: string): string => {
  const { description, default: value } = inputs[input]
  const sentence = means ?? description.split(/(?<=\.) (?=[A-Z`])/, 1)[0] ?? description
  return value === '' ? sentence : `${sentence} Default: ${value}`
}

const optionMeaning = ({ input, means, lines }: InputOption): string =>
  `${meaning(input, means)}${lines === true ? ' May be repeated.' : ''}`

const argument = (input: InputName): string => (isRequired(input) ? `<${input}>` : `[${input}]`)

const usage = ({ name, positionals }: Command): string =>
  ['stable-release', name, ...positionals.map(argument), '[options]'].join(' ')

const section = (title: string, body: string): string => `${title}:\n${body}`

/** The help of the whole program. */
export const generalHelp = (commands: readonly Command[]): string => {
  const [{ examples } = { examples: [] }] = commands
  return `${[
    'Usage: stable-release <command> [arguments] [options]',
    paragraph(
      'Takes a git tag of a service to published, verified container images, under a release policy.',
    ),
    section('Commands', definitions(commands.map(({ name, summary }) => [name, `${summary}.`]))),
    section(
      'Options',
      definitions([
        ['-h, --help', 'This text; after a command, what the command takes.'],
        ['--version', 'The version of this program.'],
      ]),
    ),
    section('Exit status', definitions(Object.entries(EXIT_STATUSES))),
    section('Example', examples.map(({ line }) => `  ${line}`).join('\n')),
  ].join('\n\n')}\n`
}

/** The help of a command. */
export const commandHelp = (command: Command): string => {
  const { summary, details, positionals, options, flags = [], environment, examples, json } = command
  const example = examples.map(({ line, shows }) => `  # ${shows}\n  ${line}`).join('\n')
  return `${[
    `Usage: ${usage(command)}`,
    paragraph([`${summary}.`, ...(details === undefined ? [] : [details])].join(' ')),
    ...(positionals.length === 0
      ? []
      : [section('Arguments', definitions(positionals.map(input => [argument(input), meaning(input)])))]),
    section(
      'Options',
      definitions([
        ...options.map(option => [`--${option.input} <${option.value}>`, optionMeaning(option)] as const),
        ...flags.map(({ name, means }) => [`--${name}`, means] as const),
        ['--json', json],
        ['--debug', 'Says more of what is done.'],
        ['-h, --help', 'This text.'],
      ]),
    ),
    ...(environment === undefined ? [] : [section('Environment', definitions(Object.entries(environment)))]),
    section('Example', example),
  ].join('\n\n')}\n`
}
