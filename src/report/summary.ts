import { appendFileSync } from 'node:fs'
import { isPublished, type Result, type TagResult } from '../commands/result.ts'
import type { Secrets } from '../secrets.ts'
import { eachLine, oneLine } from '../text.ts'
import type { Stage } from './journal.ts'
import { failureOf, kindInWords, outcomeInWords, seconds, withShortDigests } from './words.ts'

/** What the summary of a job says of one step. */
export interface StepReport {
  /** What is known of the result; nothing if the run failed before it had a plan. */
  readonly result: Result | undefined
  /** The service that the step was for, to say so where there is no result. */
  readonly service?: string | undefined
  readonly stages: readonly Stage[]
  /** What the run failed with. */
  readonly error: unknown
}

/** One line of text that Markdown and HTML leave alone. */
const plain = (text: string): string =>
  oneLine(text).replace(/[\\`*_{}[\]<>#|~!&]/g, character => `&#${character.codePointAt(0)};`)

const code = (text: string): string =>
  `<code>${oneLine(text).replace(/[&<>|`*_]/g, c => `&#${c.codePointAt(0)};`)}</code>`

/** A block of lines as they are, whatever is in them. */
const block = (lines: string, language = ''): string => {
  const text = eachLine(lines)
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, text.trimEnd(), fence].join('\n')
}

const VERBS: Readonly<Record<Result['command'], string>> = {
  plan: 'planned',
  build: 'built, not pushed',
  push: 'published',
  release: 'published',
  promote: 'promoted',
  verify: 'as planned',
}

const headline = ({ command, tags }: Result): string => {
  const writes = command === 'push' || command === 'release' || command === 'promote'
  const nothingNew = writes && tags.every(({ outcome }) => outcome === 'kept' || outcome === 'stayed')
  return `${VERBS[command]}${nothingNew ? ' already, nothing to do' : ''}`
}

const heading = ({ result, error, service }: StepReport): string => {
  const what = result === undefined ? (service ?? '') : `${result.service} ${result.gitTag}`
  const about = what === '' ? '' : `${what}: `
  if (error !== undefined) {
    return `### ❌ ${plain(about + failureOf(error).title)}`
  }
  if (result === undefined) return '### Nothing was done'
  const withheld = result.tags.some(({ outcome }) => outcome === 'withheld')
  return withheld
    ? `### ⚠️ ${plain(about + VERBS[result.command])}, stable tags withheld`
    : `### ✅ ${plain(about + headline(result))}`
}

const table = ({ command, tags, digest, page }: Result): string => {
  const shown = code(withShortDigests(digest ?? ''))
  const linked = page === undefined ? shown : `[${shown}](${page})`
  const rows = tags.map(tag => [
    code(tag.reference),
    kindInWords(tag),
    plain(outcomeInWords(tag, command)),
    ...(digest === undefined ? [] : [isPublished(tag) ? linked : '']),
  ])
  const head = ['image', 'kind', 'what happened', ...(digest === undefined ? [] : ['digest'])]
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

/** Whether there is more to say of the tags than the reason does: a run that failed before it wrote has nothing. */
const hasTable = ({ command, tags }: Result, error: unknown): boolean =>
  error === undefined || command === 'verify' || tags.some(({ outcome }) => outcome !== 'planned')

/** The inputs that promote what is withheld. */
const promotion = ({ service, image, gitTag, tags, digest, checks }: Result): string[] => {
  if (digest === undefined || !tags.some(({ outcome }) => outcome === 'withheld')) return []
  const path = image.slice(0, -service.length).split('/').slice(0, -1)
  const inputs = {
    command: 'promote',
    registry: path[0] ?? '',
    project: path.length > 1 ? path.slice(1).join('/') : "''",
    service,
    tag: gitTag,
    digest,
  }
  const required = checks === undefined ? [] : ['require-checks: |', ...checks.map(name => `  ${name}`)]
  const lines = [...Object.entries(inputs).map(([name, value]) => `${name}: ${value}`), ...required]
  return [
    'To write the stable tags, run the action with these and the same policy and login:',
    block(lines.join('\n'), 'yaml'),
  ]
}

/** What a run that failed has published, as far as it is known. */
const whatIsThere = (result: Result | undefined): string[] => {
  if (result === undefined || !['release', 'push', 'promote'].includes(result.command)) return []
  const list = (tags: readonly TagResult[]): string => tags.map(({ reference }) => code(reference)).join(', ')
  const published = result.tags.filter(isPublished)
  const pushed = result.tags.filter(({ outcome }) => outcome === 'pushed')
  if (pushed.length > 0) {
    return [`**Pushed, not read back.** ${list(pushed)}. The next run looks whether it is there.`]
  }
  return published.length === 0
    ? ['**Published.** Nothing by this run.']
    : [`**Published.** ${list(published)}. The next run goes on from there.`]
}

const failureIn = (error: unknown, result: Result | undefined): string[] => {
  const { name, what, remedy } = failureOf(error)
  return [
    `**What failed${name === undefined ? '' : ` (${code(name)})`}.**`,
    block(what, 'text'),
    ...whatIsThere(result),
    `**What to do.** ${plain(remedy)}`,
  ]
}

const durations = (stages: readonly Stage[]): string[] =>
  stages.length === 0
    ? []
    : [
        [
          '<details><summary>Stages</summary>',
          '',
          '| stage | duration | result |',
          '| --- | --- | --- |',
          ...stages.map(
            ({ name, took, conclusion }) => `| ${plain(name)} | ${seconds(took)} | ${plain(conclusion)} |`,
          ),
          '',
          '</details>',
        ].join('\n'),
      ]

/** The Markdown for one step; several steps of a job stand below one another. */
export const summaryOf = (report: StepReport): string => {
  const { result, stages, error } = report
  const paragraphs = [
    heading(report),
    ...(result === undefined
      ? []
      : [`${error === undefined ? '' : '**The plan.** '}${plain(result.reason)}`]),
    ...(result === undefined || !hasTable(result, error) ? [] : [table(result)]),
    ...(result?.digest === undefined || error !== undefined
      ? []
      : [block(`docker pull ${result.image}@${result.digest}`, 'sh'), ...promotion(result)]),
    ...(error === undefined ? [] : failureIn(error, result)),
    ...durations(stages),
  ]
  return `${paragraphs.join('\n\n')}\n\n`
}

/** A service as it was asked for, if that is a name: of anything else the error says what may be shown. */
const nameIn = (service = ''): string | undefined => /^[a-z0-9][a-z0-9._-]*$/.exec(service.trim())?.[0]

/**
 * Adds to the summary of the job, which the runner does not mask. One that can not be written, or is not there, does
 * not matter to the run.
 */
export const writeSummary = (
  report: StepReport,
  { env, secrets }: { env: NodeJS.ProcessEnv; secrets: Secrets },
): void => {
  const file = env.GITHUB_STEP_SUMMARY
  if (file === undefined || file === '') return
  const summary = secrets.mask(summaryOf({ service: nameIn(env.INPUT_SERVICE), ...report }))
  try {
    appendFileSync(file, summary)
  } catch {
    // Nothing depends on it.
  }
}
