import {
  type AuditedUse,
  type AuditedVersion,
  type AuditResult,
  findingsIn,
} from '../commands/audit-result.ts'
import { allTagsOf, type Result, type TagEntry, writesRegistry } from '../commands/ledger.ts'
import { groupBy } from '../group-by.ts'
import type { Finding } from '../reconcile/audit-findings.ts'
import { BY_HAND, type PromotionNote } from '../registry/promotion-record.ts'
import { saidOfServices } from '../service-errors.ts'
import { counted, withShortDigests } from '../text.ts'
import { meaningOf } from './state.ts'

/** What the summary and the log show of a result: a table, and below it lists. */
export function contentOf(result: Result | AuditResult) {
  const { rows, lists } = result.command === 'audit' ? auditContent(result) : tagsContent(result)
  return { rows, lists: lists.filter(({ items }) => items.length > 0) }
}

function tagsContent(result: Result) {
  const { command, services } = result
  const lists = [recordList(services)]
  // A run that failed before it wrote anything need not know what is there.
  const isUntouched = allTagsOf(result).every(({ outcome }) => outcome === 'planned')
  if (isUntouched && writesRegistry(command)) return { rows: [], lists }
  const tags = services[0]?.tags ?? []
  if (services.length === 1)
    return { rows: [['tag', 'outcome'], ...tags.map(tag => [tag.tag, describeOutcome(tag, command)])], lists }
  const rows = services.map(each => [each.service, ...each.tags.map(tag => describeOutcome(tag, command))])
  return { rows: [['service', ...tags.map(({ tag }) => tag)], ...rows], lists }
}

function describeOutcome({ outcome, note, replaced }: TagEntry, command: Result['command']) {
  const more = [meaningOf(outcome, command), note, replaced && `replaces ${replaced}`].filter(Boolean)
  return more.length === 0 ? outcome : `${outcome}: ${more.join(', ')}`
}

function auditContent(result: AuditResult) {
  const { services } = result
  const { versions = [] } = services.find(each => each.versions.length > 0) ?? {}
  const rows = versions.map(({ gitTag }, index) => {
    const isOf = ({ gitTags }: AuditedUse) => gitTags.includes(gitTag)
    const cells = services.map(({ versions, used = [] }) => cellOf(versions[index], used.filter(isOf)))
    return [gitTag, ...cells]
  })
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
      { title: 'Not as the policy has it', items: [...findingList(result, true), ...useList(result, true)] },
      recordList(records),
      {
        title: 'Good to know',
        items: [...findingList(result, false), ...useList(result, false), ...remarksOf(result)],
      },
    ],
  }
}

function cellOf(version: AuditedVersion | undefined, uses: readonly AuditedUse[]) {
  if (version === undefined || version.state === 'unread') return '✗ ?'
  const { state, stableTags } = version
  const findings = [...version.findings, ...uses.flatMap(({ finding }) => finding ?? [])]
  const [first, ...others] = new Set(findings.filter(({ wrong }) => wrong).map(inShort))
  const used = uses.length === 0 || first?.startsWith('used') ? '' : ', used'
  // The table must stay narrow.
  if (first !== undefined) return `✗ ${first}${others.length === 0 ? '' : ` (+${others.length})`}${used}`
  const since = state === 'stable' ? stableSince(stableTags) : undefined
  return `${state === 'absent' ? '-' : state}${since === undefined ? '' : ` since ${since}`}${used}`
}

function inShort({ kind, tag, isAhead = false }: Finding) {
  if (kind.startsWith('used-')) return kind.replaceAll('-', ' ')
  const [about = '', state = ''] = kind.split('-')
  return `${about === 'stable' || about === 'version' ? about : tag} ${isAhead ? 'ahead' : state}`
}

/** By fixed stable tags, or by moving ones if there are no others. */
function stableSince(stableTags: AuditedVersion['stableTags']) {
  const fixed = stableTags.filter(({ moving }) => !moving)
  const deciding = fixed.length > 0 ? fixed : stableTags
  // Who found a tag there does not know since when.
  const days = deciding.flatMap(({ record }) => (record?.written === true ? record.time.slice(0, 10) : []))
  return days.length === deciding.length ? days.toSorted().at(-1) : undefined
}

