import { appendFileSync } from 'node:fs'
import {
  allTags,
  type CommandResult,
  type ImageTagResult,
  isPublished,
  type Result,
  type ServiceResult,
  saysMoreThanPlan,
  writesRegistry,
} from '../commands/result.ts'
import type { Secrets } from '../secrets.ts'
import { auditParagraphs } from './audit-summary.ts'
import type { Stage } from './journal.ts'
import { block, code, markdownTable, plain } from './markdown.ts'
import {
  failureOf,
  kindInWords,
  outcomeInWords,
  recordLines,
  rowsOf,
  seconds,
  withShortDigests,
} from './words.ts'

/** What the summary of a job says of one step. */
export interface StepReport {
  /** What is known of the result; nothing if the run failed before it had a plan. */
  readonly result: CommandResult | undefined
  /** The service that the step was for, to say so where there is no result. */
  readonly service?: string | undefined
  readonly stages: readonly Stage[]
  /** What the run failed with. */
  readonly error: unknown
}

const VERBS: Readonly<Record<Result['command'], string>> = {
  plan: 'planned',
  build: 'built, not pushed',
  push: 'published',
  release: 'published',
  promote: 'promoted',
  verify: 'as planned',
}

const headline = (result: Result): string => {
  const { command } = result
  const nothingNew =
    writesRegistry(command) &&
    allTags(result).every(({ outcome }) => outcome === 'kept' || outcome === 'stayed')
  return `${VERBS[command]}${nothingNew ? ' already, nothing to do' : ''}`
}

/** The service, or how many there are. */
const nameOf = ({ services }: CommandResult): string =>
  services.length === 1 ? services[0].service : `${services.length} services`

const subjectOf = (result: CommandResult): string =>
  result.command === 'audit' ? `audit of ${nameOf(result)}` : `${nameOf(result)} ${result.gitTag}`

const heading = ({ result, error, service }: StepReport): string => {
  const what = result === undefined ? (service ?? '') : subjectOf(result)
  const about = what === '' ? '' : `${what}: `
  if (error !== undefined) {
    return `### ❌ ${plain(about + failureOf(error).title)}`
  }
  if (result === undefined) return '### Nothing was done'
  if (result.command === 'audit') return `### ✅ ${plain(`${about}as the policy has it`)}`
  const withheld = allTags(result).some(({ outcome }) => outcome === 'withheld')
  return withheld
    ? `### ⚠️ ${plain(about + VERBS[result.command])}, stable tags withheld`
    : `### ✅ ${plain(about + headline(result))}`
}

/** The digest, with a link to the page of the image. */
const linkedDigest = ({ digest, page }: ServiceResult): string => {
  const shown = code(withShortDigests(digest ?? ''))
  return page === undefined ? shown : `[${shown}](${page})`
}

/** The tags of one service. */
const tagTable = (service: ServiceResult, command: Result['command']): string => {
  const { tags, digest } = service
  const rows = tags.map(tag => [
    code(tag.reference),
    kindInWords(tag),
    plain(outcomeInWords(tag, command)),
    ...(digest === undefined ? [] : [isPublished(tag) ? linkedDigest(service) : '']),
  ])
  const head = ['image', 'kind', 'what happened', ...(digest === undefined ? [] : ['digest'])]
  return markdownTable([head, ...rows])
}

/** A row for each of several services. */
const serviceTable = (result: Result): string => {
  const [head = [], ...rows] = rowsOf(result)
  return markdownTable([
    ['service', ...head.map(plain), 'digest'],
    ...result.services.map((service, index) => [
      code(service.service),
      ...(rows[index] ?? []).map(plain),
      service.digest === undefined ? '' : linkedDigest(service),
    ]),
  ])
}

const table = (result: Result): string =>
  result.services.length === 1 ? tagTable(result.services[0], result.command) : serviceTable(result)

/** Whether there is more to say of the tags than the reason does: a run that failed before it wrote has nothing. */
const hasTable = (result: Result, error: unknown): boolean =>
  error === undefined || result.command === 'verify' || saysMoreThanPlan(result)

/** How to pull the images. */
const pulls = ({ services }: Result): string[] => {
  const lines = services.flatMap(({ image, digest }) =>
    digest === undefined ? [] : [`docker pull ${image}@${digest}`],
  )
  return lines.length === 0 ? [] : [block(lines.join('\n'), 'sh')]
}

