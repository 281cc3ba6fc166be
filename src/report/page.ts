import { createHash } from 'node:crypto'
import type { AuditResult } from '../commands/audit-result.ts'
import type { Ledger } from '../commands/ledger.ts'
import type { RecordedRun } from '../registry/promotion-record.ts'
import { counted } from '../text.ts'
import { VERSION } from '../version.ts'
import { auditContent, type Cell } from './audit-content.ts'
import { failureOf } from './failure.ts'
import { fitting } from './fitting.ts'
import { html } from './html.ts'
import type { Item } from './lists.ts'
import { pageStyle } from './page-style.ts'

export interface Made {
  readonly at: Date
  readonly by: RecordedRun
}

/** A page about an audit, which needs no other file and runs nothing. */
export function pageOf(result: Ledger['result'], error: unknown, made: Made): string {
  const audited = result?.command === 'audit' ? result : undefined
  const content = audited && auditContent(audited)
  const headline = content?.headline ?? 'What is stable could not be read'
  const verdict = content?.verdict ?? { state: 'wrong', said: failureOf(error).title }
  const style = pageStyle(audited?.services.length ?? 0)
  const hash = createHash('sha256').update(style).digest('base64')
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${headline}; ${verdict.said}</title>
<style>${{ text: style }}</style>
</head>
<body>
<h1>${headline}</h1>
<p class="verdict ${verdict.state}">${verdict.said}</p>
<p class="about">${aboutOf(audited, made)}</p>
${error === undefined ? [] : failureParagraph(error, content?.verdict.state !== 'wrong')}
${content?.wrong.map(sectionOf) ?? []}
${content === undefined ? [] : tableOf(content)}
${content?.others.map(sectionOf) ?? []}
</body>
</html>
`.text
}

/** `withFacts`: the lists do not have them. */
function failureParagraph(error: unknown, withFacts: boolean) {
  const { name, what, remedy, link } = failureOf(error)
  const lines = `${withFacts ? `${what}\n` : ''}${remedy}`.split('\n')
  return html`<p>${lines.map(line => html`${line}<br>`)}See ${linkTo(name, link)}.</p>`
}

function aboutOf(result: AuditResult | undefined, { at, by: { actor, run } }: Made) {
  const time = at.toISOString()
  const images = result?.services.map(({ image }) => image.slice(0, image.lastIndexOf('/'))) ?? []
  const projects = [...new Set(images)].join(', ')
  const since = result?.from === undefined ? '' : `, from ${result.from} on`
  const audit = projects === '' ? '' : `Audit of ${counted(images.length, 'service')} of ${projects}${since}.`
  const who = actor === undefined ? '' : ` by ${actor}`
  const where = run === undefined ? [] : html`, ${linkTo('run', run)}`
  return html`Made <time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time>${who}${where}, with stable-release-action ${VERSION}. ${audit}`
}

const OPEN_ITEMS = 5

function sectionOf({ title, items }: { title: string; items: readonly Item[] }) {
  if (items.length === 0) return html``
  const { shown, rest } = fitting(items.map(item => itemOf(item).text))
  const [first, folded] = [shown.slice(0, OPEN_ITEMS), shown.slice(OPEN_ITEMS)]
  const more = html`<details><summary>${String(folded.length)} more</summary>${listOf(folded)}</details>`
  return html`<h2>${title}</h2>${listOf(first)}${folded.length === 0 ? [] : more}${rest.map(said => html`<p>${said}</p>`)}`
}

function listOf(items: readonly string[]) {
  return html`<ul>${items.map(text => ({ text }))}</ul>`
}

function itemOf({ parts, services, remedy }: Item) {
  const said = parts.map((part, index) => html`${index === 0 ? '' : ', '}${linkTo(part.said, part.address)}`)
  const of = services === undefined ? '' : `: ${services}`
  return remedy === undefined ? html`<li>${said}${of}</li>` : html`<li><b>${said}</b>${of}<br>${remedy}</li>`
}

/** A link only to what no browser runs. */
function linkTo(said: string, address: string | undefined) {
  const isWeb = address !== undefined && /^https?:\/\//.test(address)
  return isWeb ? html`<a href="${address}">${said}</a>` : html`${said}`
}

const OPEN_VERSIONS = 12

const MEANINGS: Readonly<Record<Cell['state'], string>> = {
  stable: 'stable',
  published: 'published: no stable tag is due',
  waiting: 'waits for its promotion',
  wrong: 'not as the policy has it',
  absent: 'absent, which is no fault',
  unread: 'could not be read',
}

type Content = ReturnType<typeof auditContent>

function tableOf({ head, rows }: Content) {
  if (rows.length === 0) return html``
  const key = Object.entries(MEANINGS).map(([state, said]) => html`<span class="${state}">${said}</span> `)
  const older = rows.slice(OPEN_VERSIONS)
  const wrong = older.filter(({ cells }) =>
    cells.some(({ state }) => state === 'wrong' || state === 'unread'),
  )
  const said = `${counted(older.length, 'older version')}, ${wrong.length === 0 ? 'all' : `${wrong.length} not`} as the policy has it`
  const folded = html`<details><summary>${said}</summary>${rowsOf(head, older)}</details>`
  return html`<p class="key">${key}</p>
<div class="table" role="region" aria-label="Versions of the services" tabindex="0">${rowsOf(head, rows.slice(0, OPEN_VERSIONS))}${older.length === 0 ? [] : folded}</div>`
}

function rowsOf(head: Content['head'], rows: Content['rows']) {
  const columns = head.map(name => html`<th scope="col">${name}</th>`)
  const lines = rows.map(({ gitTag, cells }) => {
    const states = cells.map(
      ({ state, said, isUsed }) => html`<td class="${state}">${said}${isUsed ? html` <b>used</b>` : []}</td>`,
    )
    return html`<tr><th scope="row">${gitTag}</th>${states}</tr>\n`
  })
  return html`<table><thead><tr>${columns}</tr></thead><tbody>${lines}</tbody></table>`
}
