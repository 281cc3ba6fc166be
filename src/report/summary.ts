import { appendFileSync } from 'node:fs'
import { findingsIn } from '../commands/audit-result.ts'
import { allTagsOf, type Ledger, leftBehind, type Result, writesRegistry } from '../commands/ledger.ts'
import { AWAITS_PROMOTION } from '../reconcile/state.ts'
import type { Secrets } from '../secrets.ts'
import { duration } from '../text.ts'
import { contentOf } from './content.ts'
import { failureOf } from './failure.ts'
import { fitting } from './fitting.ts'
import { block, plain, tableLines } from './markdown.ts'
import { describeState } from './state.ts'

/** Adds to the job's summary, which the runner does not mask. */
export function writeSummary(
  ledger: Ledger,
  error: unknown,
  { env, secrets }: { env: NodeJS.ProcessEnv; secrets: Secrets },
) {
  const { GITHUB_STEP_SUMMARY: file, INPUT_SERVICE = '' } = env
  if (!file) return
  // What is no name may be a secret that somebody took for one.
  const [service] = /^[a-z0-9][a-z0-9._-]*$/.exec(INPUT_SERVICE.trim()) ?? []
  try {
    appendFileSync(file, secrets.mask(summaryOf(ledger, error, service)))
  } catch {
    // Only the summary is lost.
  }
}

export function summaryOf(ledger: Ledger, error: unknown, service = '') {
  const { result, stages, warnings } = ledger
  const paragraphs = [
    `### ${plain(headingOf(ledger, error, service))}`,
    ...(error === undefined ? [] : failureParagraphs(ledger, error)),
    ...resultParagraphs(result, error),
    ...listParagraphs(
      'Warnings',
      warnings.map(({ title, message }) => `${title}: ${message.replaceAll('\n', ' ')}`),
    ),
    stages.length === 0 ? '' : stageTable(stages),
  ]
  return `${paragraphs.filter(text => text !== '').join('\n\n')}\n\n`
}

export function headingOf(ledger: Ledger, error: unknown, service = '') {
  const { result } = ledger
  const [mark, said] = verdictOf(ledger, error)
  const heading = [result === undefined ? service : subjectOf(result), said]
  return `${mark} ${heading.filter(part => part !== '').join(': ')}`
}

function subjectOf(result: NonNullable<Ledger['result']>) {
  const [first, ...others] = result.services
  const name = others.length === 0 ? first?.service : `${result.services.length} services`
  return `${result.command} of ${name}${result.command === 'audit' ? '' : ` ${result.gitTag}`}`
}

function verdictOf({ result, warnings }: Ledger, error: unknown): [mark: string, said: string] {
  if (error !== undefined || result === undefined) return ['❌', failureOf(error).title]
  const left = incompletePromotion(result)
  if (left.length > 0) {
    const names = left.length > 3 ? `${left.length} services` : left.join(', ')
    return ['⚠️', `promotion is incomplete: ${names} ${left.length > 1 ? 'wait' : 'waits'}`]
  }
  const tags = result.command === 'audit' ? [] : allTagsOf(result)
  const withheld = tags.filter(({ outcome }) => outcome === 'withheld')
  const isReplaced = tags.some(({ replaced }) => replaced !== undefined)
  const isHeldBack = withheld.some(({ note }) => note !== AWAITS_PROMOTION)
  const isOld = tags.every(({ outcome }) => outcome === 'kept' || outcome === 'stayed')
  const said = [
    isReplaced && 'a published version was overwritten',
    isHeldBack && 'stable tags are withheld',
    withheld.length > 0 && !isHeldBack && `${withheld[0]?.tag} ${AWAITS_PROMOTION}`,
    result.command === 'audit' && 'all as the policy has it',
    writesRegistry(result.command) && isOld && 'nothing to do',
  ].filter(part => part !== false)
  return [isReplaced || isHeldBack || warnings.length > 0 ? '⚠️' : '✅', said.join(', ')]
}

function incompletePromotion(result: NonNullable<Ledger['result']>) {
  if (result.command === 'audit') {
    const incomplete = findingsIn(result).filter(({ finding }) => finding.kind === 'promotion-incomplete')
    return [...new Set(incomplete.map(({ service }) => service))]
  }
  return result.command === 'verify' ? leftBehind(result.services) : []
}

function failureParagraphs(ledger: Ledger, error: unknown) {
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

function resultParagraphs(result: Ledger['result'], error: unknown) {
  if (result === undefined) return []
  const { rows, lists } = contentOf(result)
  return [
    result.command === 'audit' ? '' : plain(result.reason),
    ...fitting(tableLines(rows.map(row => row.map(cell => cell.replace(/^✗/, '❌'))))),
    ...lists.flatMap(({ title, items }) => listParagraphs(title, items)),
    ...(result.command === 'audit' || error !== undefined ? [] : nextSteps(result)),
  ]
}

function listParagraphs(title: string, items: readonly string[]) {
  return items.length === 0 ? [] : [`**${title}.**`, ...fitting(items.map(item => `- ${plain(item)}`))]
}

function nextSteps({ services, gitTag }: Result) {
  const known = services.filter(({ digest }) => digest !== undefined)
  const waiting = known.filter(({ tags }) => tags.some(({ note }) => note === AWAITS_PROMOTION))
  const pulls = known.map(({ image, digest }) => `docker pull ${image}@${digest}`)
  const promoted = waiting.map(({ service, digest }) => `${service}@${digest}`)
  const together = `All services of ${plain(gitTag)} are promoted together, with \`command: promote\`; of this run:`
  return [
    block(pulls.join('\n'), 'sh'),
    ...(promoted.length === 0 ? [] : [together, block(promoted.join('\n'), 'text')]),
  ]
}

function stageTable(stages: Ledger['stages']) {
  const rows = stages.map(({ name, took, conclusion }) => [name, duration(took), conclusion])
  const table = tableLines([['stage', 'duration', 'result'], ...rows])
  const whole = duration(stages.reduce((sum, { took }) => sum + took, 0))
  return `<details><summary>Stages, ${whole} in all</summary>\n\n${table.join('\n')}\n\n</details>`
}
