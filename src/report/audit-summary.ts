import type { AuditResult } from '../commands/audit-result.ts'
import { gridOf, sectionsOf, type Told } from './audit-words.ts'
import { markdownTable, plain } from './markdown.ts'

/** How many versions, and lines below them, a summary has: GitHub takes 1 MiB of all steps of a job together. */
const MOST_ROWS = 300
const MOST_LINES = 100

const more = (count: number, most: number, what: string): string[] =>
  count <= most ? [] : [`${count - most} more ${what}: see the log, or the output json.`]

const item = ({ what, text }: Told): string =>
  what === undefined ? `- ${plain(text)}` : `- **${plain(what)}**: ${plain(text)}`

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
    ...sectionsOf(result).flatMap(({ title, items }) => [
      `**${title}.**`,
      items.slice(0, MOST_LINES).map(item).join('\n'),
      ...more(items.length, MOST_LINES, 'lines'),
    ]),
  ]
}
