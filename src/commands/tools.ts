import type { Clock } from '../clock.ts'
import type { Docker } from '../docker/docker.ts'
import type { LoadGitHub } from '../github/client.ts'
import type { Transport } from '../http/transport.ts'
import type { Log } from '../log.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Repository } from '../registry/reference.ts'
import type { Secrets } from '../secrets.ts'
import type { Journal } from './journal.ts'

/** The run that a command is a part of: the process, and where it tells what it does. */
export interface Run {
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  /** Is told of every credential that is used. */
  readonly secrets: Secrets
  readonly clock: Clock
  /** When the run began, by the clock, in milliseconds. */
  readonly started: number
  readonly journal: Journal
  /** Aborts when the run is interrupted. */
  readonly signal: AbortSignal
  /** The directory that relative paths start from. */
  readonly workspace: string
}

/** What a command asks, and what it has do things, beside the registry. */
export interface Backends {
  readonly docker: Docker
  readonly transport: Transport
  /** Loads what asks GitHub. */
  readonly loadGitHub: LoadGitHub
  /** A directory for files of this run. */
  readonly temporary: string
}

/** The registry, for one repository. */
export interface OneRegistry {
  readonly registry: RegistryClient
}

/** The registry, for several repositories. */
export interface Registries {
  /** A client for one of them. */
  readonly registryFor: (repository: Repository) => RegistryClient
}

/** What a command for one service has. */
export type ToolsForOne = Run & Backends & OneRegistry

/** What a command for several services has. */
export type ToolsForMany = Run & Backends & Registries

/** How the commands and their backends are loaded and made. */
export interface CommandOptions {
  /** Loads the commands that need backends, which takes as long as a plan: a plan is made without them. */
  readonly loadCommands: () => Promise<Pick<typeof import('./dispatch.ts'), 'dispatch'>>
  /** Loads what asks GitHub. */
  readonly loadGitHub: LoadGitHub
  /** Makes a directory for files of this run, which ends with what uses it. */
  readonly withTemporary: <T>(use: (temporary: string) => Promise<T>) => Promise<T>
  /** How this program names itself to servers. */
  readonly userAgent: string
}
