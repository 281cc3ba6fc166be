import {
  type AuditedUse,
  type AuditedVersion,
  type AuditResult,
  findingsIn,
} from '../commands/audit-result.ts'
import { groupBy } from '../group-by.ts'
import type { Finding } from '../reconcile/audit-findings.ts'
import type { PromotionNote } from '../registry/promotion-record.ts'
import { saidOfServices } from '../service-errors.ts'
import { counted, withShortDigests } from '../text.ts'
import { type Item, itemOf, quoteName, recordList } from './lists.ts'

export function auditTexts(result: AuditResult) {
  const { head, rows, wrong, others } = auditContent(result)
  const texts = rows.map(({ gitTag, cells }) => [gitTag, ...cells.map(cellText)])
  return { rows: rows.length === 0 ? [] : [head, ...texts], lists: [...wrong, ...others] }
}

export function auditContent(result: AuditResult) {
  const { services } = result
  const { versions = [] } = services.find(each => each.versions.length > 0) ?? {}
  const records = services.map(({ service, versions }) => ({
    service,
    records: versions.flatMap(({ stableTags, inDoubt = [] }) =>
      [...stableTags, ...inDoubt].flatMap(({ record }) => record ?? []),
    ),
  }))
  const problems = problemsOf(result)
  const findings = [...findingList(result, true), ...useList(result, true)]
  return {
    headline: headlineOf(result, versions),
    verdict: verdictOf(result, findings.length, problems.length),
    head: ['version', ...services.map(({ service }) => service)],
    rows: versions.map(({ gitTag }, index) => ({
      gitTag,
      cells: services.map(({ versions, used = [] }) =>
        cellOf(
          versions[index],
          used.filter(({ gitTags }) => gitTags.includes(gitTag)),
        ),
      ),
    })),
    wrong: [
      { title: 'Not judged', items: saidOfServices(problems).map(itemOf) },
      { title: 'Not as the policy has it', items: findings },
    ],
    others: [
      recordList(records),
      {
        title: 'Good to know',
        items: [...findingList(result, false), ...useList(result, false), ...remarksOf(result).map(itemOf)],
      },
    ],
  }
}

/** The newest version that is stable for any service, and the newest that is for all. */
function headlineOf({ services }: AuditResult, versions: readonly AuditedVersion[]) {
  const all = versions.map(({ gitTag }, index) => {
    const own = services.flatMap(each => each.versions[index] ?? [])
    return { gitTag, stable: own.filter(({ state }) => state === 'stable') }
  })
  const newest = all.find(({ stable }) => stable.length > 0)
  const complete = all.find(({ stable }) => stable.length === services.length)
  const said = [...new Set([newest, complete])].flatMap(version => {
    if (version === undefined) return []
    const told = version.stable.map(({ stableTags }) => decisionsOn(stableTags))
    const notes = told.every(each => each.length > 0) ? told.flat() : []
    const actors = [...new Set(notes.flatMap(({ actor }) => actor ?? []))]
    const since = notes.length > 0 ? ` since ${dayOf(notes)}` : ''
    const by = actors.length > 0 ? `, by ${actors.map(quoteName).join(', ')}` : ''
    return `${version.gitTag} is stable for ${version.stable.length} of ${counted(services.length, 'service')}${since}${by}`
  })
  return said.join('; ') || 'No version is known to be stable'
}

function verdictOf(result: AuditResult, findings: number, unjudged: number): Verdict {
  const isIncomplete = findingsIn(result).some(({ finding }) => finding.kind === 'promotion-incomplete')
  const said = [
    findings > 0 && counted(findings, 'finding'),
    unjudged > 0 && `${unjudged} of ${counted(result.services.length, 'service')} not judged, or not in full`,
    isIncomplete && 'a promotion is incomplete',
  ].filter(part => part !== false)
  const otherwise = isIncomplete ? 'waiting' : 'stable'
  return {
    state: findings + unjudged > 0 ? 'wrong' : otherwise,
    said: said.join(', ') || 'all as the policy has it',
  }
}

interface Verdict {
  readonly state: AuditedVersion['state']
  readonly said: string
}

export interface Cell extends Verdict {
  readonly isUsed: boolean
}

