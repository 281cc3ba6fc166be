import { closeSync, constants, openSync, type Stats, statSync } from 'node:fs'
import { messageOf, ReleaseError } from './errors.ts'
import { oneLine } from './text.ts'

/** The error for a runner that lacks what a step needs. */
const runnerUnusable = (what: string, remedy: string, cause?: unknown): ReleaseError =>
  new ReleaseError('runner-unusable', { what: oneLine(what), remedy, cause })

const NOTHING_DONE = 'Nothing was done. Look after the runner, then run the job again.'

/** The files in which the runner takes what the step says, by the variables that name them. */
const COMMAND_FILES = {
  GITHUB_OUTPUT: 'the outputs of the step',
  GITHUB_STATE: 'the state of the step',
} as const

const requireWritable = (env: NodeJS.ProcessEnv, variable: keyof typeof COMMAND_FILES): void => {
  const file = env[variable]
  if (file === undefined || file === '') {
    throw runnerUnusable(
      `${variable} is not set: there is no file for ${COMMAND_FILES[variable]}.`,
      'Nothing was done. Run the action in a workflow; elsewhere, use the command line.',
    )
  }
  try {
    // One that is missing must not be made: the runner would not read it.
    closeSync(openSync(file, constants.O_WRONLY | constants.O_APPEND))
  } catch (error) {
    throw runnerUnusable(
      `The file for ${COMMAND_FILES[variable]}, which ${variable} names, can not be written: ${messageOf(error)}.`,
      NOTHING_DONE,
      error,
    )
  }
}

const requireDirectory = (workspace: string): void => {
  let seen: Stats
  try {
    seen = statSync(workspace)
  } catch (error) {
    throw runnerUnusable(
      `The workspace of the job, ${workspace}, can not be used: ${messageOf(error)}.`,
      NOTHING_DONE,
      error,
    )
  }
  if (seen.isDirectory()) return
  throw runnerUnusable(`The workspace of the job, ${workspace}, is not a directory.`, NOTHING_DONE)
}

/**
 * Makes sure, before anything is done, that the runner has what a step needs: its workspace, and the files in which it
 * takes outputs and state. Throws `runner-unusable`.
 */
export const requireRunner = (env: NodeJS.ProcessEnv, workspace: string): void => {
  requireDirectory(workspace)
  requireWritable(env, 'GITHUB_OUTPUT')
  requireWritable(env, 'GITHUB_STATE')
}

/** The same error, or the one that it is if the system refused to read or write a file, as when the disk is full. */
export const asRunnerFault = (error: unknown): unknown =>
  error instanceof Error && !(error instanceof ReleaseError) && 'syscall' in error
    ? runnerUnusable(
        `The runner refused to read or write a file: ${error.message}.`,
        'Look after its disk, then run the job again: it resumes where this one stopped.',
        error,
      )
    : error
