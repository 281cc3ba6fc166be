import type { Result, ServiceEntry, TagEntry } from '../commands/ledger.ts'
import { itemsOf, sinceOf } from './record-list.ts'

export function imageList(services: readonly ServiceEntry[]) {
  const told = services.flatMap(({ service, commit, dockerfile, platforms = [] }) => {
    const commits = Object.entries({ commit, 'Dockerfile at': dockerfile }).flatMap(([what, given]) =>
      given === undefined
        ? []
        : `${what} ${given.url ? `${given.sha.slice(0, 12)} (${given.url})` : given.sha}`,
    )
    const line = [...commits, ...platforms].join(', ')
    return line === '' ? [] : [{ service, line }]
  })
  return { title: 'Built from', items: itemsOf(told, services.length) }
}

/** For those who decide about a promotion. */
export function promotionList({ command, services }: Result) {
  const waiting = services.filter(({ tags }) => tags.some(isWithheld))
  const title = 'Would become stable'
  if (command !== 'verify' || waiting.length === 0) return { title, items: [] }
  const others = services.filter(service => !isReady(service)).map(({ service }) => service)
  const ready = `${services.length - others.length} of ${services.length} services are ready`
  const told = waiting
    .filter(isReady)
    .map(entry => ({ service: entry.service, line: describePromotion(entry) }))
  const counted = others.length === 0 ? ready : `${ready}, not ${others.join(', ')}`
  return { title, items: [counted, ...itemsOf(told, services.length)] }
}

function isReady({ tags, mirrors }: ServiceEntry) {
  const all = [...tags, ...mirrors.flatMap(mirror => mirror.tags)]
  return all.every(tag => isWithheld(tag) || tag.outcome === 'kept' || tag.outcome === 'stayed')
}

function isWithheld({ outcome }: TagEntry) {
  return outcome === 'withheld'
}

function describePromotion({ tags, newestStable }: ServiceEntry) {
  const said = tags.filter(isWithheld).map(({ tag }) => tag)
  if (newestStable === undefined) return said.join(' and ')
  const { gitTag = 'none', note = '', record, compare } = newestStable
  const since = record === undefined ? '' : `, ${sinceOf(record)}`
  const now = `${said.join(' and ')} (newest stable version now: ${gitTag}${note}${since})`
  return compare ? `${now}, compare (${compare})` : now
}
