import type { Result } from '../commands/result.ts'
import { kindInWords, outcomeInWords } from './words.ts'

/** The tags of a result and what became of each, as aligned lines. */
export const tableOf = ({ command, image, tags, digest }: Result): string => {
  const rows = tags.map(tag => [tag.tag, kindInWords(tag), outcomeInWords(tag, command)] as const)
  const width = (column: 0 | 1): number => Math.max(...rows.map(row => row[column].length))
  const lines = rows.map(([tag, kind, outcome]) =>
    `  ${tag.padEnd(width(0))}  ${kind.padEnd(width(1))}  ${outcome}`
      .replace(/ {3,}(?=\S+$)/, '   ')
      .trimEnd(),
  )
  return [digest === undefined ? image : `${image}@${digest}`, ...lines].join('\n')
}
