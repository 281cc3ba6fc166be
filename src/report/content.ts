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
  const { rows, lists } = result.command === 'audit' ? auditTexts(result) : tagsContent(result)
  const texts = lists.map(({ title, items }) => ({ title, items: items.map(textOf) }))
  return { rows, lists: texts.filter(({ items }) => items.length > 0) }
}

/** A line of a list. On a page, what has an address is a link. */
export interface Item {
  readonly parts: readonly { readonly said: string; readonly address?: string | undefined }[]
  readonly services?: string
  readonly remedy?: string | undefined
}

function textOf({ parts, services, remedy }: Item) {
  const said = parts.map(({ said, address }) => (address === undefined ? said : `${said} (${address})`))
  const of = services === undefined ? '' : `: ${services}`
  return `${said.join(', ')}${of}${remedy === undefined ? '' : `. ${remedy}`}`
}

function itemOf(said: string): Item {
  return { parts: [{ said }] }
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

function auditTexts(result: AuditResult) {
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
  const findings = findingList(result, true)
  return {
    headline: headlineOf(result, versions),
    verdict: verdictOf(result, findings.length, problems.length),
    head: ['version', ...services.map(({ service }) => service)],
    rows: versions.map(({ gitTag }, index) => ({
      gitTag,
      cells: services.map(each => cellOf(each.versions[index])),
    })),
    wrong: [
      { title: 'Not judged', items: saidOfServices(problems).map(itemOf) },
      { title: 'Not as the policy has it', items: findings },
    ],
    others: [
      recordList(records),
      { title: 'Good to know', items: [...findingList(result, false), ...remarksOf(result).map(itemOf)] },
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

function verdictOf(result: AuditResult, findings: number, unjudged: number): Cell {
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

export interface Cell {
  readonly state: AuditedVersion['state']
  readonly said: string
}

function cellOf(version: AuditedVersion | undefined): Cell {
  if (version === undefined) return { state: 'unread', said: 'unread' }
  const { state, findings, stableTags } = version
  const [first, ...others] = new Set(findings.filter(({ wrong }) => wrong).map(inShort))
  // The table must stay narrow.
  if (first !== undefined)
    return { state: 'wrong', said: `${first}${others.length === 0 ? '' : ` (+${others.length})`}` }
  const since = state === 'stable' ? dayOf(decisionsOn(stableTags)) : undefined
  return { state, said: since === undefined ? state : `stable since ${since}` }
}

function cellText({ state, said }: Cell) {
  if (state === 'unread') return '✗ ?'
  if (state === 'absent') return '-'
  return state === 'wrong' ? `✗ ${said}` : said
}

function inShort({ kind, tag, isAhead = false }: Finding) {
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
  const findings = findingsIn(result).filter(({ finding }) => finding.wrong === wrong)
  return [...groupBy(findings, ({ finding: { what, remedy } }) => what + remedy).values()].map(all => {
    const services = all.map(({ service, finding: { digest, wanted } }) => {
      const digests = wanted === undefined ? digest : `${digest}, not ${wanted}`
      return digests === undefined ? service : `${service} (${withShortDigests(digests)})`
    })
    const { what = '', remedy } = all[0]?.finding ?? {}
    return { parts: [{ said: what }], services: services.join(', '), remedy }
  })
}

/** One of each service that has any. */
function problemsOf({ services }: AuditResult) {
  return services.flatMap(({ service, problem, versions }) => {
    if (problem !== undefined) return [{ service, what: `${problem}.` }]
    const [first, ...others] = versions.filter(version => version.problem !== undefined)
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
  const items = [...groupBy(newest, ({ note }) => textOf({ parts: describeRecord(note) })).values()].map(
    of => {
      const parts = of[0] === undefined ? [] : describeRecord(of[0].note)
      const services = of.map(({ service }) => service).join(', ')
      return told.length === 1 ? { parts } : { parts, services }
    },
  )
  return { title: 'By records, which are not signed', items }
}

function describeRecord(note: PromotionNote): Item['parts'] {
  const { destination, time, written, actor, run, environment, checks } = note
  const tag = destination.slice(destination.lastIndexOf(':') + 1)
  const isNamed = environment !== undefined && !NO_PLACE.includes(environment)
  const said = [
    `${tag} since ${time.slice(0, 16).replace('T', ' ')}${written ? '' : ' or before'}`,
    actor !== undefined && `${written ? 'by' : 'found there by'} ${quoteName(actor)}`,
    environment === BY_HAND && environment,
    isNamed && `for ${quoteName(environment)}`,
  ]
  const passed = checks.map(({ name, state, url }) => {
    const how = state === 'success' ? 'passed' : quoteName(state)
    return { said: `${quoteName(name)} ${how}`, address: url }
  })
  return [
    ...said.flatMap(part => (part === false ? [] : { said: part })),
    ...passed,
    ...(run === undefined ? [] : [{ said: 'run', address: run }]),
  ]
}

/** What is no environment that somebody approves. */
const NO_PLACE: readonly string[] = ['github-hosted', 'self-hosted', BY_HAND]

/** A name from outside must not read like more of the sentence. */
function quoteName(name: string) {
  return /[,"]/.test(name) ? `"${name.replaceAll('"', "'")}"` : name
}
