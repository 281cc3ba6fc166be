import type { AuditedService, AuditedVersion, AuditResult } from '../commands/audit-result.ts'
import { findingsIn } from '../commands/audit-result.ts'
import type { Finding, FindingKind } from '../reconcile/findings.ts'
import { counted } from '../text.ts'
import { day, recordLines, withShortDigests } from './words.ts'

/** What is wrong with a version, in a cell of the table. */
const inShort: Readonly<Record<FindingKind, (finding: Finding) => string>> = {
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

/** What stands in a cell: what a version is for a service, and whether that is wrong. */
export interface Cell {
  readonly text: string
  readonly wrong: boolean
}

/** What could not be read. */
export const UNREAD: Cell = { text: '?', wrong: true }

const cellOf = ({ state, findings, stableTags }: AuditedVersion): Cell => {
  const wrong = findings.filter(finding => finding.wrong)
  if (wrong.length > 0) {
    const [first = '', ...others] = new Set(wrong.map(finding => inShort[finding.kind](finding)))
    // All of it is listed below the table, which must stay narrow.
    return { text: others.length === 0 ? first : `${first} (+${others.length})`, wrong: true }
  }
  if (state === 'unread') return UNREAD
  const fixed = stableTags.filter(({ moving }) => !moving)
  const deciding = fixed.length > 0 ? fixed : stableTags
  // Who found a tag there does not know since when.
  const since = deciding.flatMap(({ record }) => (record?.written === true ? day(record.time) : []))
  if (state === 'stable' && since.length > 0 && since.length === deciding.length) {
    return { text: `stable since ${since.toSorted().at(-1)}`, wrong: false }
  }
  return { text: state === 'absent' ? '-' : state, wrong: false }
}

/** The table: the services in its head, and for every version what it is for each of them. */
export interface Grid {
  readonly services: readonly string[]
  readonly rows: readonly { readonly gitTag: string; readonly cells: readonly Cell[] }[]
}

/** The git tags that are judged, the newest first: the same for every service that could be read. */
const gitTagsOf = ({ services }: Pick<AuditResult, 'services'>): readonly string[] =>
  services.find(({ versions }) => versions.length > 0)?.versions.map(({ gitTag }) => gitTag) ?? []

export const gridOf = ({ services }: AuditResult): Grid => {
  const at = ({ versions }: AuditedService, index: number): Cell => {
    const version = versions[index]
    return version === undefined ? UNREAD : cellOf(version)
  }
  return {
    services: services.map(({ service }) => service),
    rows: gitTagsOf({ services }).map((gitTag, index) => ({
      gitTag,
      cells: services.map(one => at(one, index)),
    })),
  }
}

/** The same finding of one or more services. */
interface Group {
  readonly what: string
  readonly remedy: string
  /** Each with its digest, where that tells more. */
  readonly services: readonly string[]
}

const serviceIn = (service: string, { digest, wanted }: Finding): string => {
  if (digest === undefined) return service
  const not = wanted === undefined ? '' : `, not ${wanted}`
  return `${service} (${withShortDigests(`${digest}${not}`)})`
}

/** Whether it is told beside the table; what only some services have is counted. */
const isTold = ({ kind, wrong }: Finding): boolean => wrong || kind !== 'version-missing'

/** Findings of either kind, each once for all services that have it, of the newest version first. */
const groupsOf = (result: AuditResult, which: 'wrong' | 'allowed'): readonly Group[] => {
  const groups = new Map<string, { what: string; remedy: string; services: string[] }>()
  const order = new Map(gitTagsOf(result).map((gitTag, index) => [gitTag, index]))
  const found = findingsIn(result)
    .filter(({ finding }) => isTold(finding) && finding.wrong === (which === 'wrong'))
    .toSorted((one, other) => (order.get(one.version.gitTag) ?? 0) - (order.get(other.version.gitTag) ?? 0))
  for (const { service, finding } of found) {
    const { what, remedy } = finding
    const key = `${what}\n${remedy}`
    const group = groups.get(key) ?? { what, remedy, services: [] }
    group.services.push(serviceIn(service, finding))
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** How many things of a kind are named. */
const NAMED = 3

const namedSome = (names: readonly string[]): string =>
  names.length <= NAMED ? names.join(', ') : `such as ${names.slice(0, NAMED).join(', ')}`

/** The versions that only some services have, and that is no fault, the newest first. */
const partialVersions = (result: Pick<AuditResult, 'services'>): readonly string[] => {
  const missing = new Set(
    result.services.flatMap(({ versions }) =>
      versions.flatMap(({ gitTag, findings }) =>
        findings.some(finding => !isTold(finding)) ? [gitTag] : [],
      ),
    ),
  )
  return gitTagsOf(result).filter(gitTag => missing.has(gitTag))
}

/** What else there is to say: tags that no rule gives, what is not judged, each in one line. */
const remarksOf = ({ services, from, records }: AuditResult): readonly string[] => {
  const others = services.filter(({ otherTags }) => otherTags > 0)
  const withoutRecords = new Map<string, string[]>()
  for (const { service, recordsProblem } of services) {
    if (recordsProblem === undefined) continue
    withoutRecords.set(recordsProblem, [...(withoutRecords.get(recordsProblem) ?? []), service])
  }
  const unread = [...withoutRecords].map(
    ([why, names]) => `Not all records of ${names.join(', ')} are shown: ${why}`,
  )
  const partial = partialVersions({ services })
  const older = services.filter(({ olderVersions }) => olderVersions > 0)
  return [
    ...(others.length === 0
      ? []
      : [
          `Tags of no version, by the policy: ${others
            .map(
              ({ service, otherTags, otherTagsSuchAs }) =>
                `${service} has ${counted(otherTags, 'tag')}, such as ${otherTagsSuchAs.join(', ')}`,
            )
            .join('; ')}.`,
        ]),
    ...(partial.length === 0
      ? []
      : [`${counted(partial.length, 'version')} that only some services have: ${namedSome(partial)}.`]),
    ...(older.length === 0
      ? []
      : [
          `Older than ${from}, and not judged: ${older
            .map(({ service, olderVersions }) => `${olderVersions} of ${service}`)
            .join(', ')}.`,
        ]),
    ...unread,
    ...(records === 'unsupported' ? ['No records are shown: the registry has no referrers API.'] : []),
  ]
}

/** What keeps services from being judged. */
const problemsOf = ({ services }: AuditResult): readonly string[] =>
  services.flatMap(({ image, problem, versions }) => {
    if (problem !== undefined) return [`${image}: ${problem}.`]
    const unread = versions.flatMap(({ gitTag, problem }) =>
      problem === undefined ? [] : [`${image} ${gitTag}: ${problem}.`],
    )
    const others = unread.length - NAMED
    return [...unread.slice(0, NAMED), ...(others > 0 ? [`${image}: ${others} more of its versions.`] : [])]
  })

/** Since when and why images are stable, as the records tell it, the newest record first. */
export const recordsOf = ({ services }: AuditResult): readonly string[] =>
  recordLines(
    services.map(({ service, versions }) => ({
      service,
      records: versions.flatMap(({ stableTags, inDoubt = [] }) =>
        [...stableTags, ...inDoubt].flatMap(({ record }) => record ?? []),
      ),
    })),
  )

/** One thing that is told below the table; `what` comes first, if it stands out. */
export interface Told {
  readonly what?: string
  readonly text: string
}

/** What is told below the table, under its titles; nothing of what there is nothing to tell. */
export const sectionsOf = (
  result: AuditResult,
): readonly { readonly title: string; readonly items: readonly Told[] }[] => {
  const told = ({ what, services, remedy }: Group): Told => ({
    what,
    text: `${services.join(', ')}. ${remedy}`,
  })
  const plainly = (text: string): Told => ({ text })
  return [
    { title: 'Not judged', items: problemsOf(result).map(plainly) },
    { title: 'Not as the policy has it', items: groupsOf(result, 'wrong').map(told) },
    { title: 'By records, which are not signed', items: recordsOf(result).map(plainly) },
    {
      title: 'Good to know',
      items: [...groupsOf(result, 'allowed').map(told), ...remarksOf(result).map(plainly)],
    },
  ].filter(({ items }) => items.length > 0)
}
