import * as core from '@actions/core'
import type { Ledger } from '../commands/ledger.ts'
import { causesOf, messageOf, ReleaseError } from '../errors.ts'
import { eachLine, oneLine } from '../text.ts'
import { describeState } from './state.ts'

export function reportFailure(error: unknown, ledger?: Ledger) {
  for (const line of causeLines(error)) core.info(line)
  const { name, title } = failureOf(error)
  core.info(`failed with ${name}: ${title}`)
  core.error(eachLine(failureText(error, ledger)), { title })
  if (!(error instanceof ReleaseError) && error instanceof Error) core.debug(eachLine(error.stack ?? ''))
  process.exitCode = core.ExitCode.Failure
}

/** Each cause once, and none that the error says itself. */
export function causeLines(error: unknown): readonly string[] {
  const { what } = failureOf(error)
  const [, ...causes] = causesOf(error)
  const unsaid = causes.map(cause => cause.trimEnd()).filter(cause => !what.includes(cause))
  return [...new Set(unsaid.map(cause => `caused by: ${oneLine(cause)}`))]
}

export function failureText(error: unknown, ledger?: Ledger) {
  const { what, remedy, link } = failureOf(error)
  const state = ledger === undefined ? '' : describeState(ledger)
  return [state, `${what}${what.endsWith('\n') ? '' : ' '}${remedy}`, `See ${link}`]
    .filter(part => part !== '')
    .join('\n')
}

const TROUBLESHOOTING = 'https://github.com/dmwm/stable-release-action/blob/HEAD/docs/troubleshooting.md'

/** What is no `ReleaseError` is a fault of the action itself. */
export function failureOf(error: unknown) {
  if (error instanceof ReleaseError) {
    const { name, title, what, remedy } = error
    return { name, title, what, remedy, link: `${TROUBLESHOOTING}#${name}` }
  }
  return {
    name: 'internal-error' as const,
    title: 'Internal error: please report it',
    what: `${oneLine(messageOf(error))}.`,
    remedy: "Report it in the action's repository, with the log of a run with debug logging.",
    link: TROUBLESHOOTING,
  }
}
