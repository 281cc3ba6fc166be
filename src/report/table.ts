import type { Result, ServiceResult } from '../commands/result.ts'
import { oneLine } from '../text.ts'
import { kindInWords, outcomeInWords, rowsOf } from './words.ts'

/** Rows of words in columns that are as wide as they need to be. */
const aligned = (rows: readonly (readonly string[])[]): string[] => {
  const widthOf = (column: number): number => Math.max(...rows.map(row => row[column]?.length ?? 0))
  return rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widthOf(column))).join('  ')}`.trimEnd())
}

/** The tags of one service and what became of each. */
const ofOne = (command: string, { image, tags, digest }: ServiceResult): string[] => [
  digest === undefined ? image : `${image}@${digest}`,
  ...aligned(
    tags.map(tag => {
      const kind = kindInWords(tag)
      const outcome = oneLine(outcomeInWords(tag, command))
      return [tag.tag, kind === '' ? outcome : `${outcome} (${kind})`]
    }),
  ),
]

/** A row for each of several services. */
const ofMany = (result: Result): string[] => {
  const [head = [], ...rows] = rowsOf(result)
  return aligned([
    ['service', 'image', ...head],
    ...result.services.map(({ service, image, digest }, index) => [
      service,
      digest === undefined ? image : `${image}@${digest}`,
      ...(rows[index] ?? []).map(oneLine),
    ]),
  ])
}

/** The tags of a result and what became of each, as aligned lines: of several services, a line each. */
export const tableOf = (result: Result): string => {
  const { command, services } = result
  return (services.length === 1 ? ofOne(command, services[0]) : ofMany(result)).join('\n')
}
