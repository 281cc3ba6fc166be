import {
  allTagsOf,
  isPublished,
  type Ledger,
  type Result,
  type TagEntry,
  type TagOutcome,
  writesRegistry,
} from '../commands/ledger.ts'
import { groupBy } from '../group-by.ts'

/** As far as a run that failed knows. */
export function describeState({ result }: Ledger) {
  if (result === undefined) return NOTHING
  if (result.command === 'audit') return ''
  const tags = allTagsOf(result)
  const isKnown = tags.some(({ outcome }) => outcome !== 'planned')
  const many = result.services.length > 1 && isKnown ? stateOfMany(result) : ''
  if (!writesRegistry(result.command)) return result.command === 'verify' ? many : ''
  if (tags.every(({ outcome }) => UNTOUCHED.includes(outcome))) return `${NOTHING} ${many}`.trimEnd()
  return many === '' ? stateOfOne(tags) : many
}

/** What an outcome says that its name, a word of the JSON, does not. */
export function meaningOf(outcome: TagOutcome, command: Result['command']): string | undefined {
  if (outcome === 'planned' && command === 'verify') return 'could not be read'
  if (outcome === 'planned' && writesRegistry(command)) return 'not written'
  if (outcome === 'built' && command === 'build') return 'not pushed'
  if (outcome === 'pushed') return 'not read back'
  return outcome === 'unclear' ? 'may have been written' : undefined
}

const NOTHING = 'Nothing was written.'
const UNTOUCHED: readonly TagOutcome[] = ['planned', 'kept', 'stayed', 'withheld']

/** How many services have each stable tag, or else the first tag. */
function stateOfMany({ command, services }: Result) {
  const planned = services[0]?.tags ?? []
  const stableTags = planned.filter(({ stable }) => stable)
  const shown = stableTags.length > 0 ? stableTags : planned.slice(0, 1)
  let isMixed = false
  const sentences = shown.map(({ tag }) => {
    const entries = services.flatMap(({ service, tags: [first, ...copies] }) =>
      [first, ...copies].flatMap(entry => (entry?.tag === tag ? [{ service, entry, first }] : [])),
    )
    const unread = entries.filter(({ entry }) => entry.outcome === 'pushed').length
    const others = entries.filter(({ entry }) => !isPublished(entry) && entry.outcome !== 'pushed')
    // A tag that outlived the first one has nothing to differ from.
    const isLeft = ({ entry, first }: (typeof entries)[number]) =>
      entry.outcome === 'different' && first?.outcome === 'missing'
    isMixed ||= others.length > 0
    const without = others.filter(each => !isLeft(each)).length
    const has = without === 0 ? 'All' : `${services.length - without} of`
    const states = groupBy(others, each =>
      isLeft(each)
        ? `without ${each.first?.tag}`
        : (meaningOf(each.entry.outcome, command) ?? each.entry.outcome),
    )
    return [
      `${has} ${services.length} services have ${tag}`,
      unread > 0 ? `, not read back for ${unread}` : '',
      ...[...states].map(([state, of]) => {
        const names = of.map(({ service }) => service)
        return `; ${state} for ${names.length > 3 ? names.length : names.join(', ')}`
      }),
      '.',
    ].join('')
  })
  if (command === 'promote' && isMixed) sentences.push('Once this is fixed, promote again: it completes.')
  return sentences.join(' ')
}

function stateOfOne(tags: readonly TagEntry[]) {
  const states = groupBy(tags, ({ outcome }) => STATES[outcome] ?? '')
  states.delete('')
  return [...states].map(([state, some]) => `${state}: ${some.map(nameOf).join(', ')}.`).join(' ')
}

const STATES: Partial<Record<TagOutcome, string>> = {
  built: 'Published',
  copied: 'Published',
  moved: 'Published',
  pushed: 'In the registry now, not read back',
  unclear: 'May have been written',
  missing: 'Not there as written',
  different: 'Not there as written',
  planned: 'Not written',
}

function nameOf({ reference, replaced }: TagEntry) {
  return replaced === undefined ? reference : `${reference} (was ${replaced})`
}
