import type { Build } from '../docker/build.ts'
import type { ChecksGate } from '../gates/checks.ts'
import type { PackageGate } from '../gates/package.ts'
import type { RepositoryAddress } from '../git/remote.ts'
import type { GitHubRepository } from '../github/repository.ts'
import type { Policy } from '../policy/policy.ts'
import type { OnExisting, Stable } from '../reconcile/terms.ts'
import type { RecordedRun } from '../record/promotion.ts'
import type { PasswordCredentials } from '../registry/authorization.ts'
import type { Digest, Repository } from '../registry/reference.ts'
import type { Some } from '../some.ts'

/** What every command knows: the git tag, and what decides its image tags. Nothing in a request is checked again. */
export interface VersionRequest {
  readonly gitTag: string
  readonly policy: Policy
}

/** A service, and where its images are. */
export interface Service {
  readonly service: string
  readonly repository: Repository
}

/** A service whose image is published. */
export interface PublishedService extends Service {
  /** What the image must be. */
  readonly digest: Digest | undefined
}

export interface PlanRequest extends VersionRequest {
  readonly command: 'plan'
  readonly services: Some<Service>
  readonly stable: Stable
}

/** The account at the registry. */
interface WithCredentials {
  /** What the caller gives; without it, docker's stored credentials serve. */
  readonly credentials: PasswordCredentials | undefined
}

/** What every command knows that brings an image into the registry. */
export interface PublishRequest extends VersionRequest, Service, WithCredentials {
  readonly onExisting: OnExisting
  readonly stable: Stable
  /** The commit of the git tag, as far as it is known. */
  readonly revision: string | undefined
  /** Checks that must have passed before stable tags are written. */
  readonly checks: ChecksGate | undefined
  /** What a record of the decision says of the run; nothing if none is to be stored. */
  readonly recordedRun: RecordedRun | undefined
}

/** What a run knows of the repository that the git tag is of. */
export interface TagRepository {
  readonly address: RepositoryAddress | undefined
  /** Where its commits can be asked for. */
  readonly github: GitHubRepository | undefined
  /** How to get the git tag checked out, as a sentence. */
  readonly checkout: string
}

export interface ReleaseRequest extends PublishRequest {
  readonly command: 'release'
  readonly build: Build
  readonly source: TagRepository
  /** A package that must be there before the image is built. */
  readonly package: PackageGate | undefined
}

/** Builds the image on this machine, under every fixed tag; the registry is not asked. */
export interface BuildRequest extends VersionRequest, Service, WithCredentials {
  readonly command: 'build'
  readonly build: Build
  readonly revision: string | undefined
  readonly source: TagRepository
}

/** Publishes what `build` has built. */
export interface PushRequest extends PublishRequest {
  readonly command: 'push'
}

/** Gives published images their other tags: all of them, or none. */
export interface PromoteRequest extends VersionRequest, WithCredentials {
  readonly command: 'promote'
  readonly services: Some<PublishedService>
  readonly isLookedAt: boolean
  /** The commit of the git tag, as far as it is known. */
  readonly revision: string | undefined
  readonly source: TagRepository
  readonly checks: ChecksGate | undefined
  /** What a record of the decision says of the run; nothing if none is to be stored. */
  readonly recordedRun: RecordedRun | undefined
}

export interface VerifyRequest extends VersionRequest, WithCredentials {
  readonly command: 'verify'
  readonly services: Some<PublishedService>
  readonly stable: Stable
  /** Whether records of decisions are looked for. */
  readonly withRecords: boolean
}

/** Compares the registry with the policy for every version. */
export interface AuditRequest extends WithCredentials {
  readonly command: 'audit'
  readonly policy: Policy
  readonly services: Some<Service>
  readonly stable: Stable
  /** The git tag of the oldest version that is judged; without it, all are. */
  readonly from: string | undefined
  /** Whether records of decisions are looked for. */
  readonly withRecords: boolean
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
