import * as core from '@actions/core'
import { causesOf, ReleaseError } from '../errors.ts'
import { eachLine, oneLine } from '../text.ts'
import { failureOf, failureText } from './words.ts'

/** Makes the step red, with one error; what caused it is in the log above. */
export const reportFailure = (error: unknown): void => {
  const failure = failureOf(error)
  const [, ...causes] = causesOf(error)
  for (const cause of new Set(causes)) {
    if (!failure.what.includes(oneLine(cause))) core.info(`caused by: ${oneLine(cause)}`)
  }
  core.error(eachLine(failureText(failure)), { title: failure.title })
  if (!(error instanceof ReleaseError) && error instanceof Error) core.debug(eachLine(error.stack ?? ''))
  process.exitCode = core.ExitCode.Failure
}
