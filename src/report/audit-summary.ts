import type { AuditResult } from '../commands/audit-result.ts'
import { type Group, gridOf, groupsOf, problemsOf, recordsOf, remarksOf } from './audit-words.ts'
import { markdownTable, plain } from './markdown.ts'

/** How many versions and findings a summary has: GitHub takes 1 MiB of all steps of a job together. */
const MOST_ROWS = 300
const MOST_FINDINGS = 100
const MOST_RECORDS = 50

const more = (count: number, most: number, what: string): string[] =>
  count <= most ? [] : [`${count - most} more ${what}: see the log, or the output json.`]

const item = ({ what, services, remedy }: Group): string =>
  `- **${plain(what)}**: ${plain(services.join(', '))}. ${plain(remedy)}`

const list = (title: string, items: readonly string[], most = MOST_FINDINGS): string[] =>
  items.length === 0
    ? []
    : [`**${title}.**`, items.slice(0, most).join('\n'), ...more(items.length, most, 'lines')]

/** What an audit found, as Markdown: one table, and below it every finding with its remedy. */
export const auditParagraphs = (result: AuditResult): string[] => {
  const { services, rows } = gridOf(result)
  const table = markdownTable([
    ['version', ...services.map(plain)],
    ...rows
      .slice(0, MOST_ROWS)
      .map(({ gitTag, cells }) => [
        plain(gitTag),
        ...cells.map(({ text, wrong }) => `${wrong ? '❌ ' : ''}${plain(text)}`),
      ]),
  ])
  return [
    ...(rows.length === 0 ? [] : [table, ...more(rows.length, MOST_ROWS, 'versions')]),
    ...list(
      'Not judged',
      problemsOf(result).map(problem => `- ${plain(problem)}`),
    ),
    ...list('Not as the policy has it', groupsOf(result, 'wrong').map(item)),
    ...list(
      'Why it is stable, by records that are not signed',
      recordsOf(result).map(record => `- ${plain(record)}`),
      MOST_RECORDS,
    ),
    ...list('Good to know', [
      ...groupsOf(result, 'allowed').map(item),
      ...remarksOf(result).map(remark => `- ${plain(remark)}`),
    ]),
  ]
}
