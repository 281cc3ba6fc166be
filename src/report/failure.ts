import * as core from '@actions/core'
import { allTagsOf, isPublished, type Ledger, type TagEntry, writesRegistry } from '../commands/ledger.ts'
import { causesOf, messageOf, ReleaseError } from '../errors.ts'
import { eachLine, oneLine } from '../text.ts'
import { isStable } from './outputs.ts'

/** Makes the step red, with one error; what caused it is in the log above. */
export function reportFailure(error: unknown, ledger?: Ledger): void {
  const { title, what } = failureOf(error)
  const [, ...causes] = causesOf(error)
  for (const cause of new Set(causes.map(oneLine)))
    if (!what.includes(cause)) core.info(`caused by: ${cause}`)
  core.error(eachLine(failureText(error, ledger)), { title })
  if (!(error instanceof ReleaseError) && error instanceof Error) core.debug(eachLine(error.stack ?? ''))
  process.exitCode = core.ExitCode.Failure
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

/** What a stage failed with. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof ReleaseError)) return 'failed'
  return error.name === 'interrupted' ? 'interrupted' : `failed: ${error.title}`
}

/** What a run that failed has written, as far as it is known; empty for a command that writes nothing. */
export function stateOf({ result }: Ledger): string {
  if (result === undefined) return 'Nothing was written.'
  if (result.command === 'audit' || !writesRegistry(result.command)) return ''
  const tags = allTagsOf(result)
  if (tags.every(({ outcome }) => UNTOUCHED.includes(outcome))) return 'Nothing was written.'
  const { services } = result
  const stable = services.filter(each => isStable(each, isPublished)).length
  return [
    ...(services.length > 1 ? [`${stable} of ${services.length} services are stable.`] : []),
    ...STATES.flatMap(([state, has]) => {
      const some = tags.filter(has)
      return some.length === 0 ? [] : [`${state}: ${some.map(nameOf).join(', ')}.`]
    }),
  ].join(' ')
}

const UNTOUCHED: readonly TagEntry['outcome'][] = ['planned', 'kept', 'stayed', 'withheld']

const STATES: readonly (readonly [string, (tag: TagEntry) => boolean])[] = [
  ['Published', isPublished],
  ['In the registry now, not read back', ({ outcome }) => outcome === 'pushed'],
  ['May have been written', ({ outcome }) => outcome === 'unclear'],
  ['Not there as written', ({ outcome }) => outcome === 'missing' || outcome === 'different'],
  ['Not written', ({ outcome }) => outcome === 'planned'],
]

function nameOf({ reference, replaced }: TagEntry): string {
  return replaced === undefined ? reference : `${reference} (was ${replaced})`
}
