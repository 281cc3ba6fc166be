import type { Clock } from '../clock.ts'
import { RefusedByProxyError, UnusableAnswerError } from './errors.ts'

/** How often and how long something that fails for a while is tried again. Times in milliseconds. */
export interface Backoff {
  readonly attempts: number
  /** The limit of one attempt. */
  readonly attemptTimeout: number
  /** No attempt begins later than this after the first one began. */
  readonly totalTime: number
  /** The longest wait before the second attempt; it doubles from attempt to attempt. */
  readonly firstDelay: number
  readonly longestDelay: number
}

/** What a registry that restarts needs: about half a minute of patience, not quite two minutes with silence. */
export const registryBackoff: Backoff = {
  attempts: 7,
  attemptTimeout: 20_000,
  totalTime: 90_000,
  firstDelay: 500,
  longestDelay: 15_000,
}

/** For many questions that nobody waits for: a registry may ask for minutes of patience. */
export const patientBackoff: Backoff = { ...registryBackoff, totalTime: 900_000 }

/** For what is good to know, and not worth to wait for. */
export const shortBackoff: Backoff = {
  attempts: 3,
  attemptTimeout: 5_000,
  totalTime: 10_000,
  firstDelay: 500,
  longestDelay: 2_000,
}

/** Statuses that may be gone at the next attempt: request timeout, too many requests, server errors. */
export const isRetryable = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505)

/** What Node.js says of a certificate that is not trusted; that does not pass by itself. */
const UNTRUSTED =
  /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY)|HOSTNAME_MISMATCH)/

/** Whether a request that got no answer may get one at the next attempt. */
export const isRetryableError = (error: unknown): boolean => {
  if (error instanceof RefusedByProxyError) return isRetryable(error.status)
  if (error instanceof UnusableAnswerError) return false
  if (!(error instanceof Error)) return true
  const isUntrusted = 'code' in error && typeof error.code === 'string' && UNTRUSTED.test(error.code)
  return !isUntrusted && isRetryableError(error.cause)
}

/** The forms of a date in HTTP (RFC 9110, 5.6.7): as in mail, and two older ones. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT|[A-Z][a-z]{5,8}, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [0-9 ][0-9] [0-9:]{8} [0-9]{4})$/

/** Reads a Retry-After header, seconds or a date (RFC 9110, 10.2.3), as milliseconds from `now`. */
export const parseRetryAfter = (value: string, now: number): number | undefined => {
  const text = value.trim()
  if (/^[0-9]+$/.test(text)) return Number(text) * 1000
  if (!HTTP_DATE.test(text)) return undefined
  // The oldest form leaves it out, but every date in HTTP is GMT.
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0)
}

/**
 * The wait before the next attempt, with jitter (between half and all of it, so that many runs do not come
 * back at once), or nothing when there is no further attempt. What the server asks for with Retry-After is
 * kept; if it asks for more than is left, it is given up.
 */
export const delayBefore = (
  backoff: Backoff,
  {
    attempt,
    elapsed,
    retryAfter,
    random,
    now = Date.now(),
  }: { attempt: number; elapsed: number; retryAfter: string | undefined; random: number; now?: number },
): number | undefined => {
  if (attempt >= backoff.attempts) return undefined
  const full = Math.min(backoff.firstDelay * 2 ** (attempt - 1), backoff.longestDelay)
  const asked = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, now)
  const delay = Math.max(full * (0.5 + random / 2), asked ?? 0)
  return elapsed + delay > backoff.totalTime ? undefined : delay
}

/** The next attempt and the wait before it, in milliseconds, for people: `attempt 2 of 4 in 1.3 s`. */
export const nextAttempt = (attempt: number, { attempts }: Backoff, delay: number): string =>
  `attempt ${attempt + 1} of ${attempts} in ${(delay / 1000).toFixed(1)} s`

/**
 * Waits before the next attempt of something that is not a request, after it has said which attempt that is and when it
 * comes; false, and nothing is said, when there is none.
 */
export type Pause = (attempt: number, announce: (next: string) => void) => Promise<boolean>

/** A pause that keeps to the limits of a backoff, counted from now. */
export const pauseBetween = (backoff: Backoff, { now, sleep, random }: Clock): Pause => {
  const started = now()
  return async (attempt, announce) => {
    const delay = delayBefore(backoff, {
      attempt,
      elapsed: now() - started,
      retryAfter: undefined,
      random: random(),
    })
    if (delay === undefined) return false
    announce(nextAttempt(attempt, backoff, delay))
    await sleep(delay)
    return true
  }
}
