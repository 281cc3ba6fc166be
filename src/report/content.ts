import type { AuditResult } from '../commands/audit-result.ts'
import { allTagsOf, nameOf, type Result, type TagEntry, writesRegistry } from '../commands/ledger.ts'
import { auditTexts } from './audit-content.ts'
import { imageList, promotionList } from './image-lists.ts'
import { recordList, textOf } from './lists.ts'
import { meaningOf } from './state.ts'

/** What the summary and the log show of a result: a table, and below it lists. */
export function contentOf(result: Result | AuditResult) {
  const { rows, lists } = result.command === 'audit' ? auditTexts(result) : tagsContent(result)
  const texts = lists.map(({ title, items }) => ({ title, items: items.map(textOf) }))
  return { rows, lists: texts.filter(({ items }) => items.length > 0) }
}

function tagsContent(result: Result) {
  const { command, services } = result
  const lists = [promotionList(result), imageList(services), recordList(services)]
  // A run that failed before it wrote anything need not know what is there.
  const isUntouched = allTagsOf(result).every(({ outcome }) => outcome === 'planned')
  if (isUntouched && writesRegistry(command)) return { rows: [], lists }
  const all = services.flatMap(service => [service, ...service.mirrors])
  const columns = all.map(entry => entry.tags.map(tag => describeOutcome(tag, command)))
  const tags = services[0]?.tags.map(({ tag }) => tag) ?? []
  if (services.length === 1) {
    const names = all.length === 1 ? ['outcome'] : all.map(({ image }) => image)
    const rows = tags.map((tag, index) => [tag, ...columns.map(column => column[index] ?? '')])
    return { rows: [['tag', ...names], ...rows], lists }
  }
  const rows = all.map((entry, index) => [nameOf(entry), ...(columns[index] ?? [])])
  return { rows: [['service', ...tags], ...rows], lists }
}

function describeOutcome({ outcome, note, replaced }: TagEntry, command: Result['command']) {
  const more = [meaningOf(outcome, command), note, replaced && `replaces ${replaced}`].filter(Boolean)
  return more.length === 0 ? outcome : `${outcome}: ${more.join(', ')}`
}
