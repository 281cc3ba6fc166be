import type { Build } from '../docker/build.ts'
import type { Policy } from '../policy/notation.ts'
import type { Repository } from '../registry/reference.ts'

/** A validated order: nothing in it needs to be checked again. */
export interface PlanRequest {
  readonly command: 'plan'
  readonly service: string
  readonly repository: Repository
  readonly gitTag: string
  readonly policy: Policy
}

export interface ReleaseRequest extends Omit<PlanRequest, 'command'> {
  readonly command: 'release'
  readonly build: Build
  /** Given by the caller; without it, docker's stored credentials serve. */
  readonly login: { readonly username: string; readonly password: string } | undefined
}

export type Request = PlanRequest | ReleaseRequest
