import type { Ledger } from '../commands/ledger.ts'
import { oneLine } from '../text.ts'
import { contentOf } from './content.ts'

/** Lines for the log, or for a terminal of `width` characters. */
export function tableOf(result: Ledger['result'], width?: number) {
  if (result === undefined) return ''
  const { rows, lists } = contentOf(result)
  if (rows.length === 0 && lists.length === 0) return ''
  const images =
    result.command === 'audit'
      ? []
      : result.services.map(({ image, digest }) => (digest === undefined ? image : `${image}@${digest}`))
  // The tags of one repository need no head.
  const cells = rows.slice(images.length === 1 && rows[0]?.length === 2 ? 1 : 0).map(row => row.map(oneLine))
  return [
    ...images,
    ...aligned(cells, width),
    ...lists.flatMap(({ title, items }) => ['', `${title}:`, ...items.map(item => `  ${oneLine(item)}`)]),
  ].join('\n')
}

const GAP = '  '

/** Wider than `width`, they are cut into several tables, each with the first column. */
export function aligned(rows: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string[] {
  const widthOf = (column: number) => rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0)
  const widths = (rows[0] ?? []).map((_, column) => widthOf(column))
  const tables: number[][] = []
  for (const column of widths.keys()) {
    const wider = [...(tables.at(-1) ?? []), column]
    const size = wider.reduce((sum, each) => sum + GAP.length + (widths[each] ?? 0), 0)
    if (wider.length > 2 && size > width) tables.push([0, column])
    else tables.splice(-1, 1, wider)
  }
  const line = (row: readonly string[], columns: readonly number[]) =>
    columns
      .map(column => GAP + (row[column] ?? '').padEnd(widths[column] ?? 0))
      .join('')
      .trimEnd()
  return tables.flatMap((columns, index) => [
    ...(index === 0 ? [] : ['']),
    ...rows.map(row => line(row, columns)),
  ])
}
