import type { InputName } from '../contract.ts'

/** Who gives the inputs: a workflow, or somebody at the command line. */
export interface Caller {
  /** How they write an input, in the middle of a sentence: `the input policy`, or `--policy`. */
  readonly spell: (input: InputName) => string
  /** Whether the paths that they give must stay inside the workspace. */
  readonly confined: boolean
  /** What they should do about a file that can not be read. */
  readonly otherFile: string
  /** What they should write for a directory, in the middle of a sentence. */
  readonly aDirectory: string
  /** What relative paths start from. */
  readonly root: string
}

/** A workflow, which anybody may have changed who can change the repository. */
export const workflow: Caller = {
  spell: input => `the input ${input}`,
  confined: true,
  otherFile:
    'Write the path of a file in the workspace; a step with actions/checkout must come before this one.',
  aDirectory: 'a directory of the workspace',
  root: 'the workspace',
}

/** The same words at the beginning of a sentence. */
export const capitalized = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
