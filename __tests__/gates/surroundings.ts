import type { Clock } from '../../src/clock.ts'
import { registryBackoff } from '../../src/http/retry.ts'
import { Transport } from '../../src/http/transport.ts'
import type { Log } from '../../src/log.ts'
import { USER_AGENT } from '../../src/version.ts'

/** A clock on which time passes by sleeping alone. */
export interface FakeClock extends Clock {
  /** The sleeps so far, in milliseconds. */
  readonly slept: number[]
  /** What happens before a sleep ends, such as an upload. */
  onSleep: ((now: number) => void) | undefined
  /** Lets time pass, as a slow server does. */
  pass(milliseconds: number): void
}

export const fakeClock = (random: () => number = () => 0.5): FakeClock => {
  const slept: number[] = []
  let now = 1_000_000
  const clock: FakeClock = {
    slept,
    onSleep: undefined,
    now: () => now,
    random,
    sleep: async milliseconds => {
      slept.push(milliseconds)
      now += milliseconds
      clock.onSleep?.(now)
    },
    pass: milliseconds => {
      now += milliseconds
    },
  }
  return clock
}

/** A log that keeps its lines. */
export const recordingLog = (): Log & { readonly lines: string[] } => {
  const lines: string[] = []
  return {
    lines,
    info: message => void lines.push(message),
    warning: (title, message) => void lines.push(`warning ${title}: ${message}`),
    notice: (title, message) => void lines.push(`notice ${title}: ${message}`),
    debug: () => {},
    raw: () => {},
    foreign: run => run(),
    stage: (_, run) => run(line => lines.push(line)),
  }
}

/** Log, clock, and a transport that really sends; its sleeps are those of the clock. */
export const surroundings = (clock: FakeClock = fakeClock()) => {
  const log = recordingLog()
  const { signal } = new AbortController()
  const backoff = { ...registryBackoff, attempts: 2 }
  const transport = new Transport({ userAgent: USER_AGENT, log, clock, backoff, signal })
  return { clock, log, transport }
}
