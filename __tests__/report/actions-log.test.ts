import { beforeEach, expect, test } from 'vitest'
import { Ledger } from '../../src/commands/ledger.ts'
import { InterruptedError } from '../../src/interruption.ts'
import type { Log } from '../../src/log.ts'
import { actionsLog } from '../../src/report/actions-log.ts'
import { maskedLog } from '../../src/report/masked-log.ts'
import { Secrets } from '../../src/secrets.ts'
import { captureOutput, DENIED, DIGEST } from './known.ts'

const written = captureOutput()
let ledger: Ledger
let log: Log
beforeEach(() => {
  ledger = new Ledger()
  const inner = actionsLog(() => 0, ledger)
  log = maskedLog(inner, new Secrets())
})

const EVIL = 'x\r::error::a ##[error]b\n ::set-output name=tag::c\u2028\u001b[2Jd'
// The same in one line, and in two where a message of ours may have several.
const ONE = 'x\\u000d::error::a ##\\u005berror]b\\u000a ::set-output name=tag::c\\u2028\\u001b[2Jd'
const TWO = 'x\\u000d::error::a ##\\u005berror]b\n \\u003a:set-output name=tag::c\\u2028\\u001b[2Jd'
const DATA = TWO.replaceAll('\n', '%0A')

test.each<[what: string, use: () => void, lines: string]>([
  ['a line', () => log.info(EVIL), `${TWO}\n`],
  ['a warning', () => log.warning(EVIL, EVIL), `::warning title=${ONE.replaceAll(':', '%3A')}::${DATA}\n`],
  ['a notice', () => log.notice('Note', EVIL), `::notice title=Note::${DATA}\n`],
  ['debug', () => log.debug(EVIL), `::debug::${DATA}\n`],
])('the runner obeys nothing of %s', (_, use, lines) => {
  use()
  expect(written()).toBe(lines)
})

test('warnings are kept for the summary', () => {
  log.warning('Look', 'here')
  log.notice('Know', 'this')
  expect(ledger.warnings).toEqual([{ title: 'Look', message: 'here' }])
})

test('a stage that says something is a group, and every stage is kept with its conclusion', async () => {
  await log.stage(EVIL, async conclude => {
    log.info('something')
    conclude(`${EVIL} ${DIGEST}`)
  })
  await log.stage('Verify', async conclude => conclude('not all', 'failed'))
  const conclusion = `${ONE} sha256:abababababab…`
  const group = `::group::${ONE}\nsomething\n::endgroup::\n✓ ${ONE}: ${conclusion} (0 s)\n`
  expect(written()).toBe(`${group}✗ Verify: not all (0 s)\n`)
  expect(ledger.stages).toMatchObject([{ name: ONE, took: 0, conclusion }, { conclusion: 'not all' }])
})

test.each([
  [new InterruptedError('SIGINT'), 'interrupted'],
  [DENIED, 'failed with registry-denied: The registry refused access'],
  [new Error('x'), 'failed'],
])('a stage that ended by %s', async (error, conclusion) => {
  await expect(log.stage('Wait', () => Promise.reject(error))).rejects.toBe(error)
  expect([written(), ledger.stages[0]?.conclusion]).toEqual([`✗ Wait: ${conclusion} (0 s)\n`, conclusion])
})

test.each([
  ['a line', ['::error::one\n'], '::error::one\n'],
  ['half a line', ['one\n', 'two', ''], 'one\ntwo\n'],
  ['a carriage return', ['50 %\r'], '50 %\r\n'],
])('what a program prints is no command, and after %s the runner obeys again', async (_, chunks, shown) => {
  const failing = log.foreign(async () => {
    for (const chunk of chunks) log.raw(chunk)
    throw DENIED
  })
  await expect(failing).rejects.toBe(DENIED)
  const [, token = ''] = /^::stop-commands::([0-9a-f-]{36})\n/.exec(written()) ?? []
  expect(written()).toBe(`::stop-commands::${token}\n${shown}::${token}::\n`)
  await log.foreign(async () => {})
  expect(new Set(written().match(/stop-commands::.+/g)).size).toBe(2)
})
