import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { marked } from 'marked'
import { expect, test } from 'vitest'
import type { Ledger } from '../../src/commands/ledger.ts'
import { ReleaseError } from '../../src/errors.ts'
import { AWAITS_PROMOTION } from '../../src/reconcile/state.ts'
import { summaryOf, writeSummary } from '../../src/report/summary.ts'
import { Secrets } from '../../src/secrets.ts'
import { oneLine } from '../../src/text.ts'
import { DENIED, DIGEST, IMAGE, ledgerOf, OTHER, PROJECT, resultOf, serviceOf } from './known.ts'

const summary = (result: Ledger['result'], error?: unknown): string => summaryOf(ledgerOf(result), error)

const released = serviceOf('reqmgr2', 'built, copied', { digest: DIGEST })
/** A service of a train, whose stable tag waits. */
const waitingOf = (name: string, digest: typeof DIGEST | typeof OTHER) => {
  const service = serviceOf(name, 'kept, withheld', { digest })
  Object.assign(service.tags[1] ?? {}, { note: AWAITS_PROMOTION })
  return service
}
const replaced = serviceOf('reqmgr2', 'built, copied', { digest: DIGEST })
Object.assign(replaced.tags[0] ?? {}, { replaced: OTHER })
const several = resultOf('promote', released, serviceOf('reqmon', 'kept, kept', { digest: OTHER }))

test('the reason, every tag of each service, the way to pull it, the stages', () => {
  const ledger = ledgerOf(several)
  ledger.stages.push({ name: 'Read the registry', took: 312, conclusion: '2.3.4 is ready' })
  const rows = '| --- | --- | --- |\n| reqmgr2 | built | copied |\n| reqmon | kept | kept |'
  expect(summaryOf(ledger, undefined).split('\n\n')).toEqual([
    '### ✅ promote of 2 services 2.3.4',
    'It is by final.',
    `| service | 2.3.4 | 2.3.4-stable |\n${rows}`,
    `\`\`\`sh\ndocker pull ${IMAGE}@${DIGEST}\ndocker pull ${PROJECT}/reqmon@${OTHER}\n\`\`\``,
    '<details><summary>Stages, 312 ms in all</summary>',
    '| stage | duration | result |\n| --- | --- | --- |\n| Read the registry | 312 ms | 2.3.4 is ready |',
    ...['</details>', ''],
  ])
})

test.each<[heading: string, known: Ledger['result'], error?: unknown]>([
  ['✅ release of reqmgr2 2.3.4', resultOf('release', released)],
  ['✅ push of reqmgr2 2.3.4: nothing to do', resultOf('push', 'kept, latest stayed')],
  ['⚠️ push of reqmgr2 2.3.4: stable tags are withheld', resultOf('push', 'kept, withheld')],
  [
    '✅ release of reqmgr2 2.3.4: 2.3.4-stable waits for its promotion',
    resultOf('release', waitingOf('reqmgr2', DIGEST)),
  ],
  [
    '⚠️ verify of 3 services 2.3.4: promotion is incomplete: reqmon, msoutput wait',
    resultOf(
      'verify',
      serviceOf('a', 'kept, kept'),
      waitingOf('reqmon', DIGEST),
      waitingOf('msoutput', OTHER),
    ),
  ],
  [
    '✅ verify of 2 services 2.3.4: 2.3.4-stable waits for its promotion',
    resultOf('verify', waitingOf('reqmon', DIGEST), waitingOf('msoutput', OTHER)),
  ],
  ['⚠️ release of reqmgr2 2.3.4: a published version was overwritten', resultOf('release', replaced)],
  ['❌ promote of 2 services 2.3.4: The registry refused access', several, DENIED],
  ['❌ The registry refused access', undefined, DENIED],
])('the heading: %s', (heading, known, error) => {
  expect(summary(known, error).split('\n')[0]).toBe(`### ${heading}`)
})