/** Each finding once for all services that have it. */
function findingList(result: AuditResult, wrong: boolean) {
  const isOne = ({ kind, ...finding }: Finding) => finding.wrong === wrong && !kind.startsWith('used-')
  const findings = findingsIn(result).filter(({ finding }) => isOne(finding))
  return [...groupBy(findings, ({ finding: { what, remedy } }) => what + remedy).values()].map(all => {
    const services = all.map(({ service, finding: { digest, wanted } }) => {
      const digests = wanted === undefined ? digest : `${digest}, not ${wanted}`
      return digests === undefined ? service : `${service} (${withShortDigests(digests)})`
    })
    return `${all[0]?.finding.what}: ${services.join(', ')}. ${all[0]?.finding.remedy}`
  })
}

const FIRST_PLACES = 2

/** A line for each kind of findings about what is used. */
function useList({ services }: AuditResult, wrong: boolean) {
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
    return `${title}, at ${places}: ${said.join('; ')}. ${uses[0]?.remedy}`
  })
}

function problemsOf({ services }: AuditResult) {
  const problems = services.flatMap(({ service, problem, versions, used = [] }) => {
    if (problem !== undefined) return [{ service, what: `${problem}.` }]
    const unread = versions.filter(version => version.problem !== undefined)
    // A used tag of a version is told with it.
    const uses = used.flatMap(({ tag = '', problem }) => (problem ? { problem, gitTag: tag } : []))
    const [first, ...others] = unread.length > 0 ? unread : uses
    if (first === undefined) return []
    const more = others.length === 0 ? '' : ` and ${counted(others.length, 'more version')}`
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
  const unshown = services.flatMap(({ service, recordsProblem: what }) =>
    what === undefined ? [] : [{ service, what }],
  )
  return [
    others.length > 0 && `Tags of no version, by the policy: ${others.join('; ')}.`,
    older.length > 0 && `Older than ${from}, and not judged: ${older.join(', ')}.`,
    ...saidOfServices(unshown).map(said => `Not all records are shown of ${said}`),
    records === 'unsupported' && 'No records are shown: the registry has no referrers API.',
  ].filter(line => line !== false)
}

/** What the records tell, the newest first, each once for all services that have it. */
function recordList(told: readonly { service: string; records?: readonly PromotionNote[] }[]) {
  const all = told.flatMap(({ service, records = [] }) => records.map(note => ({ service, note })))
  const newest = all.toSorted((a, b) => b.note.time.localeCompare(a.note.time))
  const items = [...groupBy(newest, ({ note }) => describeRecord(note))].map(([line, of]) =>
    told.length === 1 ? line : `${line}: ${of.map(({ service }) => service).join(', ')}`,
  )
  return { title: 'By records, which are not signed', items }
}

function describeRecord(note: PromotionNote) {
  const { destination, time, written, actor, run, environment, checks } = note
  const tag = destination.slice(destination.lastIndexOf(':') + 1)
  const isNamed = environment !== undefined && !NO_PLACE.includes(environment)
  return [
    `${tag} since ${time.slice(0, 16).replace('T', ' ')}${written ? '' : ' or before'}`,
    actor !== undefined && `${written ? 'by' : 'found there by'} ${quoteName(actor)}`,
    environment === BY_HAND && environment,
    isNamed && `for ${quoteName(environment)}`,
    ...checks.map(({ name, state, url }) => {
      const how = state === 'success' ? 'passed' : quoteName(state)
      return `${quoteName(name)} ${how}${url === undefined ? '' : ` (${url})`}`
    }),
    run !== undefined && `run (${run})`,
  ]
    .filter(part => part !== false)
    .join(', ')
}

/** What is no environment that somebody approves. */
const NO_PLACE: readonly string[] = ['github-hosted', 'self-hosted', BY_HAND]

/** A name from outside must not read like more of the sentence. */
function quoteName(name: string) {
  return /[,"]/.test(name) ? `"${name.replaceAll('"', "'")}"` : name
}
