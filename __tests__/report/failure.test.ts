import { expect, test } from 'vitest'
import type { Result } from '../../src/commands/ledger.ts'
import { ReleaseError } from '../../src/errors.ts'
import { failureText, reportFailure } from '../../src/report/failure.ts'
import { stateOf } from '../../src/report/state.ts'
import { Secrets } from '../../src/secrets.ts'
import { captureOutput, DENIED, IMAGE, ledgerOf, OTHER, PROJECT, resultOf, serviceOf } from './known.ts'

const LINK = 'https://github.com/dmwm/stable-release-action/blob/v1/docs/troubleshooting.md'
const NOTHING = 'Nothing was written.'
const written = captureOutput()

test.each<[command: Result['command'], outcomes: string, says: string]>([
  ['release', 'planned, planned', NOTHING],
  ['release', 'kept, withheld, stayed', NOTHING],
  ['release', 'built, planned', 'Published: FIRST. Not written: STABLE.'],
  ['promote', 'kept, unclear', 'Published: FIRST. May have been written: STABLE.'],
  ['push', 'pushed, planned', 'In the registry now, not read back: FIRST. Not written: STABLE.'],
  ['release', 'built, different', 'Published: FIRST. Not there as written: STABLE.'],
  ['build', 'built', ''],
  ['verify', 'missing', ''],
])('what is written is said first: %s, %s: %s', (command, outcomes, text) => {
  const says = text.replace('FIRST', `${IMAGE}:2.3.4`).replace('STABLE', `${IMAGE}:2.3.4-stable`)
  const ledger = ledgerOf(resultOf(command, outcomes))
  expect(stateOf(ledger)).toBe(says)
  const [first] = failureText(DENIED, ledger).split('\n')
  expect(first).toBe(says === '' ? 'It was refused. Ask for it.' : says)
})

test('what was replaced, and of several services how many are stable', () => {
  const [one, other] = [serviceOf('reqmgr2', 'kept, copied'), serviceOf('reqmon', 'kept, planned')]
  Object.assign(one.tags[1] ?? {}, { replaced: OTHER })
  const published = `${IMAGE}:2.3.4, ${IMAGE}:2.3.4-stable (was ${OTHER}), ${PROJECT}/reqmon:2.3.4`
  const says = `1 of 2 services are stable. Published: ${published}. Not written: ${PROJECT}/reqmon:2.3.4-stable.`
  expect(stateOf(ledgerOf(resultOf('promote', one, other)))).toBe(says)
})

test('then what happened, the remedy, and the section about it', () => {
  reportFailure(DENIED, ledgerOf(undefined))
  const text = `${NOTHING}%0AIt was refused. Ask for it.%0ASee ${LINK}#registry-denied`
  expect(written()).toBe(`::error title=The registry refused access::${text}\n`)
  expect(process.exitCode).toBe(1)
  const lines = new ReleaseError('not-ready', { what: 'Two are not:\n- a\n- b\n', remedy: 'Look.' })
  expect(failureText(lines)).toBe(`Two are not:\n- a\n- b\nLook.\nSee ${LINK}#not-ready`)
})

test('each cause is told once, obeyed in nothing, and no secret is told, also of an internal error', () => {
  const secrets = new Secrets()
  const what = 'pässword\r::b'
  secrets.add('pässword')
  const cause = new Error(`${what}c`, { cause: new Error(`${what}c`, { cause: what }) })
  reportFailure(secrets.maskError(new ReleaseError('login-failed', { what, remedy: what, cause })))
  expect(written().split('\n').slice(0, -2)).toEqual([
    'caused by: ***\\u000d::bc',
    'caused by: ***\\u000d::b',
  ])
  reportFailure(secrets.maskError(new TypeError(what)), ledgerOf(undefined))
  const text = `${NOTHING}%0A\\*{3}\\\\u000d::b\\. Report it .*%0ASee ${LINK}\n::debug::TypeError: `
  expect(written()).toMatch(new RegExp(`\n::error title=Internal error%3A please report it::${text}`))
  expect(written()).not.toContain('ssword')
})
