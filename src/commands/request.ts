import type { Build } from '../docker/build.ts'
import type { ChecksGate } from '../gates/checks.ts'
import type { PackageGate } from '../gates/package.ts'
import type { GitHubRepository } from '../github/client.ts'
import type { Planned } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { OnExisting, Stable } from '../reconcile/state.ts'
import type { Use } from '../reconcile/used-findings.ts'
import type { PasswordCredentials } from '../registry/credentials.ts'
import type { RecordedRun } from '../registry/promotion-record.ts'
import type { Digest, ImageReference, Repository } from '../registry/reference.ts'

export interface PublishedService {
  readonly service: string
  readonly repository: Repository
  /** What its image must be, if that was given. */
  readonly digest: Digest | undefined
  /** Repositories that get the same tags. */
  readonly mirrors: readonly Repository[]
}

/** Nothing in a request is checked again. */
interface AnyRequest {
  readonly policy: Policy
  /** At least one. */
  readonly services: readonly PublishedService[]
  /** Without it, docker's stored credentials serve. */
  readonly credentials: PasswordCredentials | undefined
  readonly stable: Stable
  /** Whether records are stored, or looked for. */
  readonly withRecords: boolean
}

export interface VersionRequest extends AnyRequest {
  readonly decision: Planned
  /** The commit of the git tag, if it is known. */
  readonly revision: string | undefined
  /** At the images whose digests are given. */
  readonly isLookedAt: boolean
  /** The repository of the git tag, and where GitHub has it. */
  readonly source: {
    readonly address: string | undefined
    readonly github: GitHubRepository | undefined
  }
  /** If nothing is built. */
  readonly sourceImage: ImageReference | undefined
  readonly onExisting: OnExisting
  /** Before stable tags are written. */
  readonly checks: ChecksGate | undefined
  /** If a record is to be stored. */
  readonly recordedRun: RecordedRun | undefined
}

/** `release`, and `build`, which pushes nothing. */
export interface BuildingRequest extends VersionRequest {
  readonly build: Build
  /** Before the image is built. */
  readonly package: PackageGate | undefined
}

export type PlanRequest = VersionRequest & { readonly command: 'plan' }
export type ReleaseRequest = BuildingRequest & { readonly command: 'release' }
export type SourceImageRequest = VersionRequest & { command: 'release'; sourceImage: ImageReference }
export type BuildRequest = BuildingRequest & { readonly command: 'build' }
export type PushRequest = VersionRequest & { readonly command: 'push' }
export type PromoteRequest = VersionRequest & { readonly command: 'promote' }
export type VerifyRequest = VersionRequest & { readonly command: 'verify' }

export interface AuditRequest extends AnyRequest {
  readonly command: 'audit'
  /** The oldest version that is judged; without it, all are. */
  readonly from: string | undefined
  /** The HTML file that is written. */
  readonly page: { readonly file: string; readonly madeBy: RecordedRun } | undefined
  /** The images that the files of `used` name, if it is given. */
  readonly used: readonly Use[] | undefined
}

export type GitTagRequest =
  | PlanRequest
  | ReleaseRequest
  | SourceImageRequest
  | BuildRequest
  | PushRequest
  | PromoteRequest
  | VerifyRequest

export type Request = GitTagRequest | AuditRequest
