import type { Clock } from '../clock.ts'
import type { Transport } from '../http/transport.ts'
import type { Log } from '../log.ts'
import { duration } from '../text.ts'

export interface GatePorts {
  readonly transport: Transport
  readonly log: Log
  readonly clock: Clock
}

/** The log says what was seen `instead`. Gives back what was seen last, and the milliseconds. */
export async function waitFor<T>(
  { what, timeout }: { what: string; timeout: number },
  {
    look,
    again,
  }: {
    look: () => Promise<T>
    again: (seen: T) => { notBefore?: number | undefined; instead?: string } | undefined
  },
  { log, clock }: GatePorts,
): Promise<{ seen: T; waited: number }> {
  const started = clock.now()
  let waited = 0
  let nextLine = 0
  for (let interval = 2_000; ; interval *= 1.5) {
    const seen = await look()
    const next = again(seen)
    const elapsed = clock.now() - started
    const left = timeout - elapsed
    const notBefore = next?.notBefore ?? 0
    if (next === undefined || left <= 0 || notBefore > left) return { seen, waited }
    if (elapsed >= nextLine) {
      const since =
        nextLine === 0 ? `up to ${duration(timeout)}` : `${duration(elapsed)} of ${duration(timeout)}`
      log.info(`Waiting for ${what}, ${since}${next.instead === undefined ? '' : `; ${next.instead}`}`)
      nextLine = (Math.floor(elapsed / 60_000) + 1) * 60_000
    }
    const jittered = Math.min(interval * (0.9 + clock.random() / 5), 30_000)
    await clock.sleep(Math.min(Math.max(jittered, notBefore), left))
    waited = clock.now() - started
  }
}
