import { BY_HAND, type PromotionNote } from '../registry/promotion-record.ts'

/** What the records tell, as a list: the newest first, each once for all services that it is told of. */
export function recordList(
  told: readonly { readonly service: string; readonly records?: readonly PromotionNote[] }[],
): { title: string; items: readonly string[] } {
  const services = new Map<string, string[]>()
  const all = told.flatMap(({ service, records = [] }) => records.map(note => ({ service, note })))
  for (const { service, note } of all.toSorted((a, b) => b.note.time.localeCompare(a.note.time))) {
    const line = describeRecord(note)
    services.set(line, [...(services.get(line) ?? []), service])
  }
  const items = [...services].map(([line, of]) => (told.length === 1 ? line : `${line}: ${of.join(', ')}`))
  return { title: 'By records, which are not signed', items }
}

/** Since when a tag is stable, and who decided that on which grounds. */
function describeRecord(note: PromotionNote): string {
  const { destination, time, written, actor, run, environment, checks } = note
  const tag = destination.slice(destination.lastIndexOf(':') + 1)
  const isNamed = environment !== undefined && !NO_PLACE.includes(environment)
  return [
    `${tag} since ${time.slice(0, 16).replace('T', ' ')}${written ? '' : ' or before'}`,
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

/** What is no environment that somebody approves: GitHub's kinds of machines, and somebody's own. */
const NO_PLACE: readonly string[] = ['github-hosted', 'self-hosted', BY_HAND]

/** A name from outside, in quotes if it has a comma: it must not read like more of the sentence. */
function quoteName(name: string): string {
  return /[,"]/.test(name) ? `"${name.replaceAll('"', "'")}"` : name
}
