import { dirname } from 'node:path'
import type { Ledger } from '../commands/ledger.ts'
import type { RecordedRun } from '../registry/promotion-record.ts'
import { counted, eachLine } from '../text.ts'
import { VERSION } from '../version.ts'
import { auditContent, NOT_READ } from './audit-content.ts'
import { failureText } from './failure.ts'
import { fitting } from './fitting.ts'
import { PAGE_STYLE } from './page-style.ts'
import { headingOf } from './summary.ts'

/** A page about an audit, which needs no other file and runs nothing. */
export function pageOf(
  ledger: Ledger,
  error: unknown,
  { at, by: { actor, run } }: { at: Date; by: RecordedRun },
): string {
  const { result } = ledger
  const { headline, head, rows, lists } = result?.command === 'audit' ? auditContent(result) : NOTHING
  const [newest, older] = [rows.slice(0, OPEN_VERSIONS), rows.slice(OPEN_VERSIONS)]
  const wrong = older.filter(({ cells }) => cells.some(({ state }) => state === 'wrong')).length
  const folded = `${counted(older.length, 'older version')}, ${wrong === 0 ? 'all' : `${wrong} not`} as the policy has it`
  const made = [
    `Made ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    actor === undefined ? '' : ` by ${actor}`,
    run === undefined ? '' : ` (${run})`,
    ` with stable-release-action ${VERSION}`,
    ...(result?.services ?? []).slice(0, 1).map(({ image }) => `, of ${dirname(image)}`),
  ]
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escaped(headingOf(ledger, error))}</title>
<style>${PAGE_STYLE}</style>
<h1>${escaped(headingOf(ledger, error))}</h1>
<h2>${escaped(headline)}</h2>
<p>${linked(made.join(''))}</p>
${error === undefined ? '' : `<p>${linked(failureText(error))}</p>`}
<div>
${newest.length === 0 ? '' : versionTable(head, newest)}
${older.length === 0 ? '' : `<details><summary>${folded}</summary>${versionTable(head, older)}</details>`}
</div>
${lists.map(({ title, items }) => `<h2>${title}</h2>\n<ul>${fitting(items.map(item => `<li>${linked(item)}`)).join('\n<li>')}</ul>`).join('\n')}
`
}

const OPEN_VERSIONS = 12

type Content = ReturnType<typeof auditContent>
const NOTHING: Content = { headline: NOT_READ, head: [], rows: [], lists: [] }

function versionTable(head: Content['head'], rows: Content['rows']) {
  const lines = rows.map(({ gitTag, cells }) => {
    const states = cells.map(({ state, said }) => `<td class="${state}">${escaped(said)}`)
    return `<tr><th>${escaped(gitTag)}${states.join('')}\n`
  })
  return `<table><thead><tr>${head.map(name => `<th>${escaped(name)}`).join('')}<tbody>${lines.join('')}</table>`
}

function linked(text: string) {
  return escaped(text).replace(/https?:\/\/[^\s)]*[^\s).,:]/g, '<a href="$&">$&</a>')
}

function escaped(text: string) {
  return eachLine(text).replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
