import { groupBy } from '../group-by.ts'
import { BY_HAND, type PromotionNote } from '../registry/promotion-record.ts'

export function recordList(told: readonly { service: string; records?: readonly PromotionNote[] }[]) {
  const all = told.flatMap(({ service, records = [] }) => records.map(note => ({ service, note })))
  const newest = all.toSorted((a, b) => b.note.time.localeCompare(a.note.time))
  const lines = newest.map(({ service, note }) => ({ service, line: describeRecord(note) }))
  return { title: 'By records, which are not signed', items: itemsOf(lines, told.length) }
}

/** Each line once for all services that have it; they are named if there are several. */
export function itemsOf(told: readonly { service: string; line: string }[], count: number): string[] {
  return [...groupBy(told, ({ line }) => line)].map(([line, of]) =>
    count === 1 ? line : `${line}: ${of.map(({ service }) => service).join(', ')}`,
  )
}

/** Who found a tag there does not know since when. */
export function sinceOf({ time, written }: PromotionNote) {
  return `since ${time.slice(0, 16).replace('T', ' ')}${written ? '' : ' or before'}`
}

function describeRecord(note: PromotionNote) {
  const { destination, written, actor, run, environment, checks } = note
  const tag = destination.slice(destination.lastIndexOf(':') + 1)
  const isNamed = environment !== undefined && !NO_PLACE.includes(environment)
  return [
    `${tag} ${sinceOf(note)}`,
    actor !== undefined && `${written ? 'by' : 'found there by'} ${quoteName(actor)}`,
    environment === BY_HAND && environment,
    isNamed && `for ${quoteName(environment)}`,
    ...checks.map(({ name, state, url }) => {
      const how = state === 'success' ? 'passed' : quoteName(state)
      return `${quoteName(name)} ${how}${url === undefined ? '' : ` (${url})`}`
    }),
    run !== undefined && `run (${run})`,
  ]
    .filter(part => part !== false)
    .join(', ')
}

/** What is no environment that somebody approves. */
const NO_PLACE: readonly string[] = ['github-hosted', 'self-hosted', BY_HAND]

/** A name from outside must not read like more of the sentence. */
function quoteName(name: string) {
  return /[,"]/.test(name) ? `"${name.replaceAll('"', "'")}"` : name
}
