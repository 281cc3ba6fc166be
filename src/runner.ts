import { ReleaseError } from './errors.ts'
import { oneLine } from './text.ts'

/** `runner-unusable` if the system refused to read or write a file, as when the disk is full; else the same error. */
export function asRunnerFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ReleaseError || !('syscall' in error)) return error
  return new ReleaseError('runner-unusable', {
    what: oneLine(`The runner refused to read or write a file: ${error.message}.`),
    remedy: 'Check its disk, then run the job again: it resumes where this one stopped.',
    cause: error,
  })
}
