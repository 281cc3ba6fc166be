import type { AuditResult } from '../commands/audit-result.ts'
import type { Result } from '../commands/ledger.ts'
import { oneLine } from '../text.ts'
import { aligned } from './aligned.ts'
import { contentOf } from './summary-content.ts'

/** What is known of a result, as lines for the log, or for a terminal of so many characters; nothing if nothing is. */
export function tableOf(result: Result | AuditResult, width?: number): string {
  const { rows, lists } = contentOf(result)
  if (rows.length === 0 && lists.length === 0) return ''
  const images =
    result.command === 'audit'
      ? []
      : result.services.map(({ image, digest }) => (digest === undefined ? image : `${image}@${digest}`))
  // The tags of one service need no head.
  const cells = rows.slice(images.length === 1 ? 1 : 0).map(row => row.map(oneLine))
  return [
    ...images,
    ...aligned(cells, width),
    ...lists.flatMap(({ title, items }) => ['', `${title}:`, ...items.map(item => `  ${oneLine(item)}`)]),
  ].join('\n')
}
