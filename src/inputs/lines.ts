/** The lines of an input of many lines that are not empty, trimmed. */
export function linesOf(text: string): string[] {
  return numberedLinesOf(text).map(({ line }) => line)
}

/** The same with their numbers, counted from 1: what stands in a line may be a secret, its number is not. */
export function numberedLinesOf(text: string): readonly { readonly number: number; readonly line: string }[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, line: line.trim() }))
    .filter(({ line }) => line !== '')
}
