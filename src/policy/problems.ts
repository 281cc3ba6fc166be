export interface PolicyProblem {
  readonly severity: 'error' | 'warning'
  /** Counted from 1, as is `column`, in UTF-16 code units. */
  readonly line: number
  readonly column: number
  readonly length: number
  readonly message: string
  readonly advice: string
}

/** `at` is counted from 0. */
export interface Word {
  readonly text: string
  readonly at: number
}

export type Report = Readonly<
  Record<PolicyProblem['severity'], (place: Word, message: string, advice: string) => undefined>
>

export const EXAMPLE = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable'

export function policyLines(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
}

const MAX_SHOWN = 20

/** As a compiler: place, message, line, caret, advice. */
export function formatProblems(text: string, problems: readonly PolicyProblem[]) {
  const lines = policyLines(text)
  const shown = problems.slice(0, MAX_SHOWN).map(({ severity, line, column, length, message, advice }) => {
    return [
      `line ${line}, column ${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}`,
      `  ${lines[line - 1]?.replace(/\s/g, ' ')}`,
      `  ${' '.repeat(column - 1)}${'^'.repeat(length)}`,
      `  ${advice}`,
    ].join('\n')
  })
  const left = problems.length - shown.length
  return [...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('\n')
}
