import { appendFile } from 'node:fs/promises'
import { isPublished, type Result, type TagResult } from '../commands/result.ts'
import { ReleaseError } from '../errors.ts'
import type { Stage } from './journal.ts'
import { kindInWords, outcomeInWords, seconds } from './words.ts'

/** What the summary of a job says of one step. */
export interface StepReport {
  /** What is known of the result; nothing if the run failed before it had a plan. */
  readonly result: Result | undefined
  readonly stages: readonly Stage[]
  /** What the run failed with. */
  readonly error: unknown
}

/** Text that Markdown and HTML leave alone. */
const plain = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>#|~!]/g, character => `&#${character.codePointAt(0)};`)

const code = (text: string): string =>
  `<code>${text.replace(/[&<>|`*_]/g, c => `&#${c.codePointAt(0)};`)}</code>`

/** A block of text as it is, whatever is in it. */
const block = (text: string, language = ''): string => {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, text.trimEnd(), fence].join('\n')
}

const VERBS: Readonly<Record<Result['command'], string>> = {
  plan: 'planned',
  build: 'built',
  push: 'published',
  release: 'published',
  promote: 'promoted',
  verify: 'as planned',
}

const heading = ({ result, error }: StepReport): string => {
  const what = result === undefined ? '' : `${result.service} ${result.gitTag}: `
  if (error !== undefined) {
    const title = error instanceof ReleaseError ? error.title : 'The action itself failed'
    return `### ❌ ${plain(what + title)}`
  }
  if (result === undefined) return '### Nothing was done'
  const withheld = result.tags.some(({ outcome }) => outcome === 'withheld')
  const verb = VERBS[result.command]
  return withheld ? `### ⚠️ ${plain(what + verb)}, stable tags withheld` : `### ✅ ${plain(what + verb)}`
}

const table = ({ command, tags, digest, page }: Result): string => {
  const shown = digest === undefined ? '' : `${digest.slice(0, 'sha256:'.length + 12)}…`
  const row = (tag: TagResult): string => {
    const kind = kindInWords(tag)
    const cells = [
      code(tag.reference),
      isPublished(tag) && digest !== undefined
        ? page === undefined
          ? code(shown)
          : `[${code(shown)}](${page})`
        : '',
      kind,
      plain(outcomeInWords(tag, command)),
    ]
    return `| ${cells.join(' | ')} |`
  }
  return ['| image | digest | | what happened |', '| --- | --- | --- | --- |', ...tags.map(row)].join('\n')
}

const failure = (error: unknown, result: Result | undefined): string[] => {
  const message =
    error instanceof ReleaseError ? error.what : error instanceof Error ? error.message : String(error)
  const wayOut = error instanceof ReleaseError ? [`**What to do.** ${plain(error.wayOut)}`] : []
  const name = error instanceof ReleaseError ? ` (${code(error.name)})` : ''
  const published = result?.tags.filter(isPublished).map(({ reference }) => code(reference)) ?? []
  const there =
    result === undefined || result.command === 'plan' || result.command === 'verify'
      ? []
      : [
          published.length === 0
            ? '**Published.** Nothing by this run.'
            : `**Published already.** ${published.join(', ')}. The next run goes on from there.`,
        ]
  return [`**What failed${name}.**`, block(message, 'text'), ...there, ...wayOut]
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
            ({ name, took, conclusion }) =>
              `| ${plain(name)} | ${seconds(took)} | ${plain(conclusion ?? 'failed')} |`,
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
    ...(result === undefined ? [] : [plain(result.reason), table(result)]),
    ...(result?.digest === undefined || error !== undefined
      ? []
      : [block(`docker pull ${result.image}@${result.digest}`, 'sh')]),
    ...(error === undefined ? [] : failure(error, result)),
    ...durations(stages),
  ]
  return `${paragraphs.join('\n\n')}\n\n`
}

/** Adds to the summary of the job. One that can not be written, or is not there, does not matter to the run. */
export const writeSummary = async (report: StepReport, env: NodeJS.ProcessEnv): Promise<void> => {
  const file = env.GITHUB_STEP_SUMMARY
  if (file === undefined || file === '') return
  await appendFile(file, summaryOf(report)).catch(() => {})
}
