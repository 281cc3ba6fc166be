/** Something in a policy text that is wrong, or that is right but looks like a slip. */
export interface PolicyProblem {
  readonly severity: 'error' | 'warning'
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1, in UTF-16 code units. */
  readonly column: number
  readonly length: number
  readonly message: string
  /** What to write instead. */
  readonly advice: string
}

/** Takes down a problem of one line. */
export type ReportProblem = (
  problem: Omit<PolicyProblem, 'line' | 'severity'> & { severity?: PolicyProblem['severity'] },
) => void

/** A rule as it should be written, for advice. */
export const EXAMPLE = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable'

/** The lines of a policy text. */
export const policyLines = (text: string): string[] => text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)

/** The most problems that are shown, and the longest line, in characters: people mend the first ones first. */
const MAX_SHOWN = 20
const MAX_LINE = 160

/** A piece of a long line around a column, and how much was cut off before it. */
const around = (line: string, column: number): { piece: string; cut: number } => {
  if (line.length <= MAX_LINE) return { piece: line, cut: 0 }
  const cut = Math.max(Math.min(column - MAX_LINE / 2, line.length - MAX_LINE), 0)
  return { piece: line.slice(cut, cut + MAX_LINE), cut }
}

/** Shows problems as a compiler does: place, sentence, the line with a caret under the text, the advice. */
export const formatProblems = (text: string, problems: readonly PolicyProblem[]): string => {
  const lines = policyLines(text)
  const shown = problems.slice(0, MAX_SHOWN).map(({ severity, line, column, length, message, advice }) => {
    const { piece, cut } = around(lines[line - 1] ?? '', column)
    const indent = ' '.repeat(piece.slice(0, column - 1 - cut).length)
    return [
      `line ${line}, column ${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}`,
      `  ${piece.replaceAll('\t', ' ')}`,
      `  ${indent}${'^'.repeat(Math.min(length, MAX_LINE))}`,
      `  ${advice}`,
    ].join('\n')
  })
  const left = problems.length - shown.length
  return [...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('\n')
}
