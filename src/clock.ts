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

/** The clock of this machine. A wait that `signal` ends rejects with the reason of the signal, not with an AbortError. */
export const systemClock = (signal: AbortSignal): Clock => ({
  // performance.now() would load a part of Node for this alone.
  now: () => Number(process.hrtime.bigint()) / 1e6,
  random: Math.random,
  sleep: async milliseconds => {
    try {
      await sleep(milliseconds, undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
})
