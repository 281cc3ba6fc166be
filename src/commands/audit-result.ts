import type { Finding } from '../reconcile/findings.ts'
import type { PromotionNote } from '../record/promotion.ts'
import type { Digest } from '../registry/reference.ts'
import type { Some } from '../some.ts'

/** A stable tag of a version. */
export interface StableTag {
  readonly tag: string
  readonly reference: string
  readonly moving: boolean
  /** What a record that is stored with the image tells of it. */
  readonly record?: PromotionNote
}

/** What one service has of a version. */
export interface AuditedVersion {
  /** The git tag. */
  readonly gitTag: string
  readonly rule: string
  /**
   * `stable`: every fixed stable tag leads to the image; `published`: it has none, by
   * the policy, or only one that moves and has moved on; `waiting`: a stable tag
   * waits for its promotion; `wrong`: something must not be as it is; `absent`: it is not there, and may have expired;
   * `unread`: something of it could not be read.
   */
  readonly state: 'stable' | 'published' | 'waiting' | 'wrong' | 'absent' | 'unread'
  /** The image of the first tag. */
  readonly digest: Digest | undefined
  /** Those that lead to the image. */
  readonly stableTags: readonly StableTag[]
  /** Those that are there, and do not lead to it: who wrote them is what the reader needs then. */
  readonly inDoubt?: readonly StableTag[]
  readonly findings: readonly Finding[]
  /** Why it could not be read. */
  readonly problem?: string
}

/** What was found of one service. */
export interface AuditedService {
  readonly service: string
  /** `registry/project/service`. */
  readonly image: string
  /** Why it could not be read, or that it has no version at all. */
  readonly problem?: string
  /** How many image tags no rule with numbers gives. */
  readonly otherTags: number
  /** Some of them. */
  readonly otherTagsSuchAs: readonly string[]
  /** What keeps records of it from being read. */
  readonly recordsProblem?: string
  /** How many versions are older than `from`, and not judged. */
  readonly olderVersions: number
  /** Every version that is judged, the newest first; the same for all services. */
  readonly versions: readonly AuditedVersion[]
}

/** What `audit` found; everything that is reported is in here. */
export interface AuditResult {
  readonly command: 'audit'
  /** The oldest version that is judged, if one was given. */
  readonly from: string | undefined
  /** Whether records were read; `unsupported` if the registry has no place for them. */
  readonly records: 'read' | 'not-read' | 'unsupported'
  readonly services: Some<AuditedService>
}

/** Every finding, with where it is. */
export const findingsIn = ({
  services,
}: AuditResult): readonly {
  readonly service: string
  readonly version: AuditedVersion
  readonly finding: Finding
}[] =>
  services.flatMap(({ service, versions }) =>
    versions.flatMap(version => version.findings.map(finding => ({ service, version, finding }))),
  )
