import type { Clock } from '../clock.ts'
import { field } from '../json.ts'
import { LastingError } from './errors.ts'

/** In milliseconds. */
export interface Backoff {
  readonly attempts: number
  readonly attemptTimeout: number
  /** From the first attempt to the beginning of the last. */
  readonly totalTime: number
  /** The longest; then it doubles. */
  readonly firstDelay: number
  readonly longestDelay: number
}

/** Outlasts a registry's restart. */
export const registryBackoff: Backoff = {
  attempts: 7,
  attemptTimeout: 20_000,
  totalTime: 90_000,
  firstDelay: 500,
  longestDelay: 15_000,
}

/** For an audit. */
export const patientBackoff: Backoff = { ...registryBackoff, totalTime: 900_000 }

/** For optional look-ups that must not delay a run. */
export const shortBackoff = { ...registryBackoff, attempts: 3, attemptTimeout: 5_000, totalTime: 10_000 }

/** Waits for the next attempt, at least `asked` milliseconds; false if none is left. */
export function pauseBetween(backoff: Backoff, { now, sleep, random }: Clock) {
  const started = now()
  return async (attempt: number, announce: (next: string) => void, asked = 0): Promise<boolean> => {
    const full = Math.min(backoff.firstDelay * 2 ** (attempt - 1), backoff.longestDelay)
    // Parallel runs shall not all return at once.
    const delay = Math.max(full * (0.5 + random() / 2), asked)
    if (attempt >= backoff.attempts || now() - started + delay > backoff.totalTime) return false
    announce(`attempt ${attempt + 1} of ${backoff.attempts} in ${(delay / 1000).toFixed(1)} s`)
    await sleep(delay)
    return true
  }
}

/** Milliseconds from `now`, by a Retry-After header (RFC 9110, 10.2.3). */
export function parseRetryAfter(value: string, now: number): number | undefined {
  const text = value.trim()
  const time = /^[0-9]+$/.test(text) ? Number(text) * 1000 : Date.parse(text.endsWith(' GMT') ? text : '')
  if (Number.isNaN(time)) return undefined
  // A moment: some servers count from 1970.
  return time > 1e12 ? Math.max(time - now, 0) : time
}

export function isRetryable(status: number) {
  return [408, 429].includes(status) || (status >= 500 && ![501, 505].includes(status))
}

export function isRetryableError(error: unknown) {
  // Of a proxy that refuses.
  const status = field(error, 'statusCode')
  return typeof status === 'number' ? isRetryable(status) : !(error instanceof LastingError)
}
