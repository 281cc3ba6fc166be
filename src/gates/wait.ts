import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'

/**
 * How a wait goes on after a look: it is over, or it should look again, not before so many milliseconds. The log says
 * what was `seen` beside what is waited for.
 */
export type Look<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'again'; readonly notBefore?: number; readonly seen?: string }

/** Times in milliseconds. */
export interface WaitOptions {
  readonly timeout: number
  readonly firstInterval: number
  readonly longestInterval: number
  /** What is awaited, as in "waiting for …". */
  readonly what: string
}

const MINUTE = 60_000

/** A time for people: `40 s`, `3 min 20 s`, `2 h`. */
export const forPeople = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const parts = [
    { count: hours, unit: 'h' },
    { count: minutes, unit: 'min' },
    { count: seconds % 60, unit: 's' },
  ].filter(({ count }) => count > 0)
  return parts.length === 0 ? '0 s' : parts.map(({ count, unit }) => `${count} ${unit}`).join(' ')
}

/**
 * Looks at once and then at growing intervals until it is done, and says every minute that it still waits.
 * A look is told how many milliseconds are left.
 *
 * Gives back nothing when the time is over, or when a look asks for a longer wait than what is left of it.
 */
export const waitFor = async <T>(
  look: (left: number) => Promise<Look<T>>,
  { timeout, firstInterval, longestInterval, what }: WaitOptions,
  { log, clock }: { log: Log; clock: Clock },
): Promise<T | undefined> => {
  const started = clock.now()
  let interval = firstInterval
  let minutes = 0
  for (;;) {
    const outcome = await look(Math.max(timeout - (clock.now() - started), 0))
    if (outcome.kind === 'done') return outcome.value
    const elapsed = clock.now() - started
    const left = timeout - elapsed
    const { notBefore = 0 } = outcome
    if (left <= 0 || notBefore > left) return undefined
    if (minutes === 0 || Math.floor(elapsed / MINUTE) >= minutes) {
      const waiting =
        minutes === 0
          ? `Waiting for ${what}, up to ${forPeople(timeout)}`
          : `Still waiting for ${what}: ${forPeople(elapsed)} of ${forPeople(timeout)}`
      log.info(outcome.seen === undefined ? waiting : `${waiting}; ${outcome.seen}`)
      minutes = Math.floor(elapsed / MINUTE) + 1
    }
    const jittered = Math.min(interval * (0.9 + clock.random() / 5), longestInterval)
    await clock.sleep(Math.min(Math.max(jittered, notBefore), left))
    interval = Math.min(interval * 1.5, longestInterval)
  }
}
