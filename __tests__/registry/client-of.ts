import { setTimeout as sleep } from 'node:timers/promises'
import { Transport } from '../../src/http/transport.ts'
import { RegistryClient } from '../../src/registry/client.ts'
import type { Credentials } from '../../src/registry/credentials.ts'
import { Secrets } from '../../src/secrets.ts'
import { recordingLog } from '../gates/surroundings.ts'

export const PATH = 'cmswmcore/reqmgr2'

/** A transport with the real clock, and two attempts that follow each other at once. */
export const makeTransport = (lines: string[] = [], userAgent = 'test'): Transport =>
  new Transport({
    userAgent,
    log: { ...recordingLog(), info: line => void lines.push(line) },
    clock: { now: () => performance.now(), sleep: time => sleep(time), random: Math.random },
    backoff: { attempts: 2, attemptTimeout: 20_000, totalTime: 60_000, firstDelay: 1, longestDelay: 1 },
    signal: new AbortController().signal,
  })

interface Options {
  readonly path?: string
  readonly credentials?: Credentials
  readonly now?: () => number
  readonly log?: string[]
  readonly access?: 'pull'
  readonly secrets?: Secrets
  readonly userAgent?: string
}

/** A client of a repository, `PATH` if none is named, on a transport of its own. Close it when it is not used any more. */
export const makeClient = (registry: string, options: Options = {}): RegistryClient & Disposable => {
  const transport = makeTransport(options.log, options.userAgent)
  const client = new RegistryClient({
    repository: { registry, path: options.path ?? PATH },
    transport,
    credentials: options.credentials ?? { kind: 'anonymous' },
    secrets: options.secrets ?? new Secrets(),
    access: options.access ?? 'pull,push',
    now: options.now ?? (() => performance.now()),
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