/** The inputs that promote what is withheld. */
const promotion = ({ services, gitTag }: Result): string[] => {
  const [{ service, image, digest, checks }] = services
  const waiting = services.filter(({ tags }) => tags.some(({ outcome }) => outcome === 'withheld'))
  if (waiting.length === 0 || waiting.some(({ digest }) => digest === undefined)) return []
  const path = image.slice(0, -service.length).split('/').slice(0, -1)
  const inputs = {
    command: 'promote',
    registry: path[0] ?? '',
    project: path.length > 1 ? path.slice(1).join('/') : "''",
    ...(services.length === 1 ? { service, tag: gitTag, digest } : { tag: gitTag }),
  }
  const listOf = (input: string, entries: readonly string[]): string[] => [
    `${input}: |`,
    ...entries.map(entry => `  ${entry}`),
  ]
  const lines = [
    ...Object.entries(inputs).map(([name, value]) => `${name}: ${value}`),
    ...(services.length === 1
      ? []
      : listOf(
          'service',
          waiting.map(each => `${each.service}@${each.digest}`),
        )),
    ...(checks === undefined ? [] : listOf('require-checks', checks)),
  ]
  return [
    'To write the stable tags, run the action with these and the same policy and login:',
    block(lines.join('\n'), 'yaml'),
  ]
}

/** What a run that failed has published, as far as it is known. */
const whatIsThere = (result: CommandResult | undefined): string[] => {
  if (result === undefined || result.command === 'audit' || !writesRegistry(result.command)) return []
  const list = (tags: readonly ImageTagResult[]): string =>
    tags
      .map(({ reference, replaced }) =>
        replaced === undefined ? code(reference) : `${code(reference)}, which was ${code(replaced)}`,
      )
      .join(', ')
  const tags = allTags(result)
  const said = [
    { what: 'Published', some: tags.filter(isPublished), next: 'The next run goes on from there.' },
    {
      what: 'In the registry now, not read back',
      some: tags.filter(({ outcome }) => outcome === 'pushed'),
      next: 'The next run looks what it is.',
    },
    {
      what: 'May have been written',
      some: tags.filter(({ outcome }) => outcome === 'unclear'),
      next: 'There was no answer that says so: the next run looks whether it is there.',
    },
  ].filter(({ some }) => some.length > 0)
  return said.length === 0
    ? ['**Published.** Nothing by this run.']
    : said.map(({ what, some, next }) => `**${what}.** ${list(some)}. ${next}`)
}

const failureIn = (error: unknown, result: CommandResult | undefined): string[] => {
  const { name, what, remedy } = failureOf(error)
  return [
    `**What failed${name === undefined ? '' : ` (${code(name)})`}.**`,
    block(what, 'text'),
    ...whatIsThere(result),
    `**What to do.** ${plain(remedy)}`,
  ]
}

/** Why an audit is red: what it found stands below its table, with what to do. */
const auditFailure = (error: unknown): string[] => {
  const { name, what, remedy } = failureOf(error)
  if (error === undefined) return []
  return name === 'not-as-planned'
    ? [`**${plain(what)}** ${plain(remedy)} (${code(name)})`]
    : failureIn(error, undefined)
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

/** Why it is stable, as the records that were found tell it. */
const recordParagraph = ({ services }: Result): string[] => {
  const lines = recordLines(services.map(({ service, records = [] }) => ({ service, records })))
  return lines.length === 0 ? [] : [lines.map(line => `- ${plain(line)}`).join('\n')]
}

const paragraphsOf = (result: Result, error: unknown): string[] => [
  `${error === undefined ? '' : '**The plan.** '}${plain(result.reason)}`,
  ...(hasTable(result, error) ? [table(result)] : []),
  ...recordParagraph(result),
  ...(error === undefined ? [...pulls(result), ...promotion(result)] : []),
]

/** The Markdown for one step; several steps of a job stand below one another. */
export const summaryOf = (report: StepReport): string => {
  const { result, stages, error } = report
  const shown =
    result === undefined
      ? []
      : result.command === 'audit'
        ? auditParagraphs(result)
        : paragraphsOf(result, error)
  const failure = error === undefined ? [] : failureIn(error, result)
  const paragraphs = [
    heading(report),
    ...(result?.command === 'audit' ? [...auditFailure(error), ...shown] : [...shown, ...failure]),
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
