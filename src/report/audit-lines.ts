import type { AuditResult } from '../commands/audit-result.ts'
import { oneLine } from '../text.ts'
import { aligned, lineWidth, widthOf } from './aligned.ts'
import { type Grid, gridOf, sectionsOf, UNREAD } from './audit-words.ts'

/** The columns of the table, the first for the versions. */
const columnsOf = ({ services, rows }: Grid): readonly (readonly string[])[] => [
  ['version', ...rows.map(({ gitTag }) => oneLine(gitTag))],
  ...services.map((service, index) => [
    service,
    ...rows.map(({ cells }) => {
      const { text, wrong } = cells[index] ?? UNREAD
      return `${wrong ? '✗ ' : ''}${oneLine(text)}`
    }),
  ]),
]

/** One table, or, where that is wider than a terminal, several with as many services as there is room for. */
const tablesOf = (grid: Grid, width: number): string[] => {
  const [versions = [], ...services] = columnsOf(grid)
  const groups: (readonly string[])[][] = []
  for (const column of services) {
    const last = groups.at(-1)
    if (last !== undefined && lineWidth([versions, ...last, column].map(widthOf)) <= width) last.push(column)
    else groups.push([column])
  }
  const tables = groups.map(group =>
    aligned(versions.map((version, row) => [version, ...group.map(column => column[row] ?? '')])),
  )
  return tables.flatMap((table, index) => (index === 0 ? table : ['', ...table]))
}

/**
 * What an audit found, as lines for a log, or for a terminal of so many characters: one table, and below it every finding
 * with its remedy.
 */
export const auditLines = (result: AuditResult, width: number = Number.POSITIVE_INFINITY): string[] => {
  const grid = gridOf(result)
  return [
    ...(grid.rows.length === 0 ? [] : tablesOf(grid, width)),
    ...sectionsOf(result).flatMap(({ title, items }) => [
      '',
      `${title}:`,
      ...items.map(({ what, text }) => `  ${oneLine(what === undefined ? text : `${what}: ${text}`)}`),
    ]),
  ]
}
