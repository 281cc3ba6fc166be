import type { InputName } from '../contract.ts'
import type { Caller } from '../inputs/caller.ts'
import { inputNames } from '../inputs/texts.ts'
import type { Command } from './command.ts'

/** Whoever calls a command, and the words in which they are told of its options. */
export const callerOf = ({ positionals }: Command): Caller => ({
  spell: input => (positionals.includes(input) ? `<${input}>` : `--${input}`),
  confined: false,
  otherFile: 'Write the path of a file with a table of rules.',
  aDirectory: 'the path of a directory',
  checkout: '',
  atTag: gitTag => `Check it out first: git checkout ${gitTag}`,
  root: 'the current directory',
  list: {
    one: entry => `one ${entry} for each option`,
    each: 'each value',
    nth: number => `value ${number}`,
    several: input => `Give each with a --${input}=… of its own.`,
    leaveOut: 'Leave it out',
  },
  whyEmpty: '',
  login: '--username and --password-stdin',
  tooLong: 'it is longer than 6h',
})

/** Inputs that are options, and whose names are no ordinary words. */
const OPTIONS = inputNames.filter(name => name.includes('-') && name !== 'github-token')

/** An input, and the colon after it where a value follows; not a part of an option, a path or a reference. */
const INPUT = new RegExp(`(?<![\\w./-])(${OPTIONS.join('|')})(?![\\w/-]|\\.\\w)(?:: (?=\\w))?`, 'g')

/** What is said to workflows in general, and what to say here instead. */
const PHRASES: readonly (readonly [ofWorkflows: RegExp, here: string])[] = [
  [
    /run it with command: promote, service: ([^,\s]+), tag: ([^,\s]+), registry: ([^,\s]+), project: ([^,\s]+), digest: ([^,\s]+), and the same policy(?:, require-checks)? and login, as promote_stable_images\.yaml does/g,
    'run stable-release promote $1 $2 $3 $4 --digest $5, with the same policy, checks and login',
  ],
  [/(?<![\w-])stable: (on-release|on-promotion)/g, '--stable $1'],
  [/\bpackage and package-index/g, '--package and --package-index'],
  [/; GitHub Actions has one that needs no github-token/g, ''],
  [/, in a workflow by a step with docker\/login-action/g, ''],
  [/\bkeep two runs apart with a concurrency group/g, 'do not run two at once'],
  [/\bKeep two runs apart with a concurrency group/g, 'Do not run two at once'],
  [/ in a step before this one/g, ''],
  [/\bthe runner's disk/g, "this machine's disk"],
  [/\ba runner with a larger disk/g, 'a machine with a larger disk'],
  [/\bThe runner can't be used/g, "This machine can't be used"],
  [/\bAn input is not valid/g, 'The call is not valid'],
]

/**
 * A message in the words of the command line. Most of the program does not know who calls it, and speaks of inputs as a
 * workflow has them: `set on-existing: overwrite` becomes `use --on-existing overwrite`.
 */
export const inOptions = (message: string): string =>
  PHRASES.reduce((text, [ofWorkflows, here]) => text.replace(ofWorkflows, here), message)
    .replace(INPUT, (written: string, input: InputName) => `--${input}${written.endsWith(' ') ? ' ' : ''}`)
    .replace(/\b(?:(S)|s)et (?=--[a-z])/g, (_, capital?: string) => (capital === undefined ? 'use ' : 'Use '))
