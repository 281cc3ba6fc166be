import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './http/transport.ts'

/** The clock of this machine. A wait that `signal` ends rejects with the reason of the signal, not with an AbortError. */
export const systemClock = (signal: AbortSignal): Clock => ({
  now: () => performance.now(),
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