test('a failure: first what is written, then what failed and the remedy, then what is known', () => {
  const text = summary(
    resultOf('release', serviceOf('reqmgr2', 'built, planned', { digest: DIGEST })),
    DENIED,
  )
  const parts = [
    `**Published: ${IMAGE}:2.3.4. Not written: ${IMAGE}:2.3.4-stable.**`,
    '([`registry-denied`](https://github.com/dmwm/stable-release-action/blob/HEAD/docs/troubleshooting.md#registry-denied))',
    '```text\nIt was refused.\n```',
    'Ask for it.',
    'It is by final.',
    '| 2.3.4 | built |\n| 2.3.4-stable | planned: not written |',
  ]
  expect(parts.reduce((rest, part) => rest.split(part)[1] ?? '', text)).toBe('\n\n')
})

test('what waits is promoted by its digest, together with all other services', () => {
  const inputs = (...given: Parameters<typeof resultOf>): string | undefined =>
    /with `command: promote`; of this run:\n\n```text\n([^`]*)```/.exec(summary(resultOf(...given)))?.[1]
  const waiting = waitingOf('reqmgr2', DIGEST)
  const other = waitingOf('reqmon', OTHER)
  const services = `reqmgr2@${DIGEST}\nreqmon@${OTHER}\n`
  expect(inputs('verify', waiting, other, serviceOf('a', 'kept, kept'))).toBe(services)
  expect(summary(resultOf('release', 'kept, withheld'))).not.toContain('promote')
  expect(inputs('plan', serviceOf('reqmgr2', 'planned, withheld'))).toBeUndefined()
})

test('warnings stand in it, each in one line, and so do remedies of several services', () => {
  const ledger = ledgerOf(resultOf('release', released))
  ledger.warnings.push({ title: 'Files changed', message: 'Dockerfile\nLook.' })
  expect(summaryOf(ledger, undefined)).toContain('\n\n**Warnings.**\n\n- Files changed: Dockerfile Look.\n\n')
  expect(summaryOf(ledger, undefined)).toMatch(/^### ⚠️/)
  const remedy = '- reqmgr2: Look.\n- reqmon: Wait.'
  const failed = summary(several, new ReleaseError('not-ready', { what: 'x\n', remedy }))
  expect(failed).toContain(`**What to do.**\n\n${remedy}\n\n`)
})

test('text from outside is shown, and is neither Markdown nor HTML nor a command', () => {
  const evil = '<img>](https://evil.example) **b** `c` | d\r::error::e\n```\n# f ##[error]&lt; ~~g~~ <!--'
  const shown = oneLine(evil).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const result = resultOf('release', serviceOf('reqmgr2', 'stayed, withheld', { digest: DIGEST }))
  Object.assign(result.services[0]?.tags[0] ?? {}, { note: evil, tag: evil })
  const ledger = ledgerOf({ ...result, reason: evil, gitTag: evil })
  ledger.stages.push({ name: evil, took: 0, conclusion: evil })
  ledger.warnings.push({ title: evil, message: oneLine(evil) })
  const known = new ReleaseError('not-ready', { what: evil, remedy: oneLine(evil) })
  for (const error of [undefined, known, new Error(evil)]) {
    const text = summaryOf(ledger, error, evil)
    expect(text).not.toMatch(/##\[|\r|^\s*::/m)
    // Shown whole in all places; an address may be a link that leads where it says.
    const html = marked.parse(text, { async: false }).replace(/<a href="([^"]+)">\1<\/a>/g, '$1')
    expect(html.split(shown).length - 1).toBe(error === undefined ? 8 : 9)
  }
})

test('it is added to the file of the job, without secrets; the service is named if it is a name', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'summary-')), 'summary')
  const secrets = new Secrets()
  secrets.add('was refused')
  const write = (env: NodeJS.ProcessEnv): void => writeSummary(ledgerOf(undefined), DENIED, { env, secrets })
  write({ GITHUB_STEP_SUMMARY: file, INPUT_SERVICE: ' reqmgr2 ' })
  write({ GITHUB_STEP_SUMMARY: file, INPUT_SERVICE: 'Pasted/Secret' })
  for (const env of [{}, { GITHUB_STEP_SUMMARY: '/nowhere/at/all' }]) expect(() => write(env)).not.toThrow()
  const text = readFileSync(file, 'utf8')
  expect(text.match(/^### .*/gm)).toEqual([`### ❌ reqmgr2: ${DENIED.title}`, `### ❌ ${DENIED.title}`])
  expect(text).toContain('It ***.')
  expect(text).not.toContain('was refused')
})
