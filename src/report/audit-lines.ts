import type { AuditResult } from '../commands/audit-result.ts'
import { oneLine } from '../text.ts'
import { aligned } from './aligned.ts'
import { type Group, gridOf, groupsOf, problemsOf, recordsOf, remarksOf } from './audit-words.ts'

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map(line => `  ${oneLine(line)}`)]

const sentence = ({ what, services, remedy }: Group): string => `${what}: ${services.join(', ')}. ${remedy}`

/** What an audit found, as lines for a log or a terminal: one table, and below it every finding with its remedy. */
export const auditLines = (result: AuditResult): string[] => {
  const { services, rows } = gridOf(result)
  const table = [
    ['version', ...services],
    ...rows.map(({ gitTag, cells }) => [
      oneLine(gitTag),
      ...cells.map(({ text, wrong }) => `${wrong ? '✗ ' : ''}${oneLine(text)}`),
    ]),
  ]
  return [
    ...(rows.length === 0 ? [] : aligned(table)),
    ...section('Not judged', problemsOf(result)),
    ...section('Not as the policy has it', groupsOf(result, 'wrong').map(sentence)),
    ...section('Why it is stable, by records that are not signed', recordsOf(result)),
    ...section('Good to know', [...groupsOf(result, 'allowed').map(sentence), ...remarksOf(result)]),
  ]
}
