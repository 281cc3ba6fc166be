import type { Clock } from '../http/transport.ts'
import type { Log } from '../log.ts'

/** How a wait goes on after a look: it is over, or it should look again, not before so many milliseconds. */
export type Look<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'again'; readonly notBefore?: number }

/** Times in milliseconds. */
export interface WaitOptions {
  readonly timeout: number
  readonly firstInterval: number
  readonly longestInterval: number
  /** What is awaited, as in "waiting for …". */
  readonly what: string
}

const MINUTE = 60_000

/** A time for people: `40 s`, `3 min 20 s`. */
export const forPeople = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/**
 * Looks at once and then at growing intervals until it is done, and says every minute that it still waits.
 * Gives back nothing when the time is over.
 */
export const waitFor = async <T>(
  look: () => Promise<Look<T>>,
  { timeout, firstInterval, longestInterval, what }: WaitOptions,
  { log, clock }: { log: Log; clock: Clock },
): Promise<T | undefined> => {
  const started = clock.now()
  let interval = firstInterval
  let minutes = 0
  for (;;) {
    const outcome = await look()
    const elapsed = clock.now() - started
    if (outcome.kind === 'done') return outcome.value
    const left = timeout - elapsed
    if (left <= 0) return undefined
    if (minutes === 0 || Math.floor(elapsed / MINUTE) >= minutes) {
      log.info(
        minutes === 0
          ? `Waiting for ${what}, up to ${forPeople(timeout)}`
          : `Still waiting for ${what}: ${forPeople(elapsed)} of ${forPeople(timeout)}`,
      )
      minutes = Math.floor(elapsed / MINUTE) + 1
    }
    const jittered = interval * (0.9 + clock.random() / 5)
    await clock.sleep(Math.min(Math.max(jittered, outcome.notBefore ?? 0), left))
    interval = Math.min(interval * 1.5, longestInterval)
  }
}
