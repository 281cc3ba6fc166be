import { type AuditedVersion, type AuditResult, findingsIn } from '../commands/audit-result.ts'
import type { Finding, FindingKind } from '../reconcile/findings.ts'
import { counted, oneLine } from '../text.ts'
import { aligned, lineWidth, widthOf } from './aligned.ts'
import { markdownTable, plain } from './markdown.ts'
import { day, recordLines, withShortDigests } from './words.ts'

/** How many versions, and lines below them, a summary has: GitHub takes 1 MiB of all steps of a job together. */
const MOST_ROWS = 300
const MOST_LINES = 100

/** What an audit found, as Markdown: one table, and below it every finding with its remedy. */
export function auditParagraphs(result: AuditResult): string[] {
  const [head = [], ...rows] = tableOf(result).map(row => row.map(cell => plain(cell.replace(/^✗/, '❌'))))
  const more = (count: number, most: number, what: string): string[] =>
    count <= most ? [] : [`${count - most} more ${what}: see the log, or the output json.`]
  return [
    ...(rows.length === 0 ? [] : [markdownTable([head, ...rows.slice(0, MOST_ROWS)])]),
    ...more(rows.length, MOST_ROWS, 'versions'),
    ...sectionsOf(result).flatMap(({ title, items }) => [
      `**${title}.**`,
      items
        .slice(0, MOST_LINES)
        .map(({ what, text }) => `- ${what === undefined ? '' : `**${plain(what)}**: `}${plain(text)}`)
        .join('\n'),
      ...more(items.length, MOST_LINES, 'lines'),
    ]),
  ]
}

/** The same as lines for a log, or for a terminal of so many characters: then with as many services a table as there is room for. */
export function auditLines(result: AuditResult, width = Number.POSITIVE_INFINITY): string[] {
  const rows = tableOf(result).map(row => row.map(oneLine))
  const [versions = [], ...services] = (rows[0] ?? []).map((_, column) => rows.map(row => row[column] ?? ''))
  const groups: string[][][] = []
  for (const column of services) {
    const last = groups.at(-1)
    if (last !== undefined && lineWidth([versions, ...last, column].map(widthOf)) <= width) last.push(column)
    else groups.push([column])
  }
  const tables = groups.map(group =>
    aligned(versions.map((version, row) => [version, ...group.map(column => column[row] ?? '')])),
  )
  return [
    ...(rows.length === 1 ? [] : tables.flatMap((table, index) => (index === 0 ? table : ['', ...table]))),
    ...sectionsOf(result).flatMap(({ title, items }) => [
      '',
      `${title}:`,
      ...items.map(({ what, text }) => `  ${oneLine(what === undefined ? text : `${what}: ${text}`)}`),
    ]),
  ]
}

/** The table: the services in its head, and for every version, the newest first, what it is for each of them. */
function tableOf({ services }: AuditResult): string[][] {
  const gitTags =
    services.find(({ versions }) => versions.length > 0)?.versions.map(({ gitTag }) => gitTag) ?? []
  return [
    ['version', ...services.map(({ service }) => service)],
    ...gitTags.map((gitTag, index) => [gitTag, ...services.map(({ versions }) => cellOf(versions[index]))]),
  ]
}

/** What is wrong with a version, in a cell of the table. */
const IN_SHORT: Readonly<Record<FindingKind, (finding: Finding) => string>> = {
  'stable-missing': () => 'stable missing',
  'stable-waiting': () => 'waiting',
  'stable-differs': () => 'stable differs',
  'first-missing': ({ tag }) => `${tag} missing`,
  'copy-missing': ({ tag }) => `${tag} missing`,
  'copy-differs': ({ tag }) => `${tag} differs`,
  'moving-behind': ({ tag, isAhead = false }) => `${tag} ${isAhead ? 'ahead' : 'behind'}`,
  'image-lost': ({ tag }) => `${tag} lost`,
  'version-missing': () => 'not there',
}

