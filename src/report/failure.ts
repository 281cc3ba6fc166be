import * as core from '@actions/core'
import { causesOf, ReleaseError } from '../errors.ts'

/** Makes the step red, with one error; what caused it is in the log above. */
export const reportFailure = (error: unknown): void => {
  const [message = 'unknown error', ...causes] = causesOf(error)
  for (const cause of causes) if (!message.includes(cause)) core.info(`caused by: ${cause}`)
  if (error instanceof ReleaseError) core.error(message, { title: error.title })
  else core.error(message, { title: 'The action itself failed; this is a fault of it' })
  if (!(error instanceof ReleaseError) && error instanceof Error) core.debug(error.stack ?? '')
  process.exitCode = core.ExitCode.Failure
}
