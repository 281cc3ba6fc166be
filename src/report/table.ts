import type { AuditResult } from '../commands/audit-result.ts'
import { allTagsOf, type Result, type ServiceEntry, writesRegistry } from '../commands/ledger.ts'
import { oneLine } from '../text.ts'
import { aligned } from './aligned.ts'
import { auditContent, type Content } from './audit.ts'
import { recordList } from './records.ts'
import { describeOutcome } from './words.ts'

/** What is known of a result, as lines for the log, or for a terminal of so many characters. */
export function tableOf(result: Result | AuditResult, width?: number): string {
  const { rows, lists } = contentOf(result)
  const images = result.command === 'audit' ? [] : result.services.map(imageOf)
  // The tags of one service need no head.
  const shown = images.length === 1 ? rows.slice(1) : rows
  const cells = shown.map(row => row.map(oneLine))
  return [
    ...images,
    ...aligned(cells, width),
    ...lists.flatMap(({ title, items }) => ['', `${title}:`, ...items.map(item => `  ${oneLine(item)}`)]),
  ].join('\n')
}

function imageOf({ image, digest }: ServiceEntry): string {
  return digest === undefined ? image : `${image}@${digest}`
}

/** What the log and the summary show of a result. */
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
