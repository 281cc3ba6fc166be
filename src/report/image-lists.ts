import type { Result, ServiceEntry, TagEntry } from '../commands/ledger.ts'
import { type Item, itemsOf, sinceOf } from './lists.ts'

/** Commits and platforms, as far as the run knows them. */
export function imageList(services: readonly ServiceEntry[]) {
  const told = services.map(({ service, commit, dockerfile, platforms = [] }) => {
    const commits = Object.entries({ commit, 'Dockerfile at': dockerfile }).flatMap(([what, given]) =>
      given === undefined
        ? []
        : [{ said: `${what} ${given.url ? given.sha.slice(0, 12) : given.sha}`, address: given.url }],
    )
    return { service, parts: [...commits, ...platforms.map(said => ({ said }))] }
  })
  const known = told.filter(({ parts }) => parts.length > 0)
  return { title: 'Built from', items: itemsOf(known, services.length) }
}

/** For those who decide about a promotion: what is ready for it, and what is stable now. */
export function promotionList({ command, services }: Result) {
  const waiting = services.filter(({ tags }) => tags.some(isWithheld))
  const items: Item[] = []
  if (command === 'verify' && waiting.length > 0) {
    const others = services.filter(service => !isReady(service)).map(({ service }) => service)
    const ready = `${services.length - others.length} of ${services.length} services are ready`
    const said = others.length === 0 ? ready : `${ready}, not ${others.join(', ')}`
    const told = waiting
      .filter(isReady)
      .map(entry => ({ service: entry.service, parts: describePromotion(entry) }))
    items.push({ parts: [{ said }] }, ...itemsOf(told, services.length))
  }
  return { title: 'Would become stable', items }
}

function isReady({ tags, mirrors }: ServiceEntry) {
  const all = [...tags, ...mirrors.flatMap(mirror => mirror.tags)]
  return all.every(tag => isWithheld(tag) || tag.outcome === 'kept' || tag.outcome === 'stayed')
}

function isWithheld({ outcome }: TagEntry) {
  return outcome === 'withheld'
}

function describePromotion({ tags, newestStable }: ServiceEntry): Item['parts'] {
  const said = tags.filter(isWithheld).map(({ tag }) => tag)
  if (newestStable === undefined) return [{ said: said.join(' and ') }]
  const { gitTag = 'none', record, compare } = newestStable
  const since = record === undefined ? '' : `, ${sinceOf(record)}`
  const now = `${said.join(' and ')} (newest stable version now: ${gitTag}${since})`
  return [{ said: now }, ...(compare ? [{ said: 'compare', address: compare }] : [])]
}
