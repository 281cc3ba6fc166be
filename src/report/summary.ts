import { appendFileSync } from 'node:fs'
import type { AuditResult } from '../commands/audit-result.ts'
import { allTagsOf, type Ledger, type Result, writesRegistry } from '../commands/ledger.ts'
import type { Secrets } from '../secrets.ts'
import { failureOf, stateOf } from './failure.ts'
import { block, plain, tableLines } from './markdown.ts'
import { contentOf } from './table.ts'
import { seconds } from './words.ts'

/**
 * Adds to the summary of the job, which the runner does not mask. One that can not be written, or is not there, does not
 * matter to the run.
 */
export function writeSummary(
  ledger: Ledger,
  error: unknown,
  { env, secrets }: { env: NodeJS.ProcessEnv; secrets: Secrets },
): void {
  const { GITHUB_STEP_SUMMARY: file, INPUT_SERVICE = '' } = env
  if (!file) return
  // What is no name may be a secret that somebody took for one.
  const [service] = /^[a-z0-9][a-z0-9._-]*$/.exec(INPUT_SERVICE.trim()) ?? []
  try {
    appendFileSync(file, secrets.mask(summaryOf(ledger, error, service)))
  } catch {
    // Nothing depends on it.
  }
}

/** The Markdown for one step; several steps of a job stand below one another. */
export function summaryOf(ledger: Ledger, error: unknown, service = ''): string {
  const { result, stages } = ledger
  const paragraphs = [
    heading(ledger, error, service),
    ...(error === undefined ? [] : failureParagraphs(ledger, error)),
    ...(result === undefined ? [] : resultParagraphs(result)),
    ...(result === undefined || result.command === 'audit' || error !== undefined ? [] : nextSteps(result)),
    stages.length === 0 ? '' : stageTable(stages),
  ]
  return `${paragraphs.filter(text => text !== '').join('\n\n')}\n\n`
}

function heading({ result }: Ledger, error: unknown, service: string): string {
  const [mark, said] = verdictOf(result, error)
  const about = [result === undefined ? service : subjectOf(result), said].filter(part => part !== '')
  return `### ${mark} ${plain(about.join(': '))}`
}

function subjectOf(result: Result | AuditResult): string {
  const [first, ...others] = result.services
  const name = others.length === 0 ? first?.service : `${result.services.length} services`
  return `${result.command} of ${name}${result.command === 'audit' ? '' : ` ${result.gitTag}`}`
}

/** How the run ended, in a sign and, if there is more to say, in words. */
function verdictOf(result: Ledger['result'], error: unknown): readonly [mark: string, said: string] {
  if (error !== undefined || result === undefined) return ['❌', failureOf(error).title]
  const outcomes = result.command === 'audit' ? [] : allTagsOf(result).map(({ outcome }) => outcome)
  if (outcomes.includes('withheld')) return ['⚠️', 'stable tags withheld']
  const isOld = writesRegistry(result.command) && outcomes.every(each => each === 'kept' || each === 'stayed')
  return ['✅', isOld ? 'nothing to do' : '']
}

function failureParagraphs(ledger: Ledger, error: unknown): string[] {
  const { name, what, remedy, link } = failureOf(error)
  const state = stateOf(ledger)
  return [
    state === '' ? '' : `**${plain(state)}**`,
    `**What failed${name === undefined ? '' : ` ([\`${name}\`](${link}))`}.**`,
    block(what, 'text'),
    `**What to do.** ${plain(remedy)}`,
  ]
}

/** What is known, in the words of the log. */
function resultParagraphs(result: Result | AuditResult): string[] {
  const { rows, lists } = contentOf(result)
  return [
    result.command === 'audit' ? '' : plain(result.reason),
    ...fitting(tableLines(rows.map(row => row.map(cell => cell.replace(/^✗/, '❌'))))),
    ...lists.flatMap(({ title, items }) => [
      `**${title}.**`,
      ...fitting(items.map(item => `- ${plain(item)}`)),
    ]),
  ]
}

/** How much is shown of each table and list, in bytes: GitHub takes 1 MiB of all steps of a job together. */
const MOST = 100_000

/** As many of the lines as there is room for, and how many more there are. */
function fitting(lines: readonly string[]): string[] {
  let size = 0
  const shown = lines.filter(line => {
    size += Buffer.byteLength(line)
    return size <= MOST
  })
  const more = lines.length - shown.length
  return [shown.join('\n'), ...(more === 0 ? [] : [`${more} more: see the log, or the output json.`])]
}

/** How to pull the images, and what promotes those that are withheld. */
function nextSteps({ services, gitTag }: Result): string[] {
  const pulls = services.flatMap(({ image, digest }) =>
    digest === undefined ? [] : [`docker pull ${image}@${digest}`],
  )
  const waiting = services.filter(({ tags }) => tags.some(({ outcome }) => outcome === 'withheld'))
  return [
    pulls.length === 0 ? '' : block(pulls.join('\n'), 'sh'),
    ...(waiting.length === 0 || waiting.some(({ digest }) => digest === undefined)
      ? []
      : [
          'To write the stable tags, run the action with these and the same policy and login:',
          block(promotionOf(waiting, gitTag), 'yaml'),
        ]),
  ]
}

/** The inputs of a promotion. */
function promotionOf(services: Result['services'], gitTag: string): string {
  const { image = '', checks } = services[0] ?? {}
  const [registry, ...project] = image.split('/').slice(0, -1)
  return [
    'command: promote',
    `registry: ${registry}`,
    `project: ${project.join('/') || "''"}`,
    `tag: ${gitTag}`,
    'service: |',
    ...services.map(({ service, digest }) => `  ${service}@${digest}`),
    ...(checks === undefined ? [] : ['require-checks: |', ...checks.map(name => `  ${name}`)]),
  ].join('\n')
}

function stageTable(stages: Ledger['stages']): string {
  const rows = stages.map(({ name, took, conclusion }) => [name, seconds(took), conclusion])
  const table = tableLines([['stage', 'duration', 'result'], ...rows])
  return `<details><summary>Stages</summary>\n\n${table.join('\n')}\n\n</details>`
}
