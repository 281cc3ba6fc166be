import type { CommandResult, Result, ServiceResult } from '../commands/result.ts'
import { oneLine } from '../text.ts'
import { aligned } from './aligned.ts'
import { auditLines } from './audit-lines.ts'
import { kindInWords, outcomeInWords, recordLines, rowsOf } from './words.ts'

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

/**
 * The tags of a result and what became of each, as aligned lines: of several services, a line each. Of an audit, a line for
 * each version, and what was found, within the width of a terminal if one is given.
 */
export const tableOf = (result: CommandResult, width?: number): string => {
  if (result.command === 'audit') return auditLines(result, width).join('\n')
  const { command, services } = result
  const lines = services.length === 1 ? ofOne(command, services[0]) : ofMany(result)
  const records = recordLines(services.map(({ service, records = [] }) => ({ service, records })))
  return [...lines, ...records.map(record => `  ${oneLine(record)}`)].join('\n')
}
