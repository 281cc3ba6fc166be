import type { LoadGitHub } from '../github/client.ts'
import type { Clock } from '../http/transport.ts'
import type { Log } from '../log.ts'
import type { Secrets } from '../secrets.ts'
import type { Journal } from './journal.ts'
import { plan } from './plan.ts'
import type { Request } from './request.ts'
import type { Result } from './result.ts'

/** What surrounds a command: the process that it runs in. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  /** Is told of every credential that is used. */
  readonly secrets: Secrets
  readonly clock: Clock
  readonly journal: Journal
  /** Aborts when the run is interrupted. */
  readonly signal: AbortSignal
  /** The directory that relative paths start from. */
  readonly workspace: string
  /** A directory for files of this run. */
  readonly temporary: string
  /** Loads what asks GitHub. */
  readonly loadGitHub: LoadGitHub
  /** How this program names itself to servers. */
  readonly userAgent: string
}

/** Carries out an order. */
export const execute = async (request: Request, surroundings: Surroundings): Promise<Result> => {
  if (request.command === 'plan') return plan(request, surroundings)
  // What asks a registry takes as long to load as a plan takes: a plan is made without it.
  const { act } = await import(/* webpackMode: "eager" */ './act.ts')
  return act(request, surroundings)
}
