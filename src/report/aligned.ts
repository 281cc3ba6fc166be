/** What stands before a line, and between columns. */
const GAP = '  '

/** Rows of words in columns. What is wider than `width` is cut into several tables, each with the first column. */
export function aligned(rows: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const tables: number[][] = []
  for (const column of widths.keys()) {
    const wider = [...(tables.at(-1) ?? []), column]
    const size = wider.reduce((sum, each) => sum + GAP.length + (widths[each] ?? 0), 0)
    if (wider.length > 2 && size > width) tables.push([0, column])
    else tables.splice(-1, 1, wider)
  }
  const line = (row: readonly string[], columns: readonly number[]): string =>
    columns
      .map(column => GAP + (row[column] ?? '').padEnd(widths[column] ?? 0))
      .join('')
      .trimEnd()
  return tables.flatMap((columns, index) => [
    ...(index === 0 ? [] : ['']),
    ...rows.map(row => line(row, columns)),
  ])
}
