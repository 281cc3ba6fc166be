import * as core from '@actions/core'
import { allTagsOf, isPublished, type Ledger, type TagEntry, writesRegistry } from '../commands/ledger.ts'
import { causesOf, type ErrorName, messageOf, ReleaseError } from '../errors.ts'
import { eachLine, oneLine } from '../text.ts'

/** Where each error has its section. */
const TROUBLESHOOTING = 'https://github.com/dmwm/stable-release-action/blob/v1/docs/troubleshooting.md'

/** How a run failed, for people. */
export interface Failure {
  /** Of a known failure, the stable name. */
  readonly name: ErrorName | undefined
  readonly title: string
  /** What happened, in one or more lines. */
  readonly what: string
  readonly remedy: string
  /** Where to read about it. */
  readonly link: string
}

/** What is no `ReleaseError` is a fault of the action itself. */
export function failureOf(error: unknown): Failure {
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

/** The whole failure as one text, which says first what is written. */
export function failureText(error: unknown, ledger: Ledger): string {
  const { what, remedy, link } = failureOf(error)
  return [stateOf(ledger), `${what}${what.endsWith('\n') ? '' : ' '}${remedy}`, `See ${link}`]
    .filter(part => part !== '')
    .join('\n')
}

/** Makes the step red, with one error; what caused it is in the log above. */
export function reportFailure(error: unknown, ledger: Ledger): void {
  const { title, what } = failureOf(error)
  const [, ...causes] = causesOf(error)
  for (const cause of new Set(causes.map(oneLine)))
    if (!what.includes(cause)) core.info(`caused by: ${cause}`)
  core.error(eachLine(failureText(error, ledger)), { title })
  if (!(error instanceof ReleaseError) && error instanceof Error) core.debug(eachLine(error.stack ?? ''))
  process.exitCode = core.ExitCode.Failure
}

/** What a stage failed with. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof ReleaseError)) return 'failed'
  return error.name === 'interrupted' ? 'interrupted' : `failed: ${error.title}`
}

/** What a run that failed has written, as far as it is known; empty for a command that writes nothing. */
export function stateOf({ result }: Ledger): string {
  if (result === undefined) return 'Nothing was done.'
  if (result.command === 'audit' || !writesRegistry(result.command)) return ''
  const tags = allTagsOf(result)
  const touched = tags.filter(({ outcome }) => !['planned', 'kept', 'stayed', 'withheld'].includes(outcome))
  if (touched.length === 0) return 'Nothing was written.'
  const having = (is: (tag: TagEntry) => boolean): string =>
    tags
      .filter(is)
      .map(({ reference, replaced }) =>
        replaced === undefined ? reference : `${reference} (was ${replaced})`,
      )
      .join(', ')
  const parts = [
    { what: 'Published', list: having(isPublished) },
    { what: 'Pushed, not read back', list: having(({ outcome }) => outcome === 'pushed') },
    { what: 'May have been written', list: having(({ outcome }) => outcome === 'unclear') },
    { what: 'Not written', list: having(({ outcome }) => outcome === 'planned') },
  ]
  return parts
    .filter(({ list }) => list !== '')
    .map(({ what, list }) => `${what}: ${list}.`)
    .join(' ')
}
