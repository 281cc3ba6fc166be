import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Backoff,
  delayBefore,
  isRetryable,
  isRetryableError,
  parseRetryAfter,
  pauseBetween,
  registryBackoff,
} from '../../src/http/retry.ts'

test.each([
  { statuses: [408, 429, 500, 502, 503, 504, 507, 520], retryable: true },
  { statuses: [501, 505], retryable: false },
  { statuses: [200, 201, 204, 301, 307, 400, 401, 403, 404, 409, 412, 413, 428, 431], retryable: false },
])('$statuses: tried again is $retryable', ({ statuses, retryable }) => {
  expect(statuses.filter(status => isRetryable(status) !== retryable)).toEqual([])
})

describe('Retry-After (RFC 9110, 10.2.3)', () => {
  const now = Date.UTC(2026, 6, 1, 12, 0, 0)
  test.each([
    { value: '0', wait: 0 },
    { value: '120', wait: 120_000 },
    { value: ' 3 ', wait: 3000 },
    { value: 'Wed, 01 Jul 2026 12:00:30 GMT', wait: 30_000 },
    { value: 'Wednesday, 01-Jul-26 12:00:30 GMT', wait: 30_000 },
    { value: 'Wed, 01 Jul 2026 11:59:30 GMT', wait: 0 },
    { value: '', wait: undefined },
    { value: 'soon', wait: undefined },
    { value: 'in 3000 s', wait: undefined },
    { value: '120, 120', wait: undefined },
    { value: '-5', wait: undefined },
    { value: '1.5', wait: undefined },
    { value: 'soon 2050', wait: undefined },
  ])('$value: $wait ms', ({ value, wait }) => {
    expect(parseRetryAfter(value, now)).toBe(wait)
  })
})

const backoff: Backoff = {
  attempts: 5,
  attemptTimeout: 1000,
  totalTime: 60_000,
  firstDelay: 1000,
  longestDelay: 3000,
}

describe('the wait before the next attempt', () => {
  const none = { elapsed: 0, retryAfter: undefined }
  test.each([
    { why: 'half of the first delay at least', after: { attempt: 1, random: 0, ...none }, wait: 500 },
    { why: 'all of it at most', after: { attempt: 1, random: 1, ...none }, wait: 1000 },
    { why: 'it doubles', after: { attempt: 2, random: 1, ...none }, wait: 2000 },
    { why: 'up to the longest', after: { attempt: 3, random: 1, ...none }, wait: 3000 },
    { why: 'the last attempt was made', after: { attempt: 5, random: 0, ...none }, wait: undefined },
    { why: 'as the server asks', after: { attempt: 1, random: 1, elapsed: 0, retryAfter: '7' }, wait: 7000 },
    {
      why: 'not less than our own',
      after: { attempt: 1, random: 1, elapsed: 0, retryAfter: '0' },
      wait: 1000,
    },
    {
      why: 'an unreadable wish',
      after: { attempt: 1, random: 1, elapsed: 0, retryAfter: 'soon' },
      wait: 1000,
    },
    {
      why: 'just within the total time',
      after: { attempt: 1, random: 1, elapsed: 53_000, retryAfter: '7' },
      wait: 7000,
    },
    {
      why: 'the server asks for more than is left',
      after: { attempt: 1, random: 1, elapsed: 53_001, retryAfter: '7' },
      wait: undefined,
    },
    {
      why: 'no time is left',
      after: { attempt: 1, random: 0, elapsed: 59_501, retryAfter: undefined },
      wait: undefined,
    },
    {
      why: 'an endless wish',
      after: { attempt: 1, random: 0, elapsed: 0, retryAfter: '9'.repeat(400) },
      wait: undefined,
    },
  ])('$why: $wait ms', ({ after, wait }) => {
    expect(delayBefore(backoff, after)).toBe(wait)
  })

  test('a date is counted from now', () => {
    const now = Date.UTC(2026, 6, 1, 12, 0, 0)
    const retryAfter = 'Wed, 01 Jul 2026 12:00:30 GMT'
    expect(delayBefore(backoff, { attempt: 1, elapsed: 0, retryAfter, random: 0, now })).toBe(30_000)
  })

  test('no attempt begins after the total time, whatever the registry asks for', () => {
    const retryAfter = fc.option(fc.nat({ max: 200 }).map(String), { nil: undefined })
    const took = fc.integer({ min: 0, max: registryBackoff.attemptTimeout })
    const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(took, retryAfter, random), { minLength: 8, maxLength: 8 }), failures => {
        let elapsed = 0
        let attempts = 1
        for (const [time, asked, chance] of failures) {
          elapsed += time
          const delay = delayBefore(registryBackoff, {
            attempt: attempts,
            elapsed,
            retryAfter: asked,
            random: chance,
          })
          if (delay === undefined) break
          elapsed += delay
          attempts += 1
          expect(elapsed).toBeLessThanOrEqual(registryBackoff.totalTime)
        }
        expect(attempts).toBeLessThanOrEqual(registryBackoff.attempts)
      }),
    )
  })
})

test('a pause says what comes, sleeps as long as the backoff says, and ends with its attempts', async () => {
  const slept: number[] = []
  const sleep = async (milliseconds: number): Promise<void> => {
    slept.push(milliseconds)
  }
  const now = (): number => slept.reduce((sum, time) => sum + time, 0)
  const pause = pauseBetween(backoff, { now, sleep, random: () => 0 })
  const said: string[] = []
  const ended: boolean[] = []
  for (const attempt of [1, 2, 3, 4, 5]) {
    ended.push(
      await pause(attempt, next => {
        // Before it sleeps.
        said.push(`${next}, after ${slept.length} pauses`)
      }),
    )
  }
  expect(ended).toEqual([true, true, true, true, false])
  expect(said).toEqual([
    'attempt 2 of 5 in 0.5 s, after 0 pauses',
    'attempt 3 of 5 in 1.0 s, after 1 pauses',
    'attempt 4 of 5 in 1.5 s, after 2 pauses',
    'attempt 5 of 5 in 1.5 s, after 3 pauses',
  ])
  expect(slept).toEqual([500, 1000, 1500, 1500])
})

describe('a request that got no answer', () => {
  test.each([
    { code: 'ECONNRESET', again: true },
    { code: 'ENOTFOUND', again: true },
    { code: 'CERT_HAS_EXPIRED', again: false },
    { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', again: false },
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID', again: false },
    { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', again: false },
  ])('$code: again $again', ({ code, again }) => {
    expect(isRetryableError(Object.assign(new Error(code), { code }))).toBe(again)
  })
})
