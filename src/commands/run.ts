import type { Clock } from '../clock.ts'
import type { Docker } from '../docker/docker.ts'
import type { Transport } from '../http/transport.ts'
import type { Log } from '../log.ts'
import type { Desired } from '../reconcile/state.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Digest, Repository } from '../registry/reference.ts'
import type { Secrets } from '../secrets.ts'
import { type Ledger, plannedResult, type Result, type ServiceEntry } from './ledger.ts'
import type { GitTagRequest } from './request.ts'

/** What a command works with, and where it tells what it does. */
export interface Run {
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  /** Is told of every credential before it is used. */
  readonly secrets: Secrets
  readonly clock: Clock
  /** When the run began, by the clock, in milliseconds. */
  readonly started: number
  readonly ledger: Ledger
  /** Aborts when the run is interrupted. */
  readonly signal: AbortSignal
  /** The directory that relative paths start from. */
  readonly workspace: string
  readonly temporary: string
  readonly docker: Docker
  readonly transport: Transport
  readonly registryFor: (repository: Repository) => RegistryClient
}

/** A service: what is wanted of its repository, and what is known of it. */
export interface Target {
  readonly desired: Desired
  /** What its image must be, if that was given. */
  readonly given: Digest | undefined
  readonly registry: RegistryClient
  readonly entry: ServiceEntry
}

/** Writes the plan into the ledger, and says why it is so. */
export function announcePlan(request: GitTagRequest, { ledger, log }: Pick<Run, 'log' | 'ledger'>): Result {
  const result = plannedResult(request)
  ledger.result = result
  log.info(result.reason)
  return result
}

export function openTargets(request: GitTagRequest, run: Run): readonly Target[] {
  const entries = announcePlan(request, run).services
  return request.services.flatMap(({ repository, digest: given }, index) => {
    const entry = entries[index]
    const desired = { policy: request.policy, ...request.decision }
    return entry === undefined ? [] : [{ desired, given, registry: run.registryFor(repository), entry }]
  })
}

export function openTarget(request: GitTagRequest, run: Run): Target {
  const [target] = openTargets(request, run)
  if (target === undefined) throw new TypeError('a request without a service')
  return target
}
