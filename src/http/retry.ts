import type { Clock } from '../clock.ts'
import { field } from '../json.ts'
import { LastingError } from './errors.ts'

/** Times in milliseconds. */
export interface Backoff {
  readonly attempts: number
  readonly attemptTimeout: number
  /** No attempt begins later than this after the first. */
  readonly totalTime: number
  /** The longest wait before the second attempt; it doubles for each further one. */
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

/** For many questions that nobody waits for. */
export const patientBackoff: Backoff = { ...registryBackoff, totalTime: 900_000 }

/** For optional look-ups that must not delay a run. */
export const shortBackoff: Backoff = {
  ...registryBackoff,
  attempts: 3,
  attemptTimeout: 5_000,
  totalTime: 10_000,
}

/** Announces the next attempt and waits for it, at least `asked` milliseconds; false if none is left. */
export type Pause = (attempt: number, announce: (next: string) => void, asked?: number) => Promise<boolean>

/** Pauses within the limits of a backoff, counted from now. */
export function pauseBetween(backoff: Backoff, { now, sleep, random }: Clock): Pause {
  const started = now()
  return async (attempt, announce, asked = 0) => {
    const full = Math.min(backoff.firstDelay * 2 ** (attempt - 1), backoff.longestDelay)
    // Random, so that parallel runs do not all return at once.
    const delay = Math.max(full * (0.5 + random() / 2), asked)
    if (attempt >= backoff.attempts || now() - started + delay > backoff.totalTime) return false
    announce(`attempt ${attempt + 1} of ${backoff.attempts} in ${(delay / 1000).toFixed(1)} s`)
    await sleep(delay)
    return true
  }
}

/** A Retry-After header, seconds or a date (RFC 9110, 10.2.3), as milliseconds from `now`. */
export function parseRetryAfter(value: string, now: number): number | undefined {
  const text = value.trim()
  const isNumber = /^[0-9]+$/.test(text)
  const time = isNumber ? Number(text) * 1000 : Date.parse(text.endsWith(' GMT') ? text : '')
  if (Number.isNaN(time)) return undefined
  // A moment: some servers count from 1970.
  return time > 1e12 ? Math.max(time - now, 0) : time
}

/** Whether a status is temporary: request timeout, too many requests, server errors. */
export function isRetryable(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505)
}

/** Whether another attempt may get an answer. */
export function isRetryableError(error: unknown): boolean {
  // Of a proxy that refuses.
  const status = field(error, 'statusCode')
  if (typeof status === 'number') return isRetryable(status)
  return !(error instanceof LastingError)
}