function cellOf(version: AuditedVersion | undefined, uses: readonly AuditedUse[]): Cell {
  const isUsed = uses.length > 0
  if (version === undefined) return { state: 'unread', said: 'unread', isUsed }
  const { state, stableTags } = version
  const findings = [...version.findings, ...uses.flatMap(({ finding }) => finding ?? [])]
  const [first, ...others] = new Set(findings.filter(({ wrong }) => wrong).map(inShort))
  // The table must stay narrow.
  if (first !== undefined)
    return { state: 'wrong', said: `${first}${others.length === 0 ? '' : ` (+${others.length})`}`, isUsed }
  const since = state === 'stable' ? dayOf(decisionsOn(stableTags)) : undefined
  return { state, said: since === undefined ? state : `stable since ${since}`, isUsed }
}

function cellText({ state, said, isUsed }: Cell) {
  if (state === 'unread') return '✗ ?'
  const used = isUsed && !said.startsWith('used') ? ', used' : ''
  if (state === 'absent') return `-${used}`
  return `${state === 'wrong' ? '✗ ' : ''}${said}${used}`
}

function inShort({ kind, tag, isAhead = false }: Finding) {
  if (kind.startsWith('used-')) return kind.replaceAll('-', ' ')
  const [about = '', state = ''] = kind.split('-')
  return `${about === 'stable' || about === 'version' ? about : tag} ${isAhead ? 'ahead' : state}`
}

/** Records of the fixed stable tags, or of moving ones if there are no others; none if it is not known since when. */
function decisionsOn(stableTags: AuditedVersion['stableTags']) {
  const fixed = stableTags.filter(({ moving }) => !moving)
  const deciding = fixed.length > 0 ? fixed : stableTags
  // Who found a tag there does not know since when.
  const notes = deciding.flatMap(({ record }) => (record?.written === true ? [record] : []))
  return notes.length === deciding.length ? notes : []
}

function dayOf(notes: readonly PromotionNote[]) {
  return notes
    .map(({ time }) => time.slice(0, 10))
    .toSorted()
    .at(-1)
}

/** Each finding once for all services that have it. */
function findingList(result: AuditResult, wrong: boolean): Item[] {
  const isOne = ({ kind, ...finding }: Finding) => finding.wrong === wrong && !kind.startsWith('used-')
  const findings = findingsIn(result).filter(({ finding }) => isOne(finding))
  return [...groupBy(findings, ({ finding: { what, remedy } }) => what + remedy).values()].map(all => {
    const services = all.map(({ service, finding: { digest, wanted } }) => {
      const digests = wanted === undefined ? digest : `${digest}, not ${wanted}`
      return digests === undefined ? service : `${service} (${withShortDigests(digests)})`
    })
    const { what = '', remedy } = all[0]?.finding ?? {}
    return { parts: [{ said: what }], services: services.join(', '), remedy }
  })
}

const FIRST_PLACES = 2

/** A line for each kind of findings about what is used. */
function useList({ services }: AuditResult, wrong: boolean): Item[] {
  const all = services.flatMap(({ service, used = [] }) =>
    used.flatMap(({ finding, at }) => (finding?.wrong === wrong ? { ...finding, service, at } : [])),
  )
  return [...groupBy(all, ({ kind }) => kind)].map(([kind, uses]) => {
    const said = [...groupBy(uses, ({ what }) => what)].map(([what, some]) => {
      const of = some.map(({ service, at }) => {
        const more = at.length > FIRST_PLACES ? ` and ${at.length - FIRST_PLACES} more` : ''
        return `${service} (${at.slice(0, FIRST_PLACES).join(', ')}${more})`
      })
      return `${withShortDigests(what)}: ${of.join(', ')}`
    })
    const places = counted(uses.flatMap(({ at }) => at).length, 'place')
    const title = kind.replace('-', ', ').replaceAll('-', ' ').replace('u', 'U')
    return { parts: [{ said: `${title}, at ${places}: ${said.join('; ')}` }], remedy: uses[0]?.remedy }
  })
}

/** One of each service that has any. */
function problemsOf({ services }: AuditResult) {
  return services.flatMap(({ service, problem, versions, used = [] }) => {
    if (problem !== undefined) return [{ service, what: `${problem}.` }]
    const unread = versions.filter(version => version.problem !== undefined)
    // A used tag of a version is told with it.
    const uses = used.flatMap(({ tag = '', problem }) => (problem ? { problem, gitTag: tag } : []))
    const [first, ...others] = unread.length > 0 ? unread : uses
    if (first === undefined) return []
    const more = others.length === 0 ? '' : ` and ${counted(others.length, 'more version')}`
    return [{ service, what: `${first.problem} (${first.gitTag}${more}).` }]
  })
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
