import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './http/transport.ts'

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
