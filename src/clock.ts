import { setTimeout as sleep } from 'node:timers/promises'

/** Passed in so that what waits can be tested. */
export interface Clock {
  /** In milliseconds. */
  now(): number
  /** Rejects when the run is interrupted. */
  sleep(milliseconds: number): Promise<void>
  /** From 0 to below 1. */
  random(): number
}

export const systemClock = (signal: AbortSignal): Clock => ({
  now: () => performance.now(),
  random: Math.random,
  sleep: milliseconds =>
    sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw error
    }),
})
