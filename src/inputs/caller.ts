import type { InputName } from '../contract.ts'

/** Who gives the inputs: a workflow, or somebody at the command line. The words are those that they know. */
export interface Caller {
  /** How they write an input, in the middle of a sentence: `the input policy`, or `--policy`. */
  readonly spell: (input: InputName) => string
  /** Whether the paths that they give must stay inside the workspace and the runner's temporary directory. */
  readonly confined: boolean
  /** What they should do about a file that can not be read. */
  readonly otherFile: string
  /** What they should write for a directory, in the middle of a sentence. */
  readonly aDirectory: string
  /** What else a missing directory may need: the end of a sentence. */
  readonly checkout: string
  /** How to build the git tag and not something else, as a sentence. */
  readonly atTag: (gitTag: string) => string
  /** What relative paths start from. */
  readonly root: string
  /** How they give an input that is a list. */
  readonly list: {
    /** How to write one entry: `one NAME=value a line`. */
    readonly one: (entry: string) => string
    /** What one entry is, in the middle of a sentence: `each line`. */
    readonly each: string
    /** Which entry it is, counted from 1: `line 2`. */
    readonly nth: (number: number) => string
    /** How to write several entries of an input. */
    readonly several: (input: InputName) => string
    /** How to do without an entry, as a sentence without its full stop. */
    readonly leaveOut: string
  }
  /** Why something may be empty that was not left out: a sentence, or nothing. */
  readonly whyEmpty: string
  /** How they give an account at the registry. */
  readonly login: string
  /** What is wrong with a wait that is too long. */
  readonly tooLong: string
}

/** A workflow, which anybody may have changed who can change the repository. */
export const workflow: Caller = {
  spell: input => `the input ${input}`,
  confined: true,
  otherFile:
    'Write the path of a file in the workspace; a step with actions/checkout must come before this one.',
  aDirectory: 'a directory of the workspace',
  checkout: '; a step with actions/checkout must come before this one',
  atTag: gitTag => `Give the step with actions/checkout this line below "with:": "ref: refs/tags/${gitTag}".`,
  root: 'the workspace',
  list: {
    one: entry => `one ${entry} a line`,
    each: 'each line',
    nth: number => `line ${number}`,
    several: input => `Write each option on a line of its own, below "${input}: |".`,
    leaveOut: 'Leave the line out',
  },
  whyEmpty: 'A variable or secret that does not exist is empty, too.',
  login: 'the inputs username and password',
  tooLong: 'it is longer than a job may run',
}

/** The same words at the beginning of a sentence. */
export const capitalized = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
