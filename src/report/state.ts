import { allTagsOf, isPublished, type Ledger, type TagEntry, writesRegistry } from '../commands/ledger.ts'
import { isStable } from './outputs.ts'

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
