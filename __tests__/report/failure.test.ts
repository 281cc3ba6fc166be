import { expect, test } from 'vitest'
import type { Result } from '../../src/commands/ledger.ts'
import { ReleaseError } from '../../src/errors.ts'
import { causeLines, failureText, reportFailure } from '../../src/report/failure.ts'
import { describeState } from '../../src/report/state.ts'
import { Secrets } from '../../src/secrets.ts'
import { captureOutput, DENIED, IMAGE, ledgerOf, OTHER, resultOf, serviceOf } from './known.ts'

const LINK = 'https://github.com/dmwm/stable-release-action/blob/HEAD/docs/troubleshooting.md'
const NOTHING = 'Nothing was written.'
const written = captureOutput()

test.each<[command: Result['command'], outcomes: string, says: string]>([
  ['release', 'planned, planned', NOTHING],
  ['release', 'kept, withheld, stayed', NOTHING],
  ['release', 'kept, copied', 'Published: STABLE.'],
  ['release', 'built, planned', 'Published: FIRST. Not written: STABLE.'],
  ['promote', 'kept, unclear', 'May have been written: STABLE.'],
  ['push', 'pushed, planned', 'In the registry now, not read back: FIRST. Not written: STABLE.'],
  ['release', 'built, different', 'Published: FIRST. Not there as written: STABLE.'],
  ['build', 'built', ''],
  ['verify', 'missing', ''],
])('what is written is said first: %s, %s: %s', (command, outcomes, text) => {
  const says = text.replace('FIRST', `${IMAGE}:2.3.4`).replace('STABLE', `${IMAGE}:2.3.4-stable`)
  const ledger = ledgerOf(resultOf(command, outcomes))
  expect(describeState(ledger)).toBe(says)
  const [first] = failureText(DENIED, ledger).split('\n')
  expect(first).toBe(says === '' ? 'It was refused. Ask for it.' : says)
})

test('what was replaced', () => {
  const one = serviceOf('reqmgr2', 'kept, copied')
  Object.assign(one.tags[1] ?? {}, { replaced: OTHER })
  const says = `Published: ${IMAGE}:2.3.4-stable (was ${OTHER}).`
  expect(describeState(ledgerOf(resultOf('promote', one)))).toBe(says)
})

const AGAIN = 'Once this is fixed, promote again: it completes.'
test.each<[command: Result['command'], outcomes: string[], says: string]>([
  ['promote', ['planned, planned', 'planned, planned'], NOTHING],
  [
    'promote',
    ['kept, copied', 'kept, kept', 'kept, planned'],
    `2 of 3 services have X; not written for c. ${AGAIN}`,
  ],
  [
    'promote',
    ['kept, kept', 'kept, planned'],
    `${NOTHING} 1 of 2 services have X; not written for b. ${AGAIN}`,
  ],
  [
    'promote',
    ['kept, pushed', 'kept, unclear'],
    `1 of 2 services have X, not read back for 1; may have been written for b. ${AGAIN}`,
  ],
  ['promote', ['kept, copied', 'kept, copied'], 'All 2 services have X.'],
  ['promote', [...'abcdefghijk'].map(() => 'kept, pushed'), 'All 11 services have X, not read back for 11.'],
  [
    'verify',
    ['kept, kept', 'kept, missing', 'planned, planned'],
    '1 of 3 services have X; missing for b; could not be read for c.',
  ],
  ['verify', ['missing, different', 'kept, kept'], 'All 2 services have X; without 2.3.4 for a.'],
  ['verify', ['planned, planned', 'planned, planned'], ''],
])('of many services, how many are stable is said first: %s, %j', (command, outcomes, says) => {
  const services = outcomes.map((each, index) => serviceOf('abcdefghijk'.charAt(index), each))
  expect(describeState(ledgerOf(resultOf(command, ...services)))).toBe(says.replace('X', '2.3.4-stable'))
})

test('then what happened, the remedy, and the section about it', () => {
  reportFailure(DENIED, ledgerOf(undefined))
  const text = `${NOTHING}%0AIt was refused. Ask for it.%0ASee ${LINK}#registry-denied`
  const named = 'failed with registry-denied: The registry refused access\n'
  expect(written()).toBe(`${named}::error title=The registry refused access::${text}\n`)
  expect(process.exitCode).toBe(1)
  const lines = new ReleaseError('not-ready', { what: 'Two are not:\n- a\n- b\n', remedy: 'Look.' })
  expect(failureText(lines)).toBe(`Two are not:\n- a\n- b\nLook.\nSee ${LINK}#not-ready`)
})

test('a cause that the error says itself is not told again', () => {
  for (const what of ['It was refused.', 'It was refused:\n- a\n']) {
    const cause = new ReleaseError('registry-denied', { what, remedy: 'Wait.' })
    expect(
      causeLines(new ReleaseError('push-failed', { what: `It failed. ${what}`, remedy: 'Look.', cause })),
    ).toEqual([])
  }
})

test('each cause is told once, obeyed in nothing, and no secret is told, also of an internal error', () => {
  const secrets = new Secrets()
  const what = 'pässword\r::b'
  secrets.add('pässword')
  const cause = new Error(`${what}c`, { cause: new Error(`${what}c`, { cause: `${what}d` }) })
  reportFailure(secrets.maskError(new ReleaseError('login-failed', { what, remedy: what, cause })))
  expect(written().split('\n').slice(0, -3)).toEqual([
    'caused by: ***\\u000d::bc',
    'caused by: ***\\u000d::bd',
  ])
  reportFailure(secrets.maskError(new TypeError(what)), ledgerOf(undefined))
  const text = `${NOTHING}%0A\\*{3}\\\\u000d::b\\. Report it .*%0ASee ${LINK}\n::debug::TypeError: `
  expect(written()).toMatch(new RegExp(`\n::error title=Internal error%3A please report it::${text}`))
  expect(written()).not.toContain('ssword')
})
