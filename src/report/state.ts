import {
  allTagsOf,
  isPublished,
  type Ledger,
  type Result,
  type TagEntry,
  writesRegistry,
} from '../commands/ledger.ts'
import { groupBy } from '../group-by.ts'
import { meaningOf } from './summary-content.ts'

/** What is written and what is stable now, as far as a run that failed knows it. */
export function stateOf({ result }: Pick<Ledger, 'result'>): string {
  if (result === undefined) return NOTHING
  if (result.command === 'audit') return ''
  const tags = allTagsOf(result)
  const isKnown = tags.some(({ outcome }) => outcome !== 'planned')
  const many = result.services.length > 1 && isKnown ? stateOfMany(result) : ''
  if (!writesRegistry(result.command)) return result.command === 'verify' ? many : ''
  if (tags.every(({ outcome }) => UNTOUCHED.includes(outcome))) return `${NOTHING} ${many}`.trimEnd()
  return many === '' ? stateOfOne(tags) : many
}

const NOTHING = 'Nothing was written.'
const UNTOUCHED: readonly TagEntry['outcome'][] = ['planned', 'kept', 'stayed', 'withheld']

/** How many services have each stable tag (the first tag, if there is none), and what is known of the others. */
function stateOfMany({ command, services }: Result): string {
  const planned = services[0]?.tags ?? []
  const shown = planned.some(({ stable }) => stable)
    ? planned.filter(({ stable }) => stable)
    : planned.slice(0, 1)
  const lacking = (tag: string) =>
    services.flatMap(({ service, tags }) =>
      tags.filter(each => each.tag === tag && !isPublished(each)).map(entry => ({ service, entry })),
    )
  const sentences = shown.map(({ tag }) => {
    const others = lacking(tag)
    const has = others.length === 0 ? 'All' : `${services.length - others.length} of`
    const states = groupBy(others, ({ entry }) => meaningOf(entry.outcome, command) ?? entry.outcome)
    const rest = [...states].map(([state, of]) => `; ${state} for ${namesOrCount(of)}`)
    return `${has} ${services.length} services have ${tag}${rest.join('')}.`
  })
  const isMixed = command === 'promote' && shown.some(({ tag }) => lacking(tag).length > 0)
  return [...sentences, ...(isMixed ? ['Promote again: it completes.'] : [])].join(' ')
}

function namesOrCount(of: readonly { readonly service: string }[]): string {
  return of.length > 3 ? `${of.length}` : of.map(({ service }) => service).join(', ')
}

/** What became of the tags of one service, which are few. */
function stateOfOne(tags: readonly TagEntry[]): string {
  const states = groupBy(tags, ({ outcome }) => STATES[outcome] ?? '')
  states.delete('')
  return [...states].map(([state, some]) => `${state}: ${some.map(nameOf).join(', ')}.`).join(' ')
}

const STATES: Partial<Record<TagEntry['outcome'], string>> = {
  built: 'Published',
  copied: 'Published',
  moved: 'Published',
  pushed: 'In the registry now, not read back',
  unclear: 'May have been written',
  missing: 'Not there as written',
  different: 'Not there as written',
  planned: 'Not written',
}

function nameOf({ reference, replaced }: TagEntry): string {
  return replaced === undefined ? reference : `${reference} (was ${replaced})`
}
