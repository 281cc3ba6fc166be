import { type AuditedVersion, type AuditResult, findingsIn } from '../commands/audit-result.ts'
import type { Finding } from '../reconcile/audit-findings.ts'
import { counted, withShortDigests } from '../text.ts'
import { recordList } from './record-list.ts'

/** What the summary and the log show of a result: a table with its head, and below it lists. */
export interface Content {
  readonly rows: readonly (readonly string[])[]
  readonly lists: readonly { readonly title: string; readonly items: readonly string[] }[]
}

/** What an audit found: what every version, the newest first, is for each service; and every finding, with its remedy. */
export function auditContent(result: AuditResult): Content {
  const { services } = result
  const { versions = [] } = services.find(each => each.versions.length > 0) ?? {}
  const rows = versions.map(({ gitTag }, index) => [
    gitTag,
    ...services.map(each => cellOf(each.versions[index])),
  ])
  const records = services.map(({ service, versions }) => ({
    service,
    records: versions.flatMap(({ stableTags, inDoubt = [] }) =>
      [...stableTags, ...inDoubt].flatMap(({ record }) => record ?? []),
    ),
  }))
  return {
    rows: rows.length === 0 ? [] : [['version', ...services.map(({ service }) => service)], ...rows],
    lists: [
      { title: 'Not judged', items: problemsOf(result) },
      { title: 'Not as the policy has it', items: findingList(result, true) },
      recordList(records),
      { title: 'Good to know', items: [...findingList(result, false), ...remarksOf(result)] },
    ],
  }
}

/** What a version is for a service: its state, and what is wrong with it. */
function cellOf(version: AuditedVersion | undefined): string {
  if (version === undefined || version.state === 'unread') return '✗ ?'
  const { state, findings, stableTags } = version
  const [first, ...others] = new Set(findings.filter(({ wrong }) => wrong).map(inShort))
  // All of it is listed below the table, which must stay narrow.
  if (first !== undefined) return `✗ ${first}${others.length === 0 ? '' : ` (+${others.length})`}`
  if (state === 'absent') return '-'
  const since = state === 'stable' ? stableSince(stableTags) : undefined
  return since === undefined ? state : `stable since ${since}`
}

/** The kind of a finding, with the name of the tag where that is not clear. */
function inShort({ kind, tag, isAhead = false }: Finding): string {
  const [about = '', state = ''] = kind.split('-')
  return `${about === 'stable' || about === 'version' ? about : tag} ${isAhead ? 'ahead' : state}`
}

/** The day since when all of its fixed stable tags are that, or the moving ones if there are no others. */
function stableSince(stableTags: AuditedVersion['stableTags']): string | undefined {
  const fixed = stableTags.filter(({ moving }) => !moving)
  const deciding = fixed.length > 0 ? fixed : stableTags
  // Who found a tag there does not know since when.
  const days = deciding.flatMap(({ record }) => (record?.written === true ? record.time.slice(0, 10) : []))
  return days.length === deciding.length ? days.toSorted().at(-1) : undefined
}

/** Findings, each once for all services that have it, in the order of the table. */
function findingList(result: AuditResult, wrong: boolean): string[] {
  const groups = new Map<string, { finding: Finding; services: string[] }>()
  for (const { service, finding } of findingsIn(result).filter(each => each.finding.wrong === wrong)) {
    const { what, remedy, digest, wanted } = finding
    const digests = `${digest}${wanted === undefined ? '' : `, not ${wanted}`}`
    const named = digest === undefined ? service : `${service} (${withShortDigests(digests)})`
    const group = groups.get(what + remedy) ?? { finding, services: [] }
    groups.set(what + remedy, { finding, services: [...group.services, named] })
  }
  return [...groups.values()].map(
    ({ finding: { what, remedy }, services }) => `${what}: ${services.join(', ')}. ${remedy}`,
  )
}

/** What keeps services, or versions of them, from being judged. */
function problemsOf({ services }: AuditResult): string[] {
  return services.flatMap(({ image, problem, versions }) => {
    if (problem !== undefined) return [`${image}: ${problem}.`]
    const [first, ...others] = versions.filter(version => version.problem !== undefined)
    if (first === undefined) return []
    const more = others.length === 0 ? '' : `; ${counted(others.length, 'more version')} could not be read`
    return [`${image} ${first.gitTag}: ${first.problem}${more}.`]
  })
}

/** What else there is to say, each in one line: tags that no rule gives, and what is not judged. */
function remarksOf({ services, from, records }: AuditResult): string[] {
  const others = services
    .filter(({ otherTags }) => otherTags > 0)
    .map(
      each =>
        `${each.service} has ${counted(each.otherTags, 'tag')}, such as ${each.otherTagsSuchAs.join(', ')}`,
    )
  const older = services
    .filter(({ olderVersions }) => olderVersions > 0)
    .map(({ service, olderVersions }) => `${olderVersions} of ${service}`)
  return [
    others.length > 0 && `Tags of no version, by the policy: ${others.join('; ')}.`,
    older.length > 0 && `Older than ${from}, and not judged: ${older.join(', ')}.`,
    ...services.map(
      ({ service, recordsProblem }) =>
        recordsProblem !== undefined && `Not all records of ${service} are shown: ${recordsProblem}`,
    ),
    records === 'unsupported' && 'No records are shown: the registry has no referrers API.',
  ].filter(line => line !== false)
}
