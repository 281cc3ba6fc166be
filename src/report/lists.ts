import { groupBy } from '../group-by.ts'
import { BY_HAND, type PromotionNote } from '../registry/promotion-record.ts'

/** A line of a list. On a page, what has an address is a link. */
export interface Item {
  readonly parts: readonly { readonly said: string; readonly address?: string | undefined }[]
  readonly services?: string
  readonly remedy?: string | undefined
}

export function textOf({ parts, services, remedy }: Item) {
  const said = parts.map(({ said, address }) => (address === undefined ? said : `${said} (${address})`))
  const of = services === undefined ? '' : `: ${services}`
  return `${said.join(', ')}${of}${remedy === undefined ? '' : `. ${remedy}`}`
}

export function itemOf(said: string): Item {
  return { parts: [{ said }] }
}

/** What the records tell, the newest first, each once for all services that have it. */
export function recordList(told: readonly { service: string; records?: readonly PromotionNote[] }[]) {
  const all = told.flatMap(({ service, records = [] }) => records.map(note => ({ service, note })))
  const newest = all.toSorted((a, b) => b.note.time.localeCompare(a.note.time))
  const parts = newest.map(({ service, note }) => ({ service, parts: describeRecord(note) }))
  return { title: 'By records, which are not signed', items: itemsOf(parts, told.length) }
}

/** Each once for all services that have it; they are named if there are several. */
export function itemsOf(told: readonly { service: string; parts: Item['parts'] }[], count: number): Item[] {
  return [...groupBy(told, textOf).values()].map(same => {
    const parts = same[0]?.parts ?? []
    return count === 1 ? { parts } : { parts, services: same.map(({ service }) => service).join(', ') }
  })
}

/** Who found a tag there does not know since when. */
export function sinceOf({ time, written }: PromotionNote) {
  return `since ${time.slice(0, 16).replace('T', ' ')}${written ? '' : ' or before'}`
}

function describeRecord(note: PromotionNote): Item['parts'] {
  const { destination, written, actor, run, environment, checks } = note
  const tag = destination.slice(destination.lastIndexOf(':') + 1)
  const isNamed = environment !== undefined && !NO_PLACE.includes(environment)
  const said = [
    `${tag} ${sinceOf(note)}`,
    actor !== undefined && `${written ? 'by' : 'found there by'} ${quoteName(actor)}`,
    environment === BY_HAND && environment,
    isNamed && `for ${quoteName(environment)}`,
  ]
  const passed = checks.map(({ name, state, url }) => {
    const how = state === 'success' ? 'passed' : quoteName(state)
    return { said: `${quoteName(name)} ${how}`, address: url }
  })
  return [
    ...said.flatMap(part => (part === false ? [] : { said: part })),
    ...passed,
    ...(run === undefined ? [] : [{ said: 'run', address: run }]),
  ]
}

/** What is no environment that somebody approves. */
const NO_PLACE: readonly string[] = ['github-hosted', 'self-hosted', BY_HAND]

/** A name from outside must not read like more of the sentence. */
export function quoteName(name: string) {
  return /[,"]/.test(name) ? `"${name.replaceAll('"', "'")}"` : name
}
