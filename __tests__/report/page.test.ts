import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AuditResult, AuditedVersion as Version } from '../../src/commands/audit-result.ts'
import type { AuditRequest } from '../../src/commands/request.ts'
import type { RecordedRun } from '../../src/registry/promotion-record.ts'
import { pageOf } from '../../src/report/page.ts'
import { withPage } from '../../src/report/write-page.ts'
import { Secrets } from '../../src/secrets.ts'
import { requestWith, runIn } from '../inputs/order.ts'
import { auditOf, finding, service, stable, version } from './audited.ts'
import { DENIED, ledgerOf } from './known.ts'

const by: RecordedRun = { actor: 'amaltaro', run: 'https://ci.example/1', environment: undefined }
const page = (result: AuditResult | undefined, error?: unknown, run = by): string =>
  pageOf(ledgerOf(result), error, { at: new Date('2026-11-27T17:02:11Z'), by: run })
const all = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), ([, is = '']) => is)

const since = (gitTag: string, day: string): Version =>
  version(gitTag, 'stable', {
    stableTags: [stable(`${gitTag}-stable`, { time: `2026-11-${day}T00:00:00Z` })],
  })
const wrong = version('2.4.6', 'wrong', { findings: [finding('stable-missing', '2.4.6-stable')] })

test('without a result, it says what failed', () => {
  const text = page(undefined, DENIED)
  expect(text).toContain('<h1>❌ The registry refused access</h1>')
  expect(text).toMatch(/<p>It was refused\. Ask for it\.\nSee <a href="(https:[^"]*)">\1<\/a><\/p>/)
  expect(text).not.toContain('<table')
})

test('states in words and classes, findings with remedies, when and by which run; older versions are folded', () => {
  const older = Array.from({ length: 20 }, (_, index) => since(`2.4.5.${20 - index}`, '20'))
  const own = [wrong, version('2.4.6rc1', 'absent'), ...older]
  const text = page(auditOf(service('reqmgr2', own)), DENIED)
  expect(text).toContain('<title>❌ audit of reqmgr2: The registry refused access</title>')
  expect(text).toContain(
    '<tr><th>2.4.6<td class="wrong">✗ stable missing\n<tr><th>2.4.6rc1<td class="absent">absent\n',
  )
  expect(text).toContain('<h2>2.4.5.20 is stable for 1 of 1 service since 2026-11-20</h2>')
  expect(text).toContain('<li>2.4.6-stable is what it is: reqmgr2. Fix it.')
  expect(text).toContain('Made 2026-11-27 17:02 UTC by amaltaro (<a href="https://ci.example/1">')
  const [open = '', folded = ''] = text.split('<details><summary>10 older versions, all as the policy has it')
  for (const part of [open, folded]) expect(part).toContain('<thead><tr><th>version<th>reqmgr2')
  expect(all(open, /<tr><th>([^<]*)<td/g)).toHaveLength(12)
  expect(all(folded, /<tr><th>([^<]*)<td/g)).toHaveLength(10)
})

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='y'>\u202egnp&amp;`

describe('names, texts and addresses of others', () => {
  const record = { actor: HOSTILE, environment: HOSTILE, run: 'javascript:alert(1)' }
  const checks = [
    { name: HOSTILE, state: 'success', url: 'https://x.example/?a="><script>' },
    { name: 'b', state: HOSTILE, url: 'data:text/html,x' },
  ]
  const tag = { ...stable(HOSTILE, { ...record, checks }), tag: HOSTILE }
  const versions = [
    version(HOSTILE, 'stable', { stableTags: [tag] }),
    version('2', 'wrong', { findings: [finding('copy-missing', HOSTILE, { remedy: HOSTILE })] }),
    version('1', 'unread', { problem: HOSTILE }),
  ]
  const more = { otherTags: 1, otherTagsSuchAs: [HOSTILE], recordsProblem: HOSTILE, olderVersions: 1 }
  const result = { ...auditOf(service(HOSTILE, versions, { image: HOSTILE, ...more })), from: HOSTILE }
  const text = page(result, DENIED, { ...by, ...record })
  const [, body = ''] = text.split('</style>')

  test('are text, one escaped line each; only web addresses are links', () => {
    const known = 'a details div h1 h2 li p summary table tbody td th thead tr ul'
    for (const name of all(body, /<\/?([^\s>]*)/g)) expect(known.split(' ')).toContain(name)
    const attributes = new Set(all(body.replace(/="[^"]*"/g, '='), /<[^>]*? ([^>]*)>/g))
    expect([...attributes].toSorted()).toEqual(['class=', 'href='])
    expect(text).not.toMatch(/[\p{Cf}\p{Zl}]/u)
    expect(body).toContain('\\u202e')
    const links = all(body, /href="([^"]*)"/g)
    expect(links.filter(link => link.startsWith('https://'))).toEqual(links)
    expect(links).toContain('https://x.example/?a=&#34;&#62;&#60;script&#62;')
  })

  test('nothing is loaded, and nothing runs', () => {
    expect(text.replaceAll(/<a href="[^"]*">[^<]*/g, '')).not.toMatch(
      /https?:|url\(|@import|<link|<base|<script/,
    )
    const policy = `default-src 'none'; style-src 'unsafe-inline'`
    expect(all(text, /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/g)).toEqual([policy])
  })
})

test('11 services of 268 versions, each with long records or findings, are less than 1 MB', () => {
  const versions = (name: string) =>
    Array.from({ length: 268 }, (_, index) => {
      const gitTag = `2.4.${index}`
      const more = { run: `https://ci.example/${index}`, actor: `${name} ${'"'.repeat(300)}` }
      const what = `${gitTag} of ${name} is lost`
      const findings = [0, 1].map(each =>
        finding('image-lost', `${each}`, { what: `${what} ${'>'.repeat(200)}` }),
      )
      return version(gitTag, 'wrong', { findings, inDoubt: [stable(`${gitTag}-stable`, more)] })
    })
  const services = Array.from({ length: 11 }, (_, index) => `wmglobalqueue-${index}`)
  const text = page(auditOf(...services.map(name => service(name, versions(name)))))
  expect(Buffer.byteLength(text)).toBeLessThan(1_000_000)
  expect(all(text, /<tr>(<th>)[^<]*<td/g)).toHaveLength(268)
  expect(text).toMatch(/<li>[0-9]+ more: see the log, or the output json\./)
})

