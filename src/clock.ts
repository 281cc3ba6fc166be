import { setTimeout as sleep } from 'node:timers/promises'

/** Time and chance, passed in so that what waits can be tested. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number
  /** Resolves after so many milliseconds; rejects when the run is interrupted. */
  sleep(milliseconds: number): Promise<void>
  /** From 0 up to, not including, 1. */
  random(): number
}

/** The clock of this machine. A wait that `signal` ends rejects with the reason of the signal. */
export const systemClock = (signal: AbortSignal): Clock => ({
  now: () => performance.now(),
  random: Math.random,
  sleep: milliseconds =>
    sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw error
    }),
})
