import { expect, test } from 'vitest'
import { explainFailure, NoAnswerError } from '../../src/http/errors.ts'
import { isRetryable, isRetryableError, parseRetryAfter, pauseBetween } from '../../src/http/retry.ts'
import { fakeClock } from '../gates/surroundings.ts'

test.each([
  { statuses: [408, 429, 500, 502, 503, 504, 507, 520], is: true },
  { statuses: [200, 301, 400, 401, 403, 404, 409, 412, 413, 501, 505], is: false },
])('$statuses: tried again is $is', ({ statuses, is }) => {
  expect(statuses.map(isRetryable)).toEqual(statuses.map(() => is))
})

test.each([
  { code: 'ECONNRESET', is: true },
  { code: 'ENOTFOUND', is: true },
  { code: 'CERT_HAS_EXPIRED', is: false, remedy: 'administrators' },
  { code: 'ERR_TLS_CERT_ALTNAME_INVALID', is: false, remedy: 'administrators' },
  ...[
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ].map(code => ({ code, is: false, remedy: 'NODE_USE_SYSTEM_CA=1' })),
])('$code: tried again is $is', ({ code, is, remedy }: { code: string; is: boolean; remedy?: string }) => {
  const cause = explainFailure(Object.assign(new Error(code), { code }))
  expect(isRetryableError(cause)).toBe(is)
  expect(new NoAnswerError('x', { cause }).remedy).toContain(remedy ?? 'Check the address')
})

const NOW = Date.UTC(2026, 6, 1, 12)
test.each([
  { value: '0', wait: 0 },
  { value: ' 120 ', wait: 120_000 },
  { value: 'Wed, 01 Jul 2026 12:00:30 GMT', wait: 30_000 },
  { value: 'Wed, 01 Jul 2026 11:59:30 GMT', wait: 0 },
  { value: String(NOW / 1000 + 30), wait: 30_000 },
  ...['', 'soon', 'soon 2050', 'in 3000 s', '120, 120', '-5', '1.5'].map(value => ({ value })),
])('Retry-After $value: $wait ms', ({ value, wait }: { value: string; wait?: number }) => {
  expect(parseRetryAfter(value, NOW)).toBe(wait)
})

const backoff = { attempts: 5, attemptTimeout: 1, totalTime: 60_000, firstDelay: 1_000, longestDelay: 3_000 }
test.each([
  { why: 'it doubles', attempt: 2, random: 1, waits: [2_000] },
  { why: 'up to the longest', attempt: 4, random: 1, waits: [3_000] },
  { why: 'half of it at least', attempt: 1, random: 0, waits: [500] },
  { why: 'the last attempt was made', attempt: 5, random: 0, waits: [] },
  { why: 'as the server asks', attempt: 1, random: 1, asked: 7_000, waits: [7_000] },
  { why: 'not less than our own', attempt: 1, random: 1, asked: 0, waits: [1_000] },
  { why: 'just within the total time', attempt: 1, random: 1, asked: 7_000, took: 53_000, waits: [7_000] },
  { why: 'more is asked than is left', attempt: 1, random: 1, asked: 7_000, took: 53_001, waits: [] },
  { why: 'endless', attempt: 1, random: 1, asked: Number.POSITIVE_INFINITY, waits: [] },
])('a pause: $why', async ({ attempt, random, asked, took = 0, waits }) => {
  const clock = fakeClock(() => random)
  const pause = pauseBetween(backoff, clock)
  clock.pass(took)
  const said: string[] = []
  // What comes is said before it sleeps.
  const isDue = await pause(attempt, next => said.push(`${next}, after ${clock.slept.length}`), asked)
  const next = waits.map(wait => `attempt ${attempt + 1} of 5 in ${(wait / 1_000).toFixed(1)} s, after 0`)
  expect({ isDue, slept: clock.slept, said }).toEqual({ isDue: waits.length > 0, slept: waits, said: next })
})
