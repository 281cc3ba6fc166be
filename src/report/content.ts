import { type AuditedVersion, type AuditResult, findingsIn } from '../commands/audit-result.ts'
import { allTagsOf, nameOf, type Result, type TagEntry, writesRegistry } from '../commands/ledger.ts'
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
  const all = services.flatMap(service => [service, ...service.mirrors])
  const columns = all.map(entry => entry.tags.map(tag => describeOutcome(tag, command)))
  const tags = services[0]?.tags.map(({ tag }) => tag) ?? []
  if (services.length === 1) {
    const names = all.length === 1 ? ['outcome'] : all.map(({ image }) => image)
    const rows = tags.map((tag, index) => [tag, ...columns.map(column => column[index] ?? '')])
    return { rows: [['tag', ...names], ...rows], lists }
  }
  const rows = all.map((entry, index) => [nameOf(entry), ...(columns[index] ?? [])])
  return { rows: [['service', ...tags], ...rows], lists }
}

function describeOutcome({ outcome, note, replaced }: TagEntry, command: Result['command']) {
  const more = [meaningOf(outcome, command), note, replaced && `replaces ${replaced}`].filter(Boolean)
  return more.length === 0 ? outcome : `${outcome}: ${more.join(', ')}`
}

function auditContent(result: AuditResult) {
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

function cellOf(version: AuditedVersion | undefined) {
  if (version === undefined || version.state === 'unread') return '✗ ?'
  const { state, findings, stableTags } = version
  const [first, ...others] = new Set(findings.filter(({ wrong }) => wrong).map(inShort))
  // The table must stay narrow.
  if (first !== undefined) return `✗ ${first}${others.length === 0 ? '' : ` (+${others.length})`}`
  if (state === 'absent') return '-'
  const since = state === 'stable' ? stableSince(stableTags) : undefined
  return since === undefined ? state : `stable since ${since}`
}

function inShort({ kind, tag, isAhead = false }: Finding) {
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
  const findings = findingsIn(result).filter(({ finding }) => finding.wrong === wrong)
  return [...groupBy(findings, ({ finding: { what, remedy } }) => what + remedy).values()].map(all => {
    const services = all.map(({ service, finding: { digest, wanted } }) => {
      const digests = wanted === undefined ? digest : `${digest}, not ${wanted}`
      return digests === undefined ? service : `${service} (${withShortDigests(digests)})`
    })
    return `${all[0]?.finding.what}: ${services.join(', ')}. ${all[0]?.finding.remedy}`
  })
}

function problemsOf({ services }: AuditResult) {
  const problems = services.flatMap(({ service, problem, versions }) => {
    if (problem !== undefined) return [{ service, what: `${problem}.` }]
    const [first, ...others] = versions.filter(version => version.problem !== undefined)
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
