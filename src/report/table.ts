import type { AuditResult } from '../commands/audit-result.ts'
import type { Result } from '../commands/ledger.ts'
import { oneLine } from '../text.ts'
import { aligned } from './aligned.ts'
import { auditLines } from './audit.ts'
import { describeKind, describeOutcome, recordLines, rowsOf } from './words.ts'

/**
 * The tags of a result and what became of each, as aligned lines: of several services, a line each. Of an audit, a line for
 * each version, and what was found, within the width of a terminal if one is given.
 */
export function tableOf(result: Result | AuditResult, width?: number): string {
  if (result.command === 'audit') return auditLines(result, width).join('\n')
  const lines = result.services.length === 1 ? tagLines(result) : serviceLines(result)
  return [...lines, ...recordLines(result.services).map(record => `  ${oneLine(record)}`)].join('\n')
}

function tagLines({ command, services }: Result): string[] {
  return services.flatMap(({ image, tags, digest }) => [
    digest === undefined ? image : `${image}@${digest}`,
    ...aligned(
      tags.map(tag => {
        const kind = describeKind(tag)
        const outcome = oneLine(describeOutcome(tag, command))
        return [tag.tag, kind === '' ? outcome : `${outcome} (${kind})`]
      }),
    ),
  ])
}

function serviceLines(result: Result): string[] {
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
