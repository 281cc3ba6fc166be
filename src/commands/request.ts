import type { Build } from '../docker/build.ts'
import type { ChecksGate } from '../gates/checks.ts'
import type { PackageGate } from '../gates/package.ts'
import type { RepositoryAddress } from '../git/remote.ts'
import type { GitHubRepository } from '../github/client.ts'
import type { Planned } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { OnExisting, Stable } from '../reconcile/constraints.ts'
import type { PasswordCredentials } from '../registry/credentials.ts'
import type { Digest, Repository } from '../registry/reference.ts'
import type { RecordedRun } from './record-content.ts'

/** A service, where its images are, and what its image must be, if that was given. */
export interface PublishedService {
  readonly service: string
  readonly repository: Repository
  readonly digest: Digest | undefined
}

/** What every command knows. Nothing in a request is checked again. */
interface AnyRequest {
  readonly policy: Policy
  /** At least one. */
  readonly services: readonly PublishedService[]
  /** The account at the registry; without it, docker's stored credentials serve. */
  readonly credentials: PasswordCredentials | undefined
  readonly stable: Stable
  /** Whether records of decisions are stored, or looked for. */
  readonly withRecords: boolean
}

/** What a run knows of the repository that the git tag is of. */
export interface TagRepository {
  readonly address: RepositoryAddress | undefined
  /** Where its commits can be asked for. */
  readonly github: GitHubRepository | undefined
}

/** What every command knows that is for one git tag. */
export interface VersionRequest extends AnyRequest {
  /** What the policy makes of the git tag. */
  readonly decision: Planned
  /** The first of the services: of commands that are for one, the one. */
  readonly service: PublishedService
  /** The commit of the git tag, as far as it is known. */
  readonly revision: string | undefined
  /** Whether somebody has looked at the images whose digests are given. */
  readonly isLookedAt: boolean
  readonly source: TagRepository
  readonly onExisting: OnExisting
  /** Checks that must have passed before stable tags are written. */
  readonly checks: ChecksGate | undefined
  /** What a record of the decision says of the run; nothing if none is to be stored. */
  readonly recordedRun: RecordedRun | undefined
}

/** The command `release`, or `build`, which builds on this machine and pushes nothing. */
export interface BuildingRequest extends VersionRequest {
  readonly build: Build
  /** A package that must be there before the image is built. */
  readonly package: PackageGate | undefined
}

export type PlanRequest = VersionRequest & { readonly command: 'plan' }
export type ReleaseRequest = BuildingRequest & { readonly command: 'release' }
export type BuildRequest = BuildingRequest & { readonly command: 'build' }
export type PushRequest = VersionRequest & { readonly command: 'push' }
export type PromoteRequest = VersionRequest & { readonly command: 'promote' }
export type VerifyRequest = VersionRequest & { readonly command: 'verify' }

/** For every version of the services. */
export interface AuditRequest extends AnyRequest {
  readonly command: 'audit'
  /** The git tag of the oldest version that is judged; without it, all are. */
  readonly from: string | undefined
}

/** What a command is asked to do for one git tag. */
export type GitTagRequest =
  | PlanRequest
  | ReleaseRequest
  | BuildRequest
  | PushRequest
  | PromoteRequest
  | VerifyRequest

export type Request = GitTagRequest | AuditRequest
