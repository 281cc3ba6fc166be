import type { Clock } from '../clock.ts'
import { field } from '../json.ts'
import { LastingError } from './errors.ts'

/** How often and how long something is tried again. Times in milliseconds. */
export interface Backoff {
  readonly attempts: number
  readonly attemptTimeout: number
  /** No attempt begins later than this after the first one. */
  readonly totalTime: number
  /** The longest wait before the second attempt; it doubles from attempt to attempt. */
  readonly firstDelay: number
  readonly longestDelay: number
}

/** For a registry that restarts: half a minute of patience, two minutes with silence. */
export const registryBackoff: Backoff = {
  attempts: 7,
  attemptTimeout: 20_000,
  totalTime: 90_000,
  firstDelay: 500,
  longestDelay: 15_000,
}

/** For many questions that nobody waits for. */
export const patientBackoff: Backoff = { ...registryBackoff, totalTime: 900_000 }

/** For optional look-ups that must not delay a run. */
export const shortBackoff: Backoff = {
  ...registryBackoff,
  attempts: 3,
  attemptTimeout: 5_000,
  totalTime: 10_000,
}

/** Says which attempt comes next, and waits, `asked` milliseconds at least; false if there is none. */
export type Pause = (attempt: number, announce: (next: string) => void, asked?: number) => Promise<boolean>

/** Pauses within the limits of a backoff, counted from now. */
export function pauseBetween(backoff: Backoff, { now, sleep, random }: Clock): Pause {
  const started = now()
  return async (attempt, announce, asked = 0) => {
    const full = Math.min(backoff.firstDelay * 2 ** (attempt - 1), backoff.longestDelay)
    // Not all of it, so that many runs do not come back at once.
    const delay = Math.max(full * (0.5 + random() / 2), asked)
    if (attempt >= backoff.attempts || now() - started + delay > backoff.totalTime) return false
    announce(`attempt ${attempt + 1} of ${backoff.attempts} in ${(delay / 1000).toFixed(1)} s`)
    await sleep(delay)
    return true
  }
}

/** Reads a Retry-After header, seconds or a date (RFC 9110, 10.2.3), as milliseconds from `now`. */
export function parseRetryAfter(value: string, now: number): number | undefined {
  const text = value.trim()
  const isDate = /^[A-Z][a-z]{2}, [\w :]+ GMT$/.test(text)
  const wait = isDate ? Date.parse(text) : /^[0-9]+$/.test(text) ? Number(text) * 1000 : Number.NaN
  // Some servers count from 1970.
  if (wait > 1e12) return Math.max(wait - now, 0)
  return Number.isNaN(wait) ? undefined : wait
}

/** Whether a status may pass: request timeout, too many requests, server errors. */
export function isRetryable(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505)
}

/** Whether a request that got no answer may get one at the next attempt. */
export function isRetryableError(error: unknown): boolean {
  // That of a proxy which refuses.
  const status = field(error, 'statusCode')
  if (typeof status === 'number') return isRetryable(status)
  return !(error instanceof LastingError) && !/CERT|UNABLE_TO_VERIFY/.test(String(field(error, 'code')))
}
