import { closeSync, constants, openSync, statSync } from 'node:fs'
import { messageOf, ReleaseError } from './errors.ts'
import { oneLine } from './text.ts'

/** The error for a runner that lacks what a step needs. */
const runnerUnusable = (what: string, remedy: string, cause?: unknown): ReleaseError =>
  new ReleaseError('runner-unusable', { what: oneLine(what), remedy, cause })

/** Something that the runner lacks. */
interface Fault {
  readonly what: string
  readonly remedy: string
  readonly cause?: unknown
}

const LOOK_AFTER = 'Look after the runner, then run the job again.'

/** The files in which the runner takes what the step says, by the variables that name them. */
const COMMAND_FILES = {
  GITHUB_OUTPUT: 'the outputs of the step',
  GITHUB_STATE: 'the state of the step',
} as const

const commandFileFault = (
  env: NodeJS.ProcessEnv,
  variable: keyof typeof COMMAND_FILES,
): Fault | undefined => {
  const file = env[variable]
  if (file === undefined || file === '') {
    return {
      what: `${variable} is not set: there is no file for ${COMMAND_FILES[variable]}.`,
      remedy: 'Run the action in a workflow; elsewhere, use the command line.',
    }
  }
  try {
    // One that is missing must not be made: the runner would not read it. A pipe must not be waited for.
    closeSync(openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK))
    return undefined
  } catch (cause) {
    const what = `The file for ${COMMAND_FILES[variable]}, which ${variable} names, can not be written: ${messageOf(cause)}.`
    return { what, remedy: LOOK_AFTER, cause }
  }
}

const workspaceFault = (workspace: string): Fault | undefined => {
  try {
    if (statSync(workspace).isDirectory()) return undefined
    return { what: `The workspace of the job, ${workspace}, is not a directory.`, remedy: LOOK_AFTER }
  } catch (cause) {
    const what = `The workspace of the job, ${workspace}, can not be used: ${messageOf(cause)}.`
    return { what, remedy: LOOK_AFTER, cause }
  }
}

/**
 * Makes sure, before anything is done, that the runner has what a step needs: its workspace, and the files in which it
 * takes outputs and state. Throws `runner-unusable`, with everything that it lacks.
 */
export const requireRunner = (env: NodeJS.ProcessEnv, workspace: string): void => {
  const faults = [
    workspaceFault(workspace),
    commandFileFault(env, 'GITHUB_OUTPUT'),
    commandFileFault(env, 'GITHUB_STATE'),
  ].filter(fault => fault !== undefined)
  if (faults.length === 0) return
  const all = (part: 'what' | 'remedy'): string => [...new Set(faults.map(fault => fault[part]))].join(' ')
  throw runnerUnusable(all('what'), `Nothing was done. ${all('remedy')}`, faults[0]?.cause)
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
