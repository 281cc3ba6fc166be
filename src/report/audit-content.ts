import {
  type AuditedService,
  type AuditedVersion,
  type AuditResult,
  findingsIn,
} from '../commands/audit-result.ts'
import { groupBy } from '../group-by.ts'
import type { Finding } from '../reconcile/audit-findings.ts'
import { saidOfServices } from '../service-errors.ts'
import { counted, withShortDigests } from '../text.ts'
import { recordList } from './record-list.ts'

/** A table of cells with their states, and lists. */
export function auditContent(result: AuditResult) {
  const { services } = result
  const { versions = [] } = services.find(each => each.versions.length > 0) ?? {}
  const records = services.map(({ service, versions }) => ({
    service,
    records: versions.flatMap(({ stableTags, inDoubt = [] }) =>
      [...stableTags, ...inDoubt].flatMap(({ record }) => record ?? []),
    ),
  }))
  const lists = [
    { title: 'Not judged', items: problemsOf(result) },
    { title: 'Not as the policy has it', items: findingList(result, true) },
    recordList(records),
    { title: 'Good to know', items: [...findingList(result, false), ...remarksOf(result)] },
  ]
  return {
    headline: headlineOf(services, versions),
    head: ['version', ...services.map(({ service }) => service)],
    rows: versions.map(({ gitTag }, index) => ({ gitTag, cells: services.map(each => cellOf(each, index)) })),
    lists: lists.filter(({ items }) => items.length > 0),
  }
}

export const NOT_READ = 'What is stable could not be read'

/** The newest version that is stable for any service, and the newest that is for all. */
function headlineOf(services: readonly AuditedService[], versions: readonly AuditedVersion[]) {
  const known = versions.map(({ gitTag }, index) => {
    const stable = services.flatMap(({ versions }) =>
      versions[index]?.state === 'stable' ? versions[index] : [],
    )
    return { gitTag, count: stable.length, days: stable.map(({ stableTags }) => stableSince(stableTags)) }
  })
  const newest = known.find(({ count }) => count > 0)
  const complete = known.find(({ count }) => count === services.length)
  const said = [...new Set([newest, complete])].flatMap(version => {
    if (version === undefined) return []
    const day = version.days.includes(undefined) ? undefined : version.days.toSorted().at(-1)
    const since = day === undefined ? '' : ` since ${day}`
    return `${version.gitTag} is stable for ${version.count} of ${counted(services.length, 'service')}${since}`
  })
  const none = known.length === 0 ? NOT_READ : 'No version is known to be stable'
  return said.join('; ') || none
}

function cellOf({ versions, used = [] }: AuditedService, index: number) {
  const version = versions[index]
  if (version === undefined || version.state === 'unread') return { state: 'wrong', said: '✗ unread' }
  const uses = used.filter(({ gitTags }) => gitTags.includes(version.gitTag))
  const findings = [...version.findings, ...uses.flatMap(({ finding }) => finding ?? [])]
  const [first, ...others] = new Set(findings.filter(({ wrong }) => wrong).map(inShort))
  const mark = uses.length > 0 && !first?.startsWith('used') ? ', used' : ''
  // The table must stay narrow.
  const more = others.length === 0 ? '' : ` (+${others.length})`
  if (first !== undefined) return { state: 'wrong', said: `✗ ${first}${more}${mark}` }
  const { state, stableTags } = version
  const since = state === 'stable' ? stableSince(stableTags) : undefined
  return { state, said: `${state}${since === undefined ? '' : ` since ${since}`}${mark}` }
}

function inShort({ kind, tag, isAhead = false }: Finding) {
  const [about = '', ...state] = kind.split('-')
  return `${OF_NO_TAG.includes(about) ? about : tag} ${isAhead ? 'ahead' : state.join(' ')}`
}

const OF_NO_TAG = ['stable', 'version', 'used']

/** By fixed stable tags, or by moving ones if there are no others. */
function stableSince(stableTags: AuditedVersion['stableTags']) {
  const fixed = stableTags.filter(({ moving }) => !moving)
  const deciding = fixed.length > 0 ? fixed : stableTags
  // Who found a tag there does not know since when.
  const days = deciding.flatMap(({ record }) => (record?.written === true ? record.time.slice(0, 10) : []))
  return days.length === deciding.length ? days.toSorted().at(-1) : undefined
}

/** Each finding once for all services that have it; of what is used, each kind is one line. */
function findingList(result: AuditResult, wrong: boolean) {
  const findings = findingsIn(result).filter(({ finding }) => finding.wrong === wrong)
  const groups = groupBy(findings, ({ finding: { kind, what, remedy }, at }) => (at ? kind : what + remedy))
  return [...groups.values()].map(all => {
    const [one] = all
    const places = all.flatMap(({ at = [] }) => at).length
    const title = places > 0 ? `${one?.finding.kind}, ${counted(places, 'place')}` : one?.finding.what
    return `${title}: ${all.map(whereFound).join(', ')}. ${one?.finding.remedy}`
  })
}

function whereFound({ service, finding, at }: ReturnType<typeof findingsIn>[number]) {
  const { what, digest, wanted } = finding
  const more = at && at.length > 1 ? ` and ${at.length - 1} more` : ''
  const digests = wanted === undefined ? digest : `${digest}, not ${wanted}`
  const about = at ? `${what}, in ${at[0]}${more}` : digests
  return about === undefined ? service : `${service} (${withShortDigests(about)})`
}

function problemsOf({ services }: AuditResult) {
  const problems = services.flatMap(({ service, problem, versions, used = [] }) => {
    if (problem !== undefined) return [{ service, what: `${problem}.` }]
    const all = [...versions, ...used.map(({ tag, problem }) => ({ gitTag: tag, problem }))]
    const [first, ...others] = all.filter(each => each.problem !== undefined)
    if (first === undefined) return []
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    return [{ service, what: `${first.problem} (${first.gitTag}${more}).` }]
  })
  return saidOfServices(problems)
}

function remarksOf({ services, from, records }: AuditResult) {
  const others = services
    .filter(({ otherTags }) => otherTags > 0)
    .map(
      ({ service, otherTags, otherTagsSuchAs: some }) =>
        `${service} has ${counted(otherTags, 'tag')}, such as ${some.join(', ')}`,
    )
  const older = services
    .filter(({ olderVersions }) => olderVersions > 0)
    .map(({ service, olderVersions }) => `${olderVersions} of ${service}`)
  const unrecorded = services.flatMap(({ service, recordsProblem, versions }) => {
    const some = versions.filter(each => each.stableTags.some(({ moving, record }) => !moving && !record))
    const isRead = records === 'read' && recordsProblem === undefined
    const such = `${counted(some.length, 'version')} of ${service}, such as ${some[0]?.gitTag}`
    return isRead && some.length > 0 ? [such] : []
  })
  const unshown = services.flatMap(({ service, recordsProblem: what }) =>
    what === undefined ? [] : [{ service, what }],
  )
  return [
    others.length > 0 && `Tags of no version, by the policy: ${others.join('; ')}.`,
    older.length > 0 && `Older than ${from}, and not judged: ${older.join(', ')}.`,
    ...saidOfServices(unshown).map(said => `Not all records are shown of ${said}`),
    unrecorded.length > 0 &&
      `Stable without a record, so not made stable by this action, or moved since: ${unrecorded.join('; ')}.`,
    records === 'unsupported' && 'No records are shown: the registry has no referrers API.',
  ].filter(line => line !== false)
}
