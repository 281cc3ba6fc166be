import * as core from '@actions/core'
import type { Ledger } from '../commands/ledger.ts'
import { causesOf, messageOf, ReleaseError } from '../errors.ts'
import { eachLine, oneLine } from '../text.ts'
import { stateOf } from './state.ts'

/** Makes the step red, with one error; what caused it is in the log above. */
export function reportFailure(error: unknown, ledger?: Ledger): void {
  for (const line of causeLines(error)) core.info(line)
  core.error(eachLine(failureText(error, ledger)), { title: failureOf(error).title })
  if (!(error instanceof ReleaseError) && error instanceof Error) core.debug(eachLine(error.stack ?? ''))
  process.exitCode = core.ExitCode.Failure
}

/** What caused an error, each cause once, and none that the error says itself. */
export function causeLines(error: unknown): readonly string[] {
  const { what } = failureOf(error)
  const [, ...causes] = causesOf(error)
  return [...new Set(causes.map(oneLine))]
    .filter(cause => !what.includes(cause))
    .map(cause => `caused by: ${cause}`)
}

/** The whole failure as one text, which says first what is written. */
export function failureText(error: unknown, ledger?: Ledger): string {
  const { what, remedy, link } = failureOf(error)
  const state = ledger === undefined ? '' : stateOf(ledger)
  return [state, `${what}${what.endsWith('\n') ? '' : ' '}${remedy}`, `See ${link}`]
    .filter(part => part !== '')
    .join('\n')
}

/** Where each error has its section. */
const TROUBLESHOOTING = 'https://github.com/dmwm/stable-release-action/blob/v1/docs/troubleshooting.md'

/** How a run failed, for people. What is no `ReleaseError` is a fault of the action itself. */
export function failureOf(error: unknown) {
  if (error instanceof ReleaseError) {
    const { name, title, what, remedy } = error
    return { name, title, what, remedy, link: `${TROUBLESHOOTING}#${name}` }
  }
  return {
    name: undefined,
    title: 'Internal error: please report it',
    what: `${oneLine(messageOf(error))}.`,
    remedy: 'Report it in the repository of the action, with the log of a run with debug logging.',
    link: TROUBLESHOOTING,
  }
}
