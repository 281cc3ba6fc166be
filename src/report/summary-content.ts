import type { AuditResult } from '../commands/audit-result.ts'
import { allTagsOf, type Result, type TagEntry, writesRegistry } from '../commands/ledger.ts'
import { auditContent, type Content } from './audit-content.ts'
import { recordList } from './record-list.ts'
import { meaningOf } from './state.ts'

/** What the summary, and the log, show of a result: a table with its head, and below it lists. */
export function contentOf(result: Result | AuditResult): Content {
  const { rows, lists } = result.command === 'audit' ? auditContent(result) : tagsContent(result)
  return { rows, lists: lists.filter(({ items }) => items.length > 0) }
}

function tagsContent(result: Result): Content {
  const { command, services } = result
  const lists = [recordList(services)]
  // A run that failed before it wrote anything need not know what is there.
  const isUntouched = allTagsOf(result).every(({ outcome }) => outcome === 'planned')
  if (isUntouched && writesRegistry(command)) return { rows: [], lists }
  const tags = services[0]?.tags ?? []
  if (services.length === 1)
    return { rows: [['tag', 'outcome'], ...tags.map(tag => [tag.tag, describeOutcome(tag, command)])], lists }
  const rows = services.map(each => [each.service, ...each.tags.map(tag => describeOutcome(tag, command))])
  return { rows: [['service', ...tags.map(({ tag }) => tag)], ...rows], lists }
}

/** What became of a tag: the JSON's word, and what goes with it. */
function describeOutcome({ outcome, note, replaced }: TagEntry, command: Result['command']): string {
  const more = [meaningOf(outcome, command), note, replaced && `replaces ${replaced}`]
  const known = more.filter(part => part !== undefined)
  return known.length === 0 ? outcome : `${outcome}: ${known.join(', ')}`
}
