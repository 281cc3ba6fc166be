import { setTimeout as sleep } from 'node:timers/promises'
import type { Backoff } from '../../src/http/retry.ts'
import { Transport } from '../../src/http/transport.ts'
import type { Log } from '../../src/log.ts'
import type { Credentials } from '../../src/registry/authorization.ts'
import { RegistryClient } from '../../src/registry/client.ts'
import { Secrets } from '../../src/secrets.ts'

export const PATH = 'cmswmcore/reqmgr2'

const backoff: Backoff = {
  attempts: 2,
  attemptTimeout: 20_000,
  totalTime: 60_000,
  firstDelay: 1,
  longestDelay: 1,
}

/** A log that writes its lines to a list. */
const logTo = (lines: string[]): Log => ({
  info: line => lines.push(line),
  warning: title => lines.push(title),
  notice: title => lines.push(title),
  debug: () => {},
  raw: () => {},
  foreign: run => run(),
  stage: (_, run) => run(() => {}),
})

/** A transport with the real clock, and two attempts that follow each other at once. */
export const makeTransport = (lines: string[] = [], userAgent = 'test'): Transport =>
  new Transport({
    userAgent,
    log: logTo(lines),
    clock: { now: () => performance.now(), sleep: time => sleep(time), random: Math.random },
    backoff,
    signal: new AbortController().signal,
  })

/** A client of the repository `PATH`, on a transport of its own. Close it when it is not used any more. */
export const makeClient = (
  registry: string,
  {
    credentials = { kind: 'anonymous' },
    now = () => performance.now(),
    log = [],
    looksOnly = false,
    secrets = new Secrets(),
    userAgent,
  }: {
    credentials?: Credentials
    now?: () => number
    log?: string[]
    looksOnly?: boolean
    secrets?: Secrets
    userAgent?: string
  } = {},
): RegistryClient & Disposable => {
  const transport = makeTransport(log, userAgent)
  const client = new RegistryClient({
    repository: { registry, path: PATH },
    transport,
    credentials,
    secrets,
    access: 'pull,push',
    looksOnly,
    now,
  })
  return Object.assign(client, { [Symbol.dispose]: () => transport[Symbol.dispose]() })
}

/** An index without images: a manifest that needs nothing else in the registry. */
export const EMPTY_INDEX = {
  mediaType: 'application/vnd.oci.image.index.v1+json',
  bytes: Buffer.from(
    '{"schemaVersion":2,  "mediaType":"application/vnd.oci.image.index.v1+json", "manifests":[]}\n',
  ),
} as const
