import type { AuditResult } from '../commands/audit-result.ts'
import { allTagsOf, nameOf, type Result, type TagEntry, writesRegistry } from '../commands/ledger.ts'
import { auditContent } from './audit-content.ts'
import { imageList, promotionList } from './image-lists.ts'
import { recordList } from './record-list.ts'
import { meaningOf } from './state.ts'

export function contentOf(result: Result | AuditResult) {
  if (result.command !== 'audit') return tagsContent(result)
  const { head, rows, lists } = auditContent(result)
  const texts = rows.map(({ gitTag, cells }) => [gitTag, ...cells.map(({ said }) => said)])
  return { rows: rows.length === 0 ? [] : [head, ...texts], lists }
}

function tagsContent(result: Result) {
  const { command, services } = result
  const known = [promotionList(result), imageList(services), recordList(services)]
  const lists = known.filter(({ items }) => items.length > 0)
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
