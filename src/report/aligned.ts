/** What stands before a line, and between columns. */
const GAP = '  '

/** How wide some words are in a column. */
export const widthOf = (words: readonly string[]): number =>
  words.reduce((most, { length }) => Math.max(most, length), 0)

/** How wide lines are whose columns are so wide. */
export const lineWidth = (columns: readonly number[]): number =>
  columns.reduce((sum, width) => sum + GAP.length + width, 0)

/** Rows of words in columns that are as wide as they need to be. */
export const aligned = (rows: readonly (readonly string[])[]): string[] => {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows.map(row =>
    `${GAP}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(GAP)}`.trimEnd(),
  )
}
