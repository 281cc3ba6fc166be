import { appendFileSync } from 'node:fs'
import {
  allTagsOf,
  isPublished,
  type Ledger,
  type Result,
  type Stage,
  writesRegistry,
} from '../commands/ledger.ts'
import type { Secrets } from '../secrets.ts'
import { auditParagraphs } from './audit.ts'
import { failureOf, stateOf } from './failure.ts'
import { block, code, markdownTable, plain } from './markdown.ts'
import { describeKind, describeOutcome, recordLines, rowsOf, seconds, withShortDigests } from './words.ts'

/**
 * Adds to the summary of the job, which the runner does not mask. One that can not be written, or is not there, does not
 * matter to the run.
 */
export function writeSummary(
  ledger: Ledger,
  error: unknown,
  { env, secrets }: { env: NodeJS.ProcessEnv; secrets: Secrets },
): void {
  const file = env.GITHUB_STEP_SUMMARY
  if (!file) return
  // Of anything else than a name the error says what may be shown.
  const service = /^[a-z0-9][a-z0-9._-]*$/.exec(env.INPUT_SERVICE?.trim() ?? '')?.[0]
  try {
    appendFileSync(file, secrets.mask(summaryOf(ledger, error, service)))
  } catch {
    // Nothing depends on it.
  }
}

/** The Markdown for one step; several steps of a job stand below one another. */
export function summaryOf(ledger: Ledger, error: unknown, service?: string): string {
  const { result } = ledger
  const failure = error === undefined ? [] : failureParagraphs(ledger, error)
  const shown =
    result === undefined
      ? []
      : result.command === 'audit'
        ? auditParagraphs(result)
        : paragraphsOf(result, error)
  return `${[heading(ledger, error, service), ...failure, ...shown, ...stageTable(ledger.stages)].join('\n\n')}\n\n`
}

const VERBS: Readonly<Record<Result['command'], string>> = {
  plan: 'planned',
  build: 'built, not pushed',
  push: 'published',
  release: 'published',
  promote: 'promoted',
  verify: 'as planned',
}

function heading({ result }: Ledger, error: unknown, service: string | undefined): string {
  const names = result?.services.map(each => each.service) ?? (service === undefined ? [] : [service])
  const name = names.length > 1 ? `${names.length} services` : (names[0] ?? '')
  const subject =
    result === undefined ? name : result.command === 'audit' ? `audit of ${name}` : `${name} ${result.gitTag}`
  const about = subject === '' ? '' : `${subject}: `
  if (error !== undefined) return `### ❌ ${plain(about + failureOf(error).title)}`
  if (result === undefined) return '### Nothing was done'
  if (result.command === 'audit') return `### ✅ ${plain(`${about}as the policy has it`)}`
  const outcomes = allTagsOf(result).map(({ outcome }) => outcome)
  if (outcomes.includes('withheld'))
    return `### ⚠️ ${plain(about + VERBS[result.command])}, stable tags withheld`
  const isOld = writesRegistry(result.command) && outcomes.every(each => each === 'kept' || each === 'stayed')
  return `### ✅ ${plain(about + VERBS[result.command])}${isOld ? ' already, nothing to do' : ''}`
}

function failureParagraphs(ledger: Ledger, error: unknown): string[] {
  const { name, what, remedy, link } = failureOf(error)
  const state = stateOf(ledger)
  return [
    ...(state === '' ? [] : [`**${plain(state)}**`]),
    `**What failed${name === undefined ? '' : ` ([${code(name)}](${link}))`}.**`,
    block(what, 'text'),
    `**What to do.** ${plain(remedy)}`,
  ]
}

function paragraphsOf(result: Result, error: unknown): string[] {
  const isTouched = allTagsOf(result).some(({ outcome }) => outcome !== 'planned')
  const hasTable =
    error === undefined || isTouched || result.services.some(({ problem }) => problem !== undefined)
  const records = recordLines(result.services)
  return [
    `${error === undefined ? '' : '**The plan.** '}${plain(result.reason)}`,
    ...(hasTable ? [result.services.length === 1 ? tagTable(result) : serviceTable(result)] : []),
    ...(records.length === 0 ? [] : [records.map(line => `- ${plain(line)}`).join('\n')]),
    ...(error === undefined ? [...pulls(result), ...promotion(result)] : []),
  ]
}

function tagTable({ services, command }: Result): string {
  const rows = services.flatMap(({ tags, digest = '' }) =>
    tags.map(tag => [
      code(tag.reference),
      describeKind(tag),
      plain(describeOutcome(tag, command)),
      isPublished(tag) ? code(withShortDigests(digest)) : '',
    ]),
  )
  return markdownTable([['image', 'kind', 'what happened', 'digest'], ...rows])
}

/** A row for each of several services. */
function serviceTable(result: Result): string {
  const [head = [], ...rows] = rowsOf(result)
  return markdownTable([
    ['service', ...head.map(plain), 'digest'],
    ...result.services.map(({ service, digest }, index) => [
      code(service),
      ...(rows[index] ?? []).map(plain),
      digest === undefined ? '' : code(withShortDigests(digest)),
    ]),
  ])
}

/** How to pull the images. */
function pulls({ services }: Result): string[] {
  const lines = services.flatMap(({ image, digest }) =>
    digest === undefined ? [] : [`docker pull ${image}@${digest}`],
  )
  return lines.length === 0 ? [] : [block(lines.join('\n'), 'sh')]
}

/** The inputs that promote what is withheld. */
function promotion({ services, gitTag }: Result): string[] {
  const waiting = services.filter(({ tags }) => tags.some(({ outcome }) => outcome === 'withheld'))
  const [first] = waiting
  if (first === undefined || waiting.some(({ digest }) => digest === undefined)) return []
  const [registry = '', ...path] = first.image.split('/').slice(0, -1)
  const lines = [
    'command: promote',
    `registry: ${registry}`,
    `project: ${path.join('/') || "''"}`,
    `tag: ${gitTag}`,
    'service: |',
    ...waiting.map(({ service, digest }) => `  ${service}@${digest}`),
    ...(first.checks === undefined ? [] : ['require-checks: |', ...first.checks.map(name => `  ${name}`)]),
  ]
  return [
    'To write the stable tags, run the action with these and the same policy and login:',
    block(lines.join('\n'), 'yaml'),
  ]
}

function stageTable(stages: readonly Stage[]): string[] {
  if (stages.length === 0) return []
  const rows = stages.map(({ name, took, conclusion }) => [plain(name), seconds(took), plain(conclusion)])
  const table = markdownTable([['stage', 'duration', 'result'], ...rows])
  return [`<details><summary>Stages</summary>\n\n${table}\n\n</details>`]
}
