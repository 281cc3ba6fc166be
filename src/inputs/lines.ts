/** A line of an input of many lines, trimmed, with its number, counted from 1. */
export interface NumberedLine {
  readonly number: number
  readonly line: string
}

/** The lines of an input of many lines that are not empty. */
export const numberedLinesOf = (text: string): readonly NumberedLine[] =>
  text
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, line: line.trim() }))
    .filter(({ line }) => line !== '')

/** The same without their numbers. */
export const linesOf = (text: string): string[] => numberedLinesOf(text).map(({ line }) => line)
