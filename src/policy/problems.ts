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

/** Text of a line, and where it begins, counted from 0. */
export interface Word {
  readonly text: string
  readonly at: number
}

/** Takes down a problem of some words of a line; an error if its severity is not given. */
export type Report = (
  place: Word,
  problem: Pick<PolicyProblem, 'message' | 'advice'> & Partial<Pick<PolicyProblem, 'severity'>>,
) => undefined

/** A rule as it should be written, for advice. */
export const EXAMPLE = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable'

/** The lines of a policy text. */
export function policyLines(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
}

/** The most problems that are shown, and the most of a line, in characters: people fix the first ones first. */
const MAX_SHOWN = 20
const MAX_LINE = 160

/** Shows problems as a compiler does: place, sentence, the line with a caret under the text, the advice. */
export function formatProblems(text: string, problems: readonly PolicyProblem[]): string {
  const lines = policyLines(text)
  const shown = problems.slice(0, MAX_SHOWN).map(({ severity, line, column, length, message, advice }) => {
    const from = column > MAX_LINE ? column - MAX_LINE / 2 : 0
    const piece = lines[line - 1]?.slice(from, from + MAX_LINE).replace(/\s/g, ' ')
    return [
      `line ${line}, column ${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}`,
      `  ${piece}`,
      `  ${' '.repeat(column - 1 - from)}${'^'.repeat(Math.min(length, MAX_LINE))}`,
      `  ${advice}`,
    ].join('\n')
  })
  const left = problems.length - shown.length
  return [...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('\n')
}