describe('the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'))
  const said: string[] = []
  const write = (file: string, error?: Error) => {
    mkdirSync(join(folder, 'taken.html/x'), { recursive: true })
    const { request } = requestWith({ command: 'audit' }, runIn(folder))
    const log = { info: () => {}, warning: (title: string, text: string) => said.push(`${title}: ${text}`) }
    const secrets = new Secrets()
    secrets.add('amaltaro')
    const parts = { ledger: ledgerOf(auditOf()), secrets, log, signal: new AbortController().signal }
    const asked = { ...(request as AuditRequest), page: { file: join(folder, file), madeBy: by } }
    return withPage(asked, parts as never, () => (error ? Promise.reject(error) : Promise.resolve()))
  }

  test('is written green and red, without secrets', async () => {
    await write('a.html')
    expect(readFileSync(join(folder, 'a.html'), 'utf8')).toMatch(/ by \*\*\* \(/)
    await expect(write('a.html', DENIED)).rejects.toBe(DENIED)
    expect(readFileSync(join(folder, 'a.html'), 'utf8')).toContain('registry-denied')
  })

  test('that can not be written is an error, beside another one a warning', async () => {
    await expect(write('taken.html')).rejects.toThrow(/taken\.html/)
    expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([])
    await expect(write('gone/a.html', DENIED)).rejects.toBe(DENIED)
    expect(said).toEqual([expect.stringMatching(/^The page was not written: ENOENT/)])
  })

  test('takes the place of a link', async () => {
    writeFileSync(join(folder, 'other'), 'kept')
    symlinkSync(join(folder, 'other'), join(folder, 'link.html'))
    await write('link.html')
    expect(readFileSync(join(folder, 'link.html'), 'utf8')).toContain('<h1>')
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('kept')
  })
})
