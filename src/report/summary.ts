import { appendFileSync } from 'node:fs'
import type { AuditResult } from '../commands/audit-result.ts'
import { allTagsOf, type Ledger, type Result, writesRegistry } from '../commands/ledger.ts'
import { AWAITS_PROMOTION } from '../reconcile/state.ts'
import type { Secrets } from '../secrets.ts'
import { seconds } from '../text.ts'
import { failureOf } from './failure.ts'
import { block, plain, tableLines } from './markdown.ts'
import { describeState } from './state.ts'
import { contentOf } from './summary-content.ts'

/** Adds to the summary of the job, which the runner does not mask. A run does not depend on it. */
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
    // The summary is lost, and nothing else.
  }
}

/** The Markdown for one step; several steps of a job stand below one another. */
export function summaryOf(ledger: Ledger, error: unknown, service = ''): string {
  const { result, stages, warnings } = ledger
  const paragraphs = [
    heading(ledger, error, service),
    ...(error === undefined ? [] : failureParagraphs(ledger, error)),
    ...(result === undefined ? [] : resultParagraphs(result)),
    ...(result === undefined || result.command === 'audit' || error !== undefined ? [] : nextSteps(result)),
    ...listParagraphs(
      'Warnings',
      warnings.map(({ title, message }) => `${title}: ${message.replaceAll('\n', ' ')}`),
    ),
    stages.length === 0 ? '' : stageTable(stages),
  ]
  return `${paragraphs.filter(text => text !== '').join('\n\n')}\n\n`
}

function heading(ledger: Ledger, error: unknown, service: string): string {
  const { result } = ledger
  const [mark, said] = verdictOf(ledger, error)
  const about = [result === undefined ? service : subjectOf(result), said].filter(part => part !== '')
  return `### ${mark} ${plain(about.join(': '))}`
}

function subjectOf(result: Result | AuditResult): string {
  const [first, ...others] = result.services
  const name = others.length === 0 ? first?.service : `${result.services.length} services`
  return `${result.command} of ${name}${result.command === 'audit' ? '' : ` ${result.gitTag}`}`
}

/** How the run ended, in a sign and, if there is more to say, in words. */
function verdictOf({ result, warnings }: Ledger, error: unknown): readonly [mark: string, said: string] {
  if (error !== undefined || result === undefined) return ['❌', failureOf(error).title]
  const tags = result.command === 'audit' ? [] : allTagsOf(result)
  const withheld = tags.filter(({ outcome }) => outcome === 'withheld')
  const isReplaced = tags.some(({ replaced }) => replaced !== undefined)
  const isHeldBack = withheld.some(({ note }) => note !== AWAITS_PROMOTION)
  const isOld = tags.every(({ outcome }) => outcome === 'kept' || outcome === 'stayed')
  const said = [
    isReplaced && 'a published version was overwritten',
    isHeldBack && 'stable tags are withheld',
    withheld.length > 0 && !isHeldBack && `${withheld[0]?.tag} ${AWAITS_PROMOTION}`,
    writesRegistry(result.command) && isOld && 'nothing to do',
  ].filter(part => part !== false)
  return [isReplaced || isHeldBack || warnings.length > 0 ? '⚠️' : '✅', said.join(', ')]
}

function failureParagraphs(ledger: Ledger, error: unknown): string[] {
  const { name, what, remedy, link } = failureOf(error)
  const state = describeState(ledger)
  return [
    state === '' ? '' : `**${plain(state)}**`,
    `**What failed ([\`${name}\`](${link})).**`,
    block(what, 'text'),
    '**What to do.**',
    remedy.split('\n').map(plain).join('\n'),
  ]
}

/** What is known, in the words of the log. */
function resultParagraphs(result: Result | AuditResult): string[] {
  const { rows, lists } = contentOf(result)
  return [
    result.command === 'audit' ? '' : plain(result.reason),
    ...fitting(tableLines(rows.map(row => row.map(cell => cell.replace(/^✗/, '❌'))))),
    ...lists.flatMap(({ title, items }) => listParagraphs(title, items)),
  ]
}

function listParagraphs(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`**${title}.**`, ...fitting(items.map(item => `- ${plain(item)}`))]
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

/** How to pull the images, and those that wait as a promotion takes them. */
function nextSteps({ services, gitTag }: Result): string[] {
  const known = services.filter(({ digest }) => digest !== undefined)
  const waiting = known.filter(({ tags }) => tags.some(({ note }) => note === AWAITS_PROMOTION))
  const pulls = known.map(({ image, digest }) => `docker pull ${image}@${digest}`)
  const promoted = waiting.map(({ service, digest }) => `${service}@${digest}`)
  return [
    block(pulls.join('\n'), 'sh'),
    promoted.length === 0
      ? ''
      : `All services of ${plain(gitTag)} are promoted together, with \`command: promote\`; of this run:`,
    block(promoted.join('\n'), 'text'),
  ]
}

function stageTable(stages: Ledger['stages']): string {
  const rows = stages.map(({ name, took, conclusion }) => [name, seconds(took), conclusion])
  const table = tableLines([['stage', 'duration', 'result'], ...rows])
  return `<details><summary>Stages</summary>\n\n${table.join('\n')}\n\n</details>`
}
