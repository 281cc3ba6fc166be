import type { Clock } from '../clock.ts'
import type { Docker } from '../docker/docker.ts'
import type { Transport } from '../http/transport.ts'
import type { Log } from '../log.ts'
import type { Desired } from '../reconcile/state.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Digest, Repository } from '../registry/reference.ts'
import type { Secrets } from '../secrets.ts'
import { type Ledger, plannedResult, type RepositoryEntry, type Result, type ServiceEntry } from './ledger.ts'
import type { GitTagRequest } from './request.ts'

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
  /** As a rule, with the rights that the command needs. */
  readonly registryFor: (repository: Repository, access?: 'pull' | 'pull,push') => RegistryClient
}

export interface Target {
  readonly desired: Desired
  readonly registry: RegistryClient
  readonly entry: RepositoryEntry
}

export interface ServiceTarget extends Target {
  /** What its image must be, if that was given. */
  readonly given: Digest | undefined
  readonly entry: ServiceEntry
  readonly mirrors: readonly Target[]
}

export function announcePlan(request: GitTagRequest, { ledger, log }: Pick<Run, 'log' | 'ledger'>): Result {
  const result = plannedResult(request)
  ledger.result = result
  log.info(result.reason)
  return result
}

export function openTargets(request: GitTagRequest, run: Run): readonly ServiceTarget[] {
  const entries = announcePlan(request, run).services
  const desired = { policy: request.policy, ...request.decision }
  const open = <E>(entry: E, repository: Repository | undefined) =>
    repository === undefined ? [] : [{ desired, registry: run.registryFor(repository), entry }]
  return entries.flatMap((entry, index) => {
    const { repository, digest: given, mirrors = [] } = request.services[index] ?? {}
    return open(entry, repository).map(target => ({
      ...target,
      given,
      mirrors: entry.mirrors.flatMap((mirror, number) => open(mirror, mirrors[number])),
    }))
  })
}

export function openTarget(request: GitTagRequest, run: Run): ServiceTarget {
  const [target] = openTargets(request, run)
  if (target === undefined) throw new TypeError('a request without a service')
  return target
}