function cellOf(version: AuditedVersion | undefined): string {
  if (version === undefined || version.state === 'unread') return '✗ ?'
  const wrong = version.findings.filter(finding => finding.wrong)
  const [first, ...others] = new Set(wrong.map(finding => IN_SHORT[finding.kind](finding)))
  // All of it is listed below the table, which must stay narrow.
  if (first !== undefined) return `✗ ${first}${others.length === 0 ? '' : ` (+${others.length})`}`
  const fixed = version.stableTags.filter(({ moving }) => !moving)
  const deciding = fixed.length > 0 ? fixed : version.stableTags
  // Who found a tag there does not know since when.
  const since = deciding.flatMap(({ record }) => (record?.written === true ? day(record.time) : []))
  const isDated = version.state === 'stable' && since.length > 0 && since.length === deciding.length
  return isDated
    ? `stable since ${since.toSorted().at(-1)}`
    : version.state === 'absent'
      ? '-'
      : version.state
}

/** One thing that is told below the table; `what` comes first, if it stands out. */
interface Told {
  readonly what?: string
  readonly text: string
}

/** What is told below the table, under its titles; nothing of what there is nothing to tell. */
function sectionsOf(
  result: AuditResult,
): readonly { readonly title: string; readonly items: readonly Told[] }[] {
  const records = recordLines(
    result.services.map(({ service, versions }) => ({
      service,
      records: versions.flatMap(({ stableTags, inDoubt = [] }) =>
        [...stableTags, ...inDoubt].flatMap(({ record }) => record ?? []),
      ),
    })),
  )
  const plainly = (text: string): Told => ({ text })
  return [
    { title: 'Not judged', items: problemsOf(result).map(plainly) },
    { title: 'Not as the policy has it', items: grouped(result, true) },
    { title: 'By records, which are not signed', items: records.map(plainly) },
    { title: 'Good to know', items: [...grouped(result, false), ...remarksOf(result).map(plainly)] },
  ].filter(({ items }) => items.length > 0)
}

/** Findings, each once for all services that have it, in the order of the table. */
function grouped(result: AuditResult, wrong: boolean): Told[] {
  const groups = new Map<string, { what: string; remedy: string; services: string[] }>()
  const found = findingsIn(result).filter(({ finding }) => finding.wrong === wrong)
  for (const { service, finding } of found) {
    const { what, remedy, digest, wanted } = finding
    const group = groups.get(`${what}\n${remedy}`) ?? { what, remedy, services: [] }
    const not = wanted === undefined ? '' : `, not ${wanted}`
    group.services.push(
      digest === undefined ? service : `${service} (${withShortDigests(`${digest}${not}`)})`,
    )
    groups.set(`${what}\n${remedy}`, group)
  }
  return [...groups.values()].map(({ what, remedy, services }) => ({
    what,
    text: `${services.join(', ')}. ${remedy}`,
  }))
}

/** How many things of a kind are named. */
const NAMED = 3

/** What keeps services, or versions of them, from being judged. */
function problemsOf({ services }: AuditResult): string[] {
  return services.flatMap(({ image, problem, versions }) => {
    if (problem !== undefined) return [`${image}: ${problem}.`]
    const unread = versions.flatMap(version =>
      version.problem === undefined ? [] : [`${image} ${version.gitTag}: ${version.problem}.`],
    )
    const others = unread.length - NAMED
    return [...unread.slice(0, NAMED), ...(others > 0 ? [`${image}: ${others} more of its versions.`] : [])]
  })
}

/** What else there is to say: tags that no rule gives, what is not judged, each in one line. */
function remarksOf({ services, from, records }: AuditResult): string[] {
  const others = services.flatMap(({ service, otherTags, otherTagsSuchAs }) =>
    otherTags > 0
      ? [`${service} has ${counted(otherTags, 'tag')}, such as ${otherTagsSuchAs.join(', ')}`]
      : [],
  )
  const older = services.flatMap(({ service, olderVersions }) =>
    olderVersions > 0 ? [`${olderVersions} of ${service}`] : [],
  )
  return [
    ...(others.length === 0 ? [] : [`Tags of no version, by the policy: ${others.join('; ')}.`]),
    ...(older.length === 0 ? [] : [`Older than ${from}, and not judged: ${older.join(', ')}.`]),
    ...services.flatMap(({ service, recordsProblem }) =>
      recordsProblem === undefined ? [] : [`Not all records of ${service} are shown: ${recordsProblem}`],
    ),
    ...(records === 'unsupported' ? ['No records are shown: the registry has no referrers API.'] : []),
  ]
}
