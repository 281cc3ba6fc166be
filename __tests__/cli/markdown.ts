/** A fenced block of code. `info` is what stands after the fence: the language, and maybe more. */
export interface Fence {
  readonly kind: 'fence'
  readonly line: number
  readonly info: string
  readonly text: string
}

/** A table; each row by the names of the columns. */
export interface Table {
  readonly kind: 'table'
  readonly line: number
  readonly columns: readonly string[]
  readonly rows: readonly Readonly<Record<string, string>>[]
}

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim())

/** The fenced blocks and the tables of a Markdown text, in their order. */
export const blocksOf = (markdown: string): (Fence | Table)[] => {
  const lines = markdown.split('\n')
  const blocks: (Fence | Table)[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = at + 1
    const text = lines[at] ?? ''
    if (text.startsWith('```')) {
      const end = lines.indexOf('```', at + 1)
      if (end < 0) throw new Error(`the block of line ${line} has no end`)
      blocks.push({ kind: 'fence', line, info: text.slice(3), text: lines.slice(at + 1, end).join('\n') })
      at = end
    } else if (text.startsWith('|')) {
      let end = at
      while (lines[end]?.startsWith('|')) end += 1
      const columns = cellsOf(text)
      const rows = lines.slice(at + 2, end).map(row => {
        const cells = cellsOf(row)
        if (cells.length !== columns.length)
          throw new Error(`${row} has not the ${columns.length} cells of its table`)
        return Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? '']))
      })
      blocks.push({ kind: 'table', line, columns, rows })
      at = end
    }
  }
  return blocks
}

/** The pieces of code that a cell consists of. Throws for one that has anything else. */
export const codes = (cell = ''): string[] => {
  const rest = cell.replace(/`[^`]+`/g, '').trim()
  if (rest !== '') throw new Error(`${JSON.stringify(rest)} is not marked as code`)
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}
