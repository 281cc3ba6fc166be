import type { Finding } from '../reconcile/audit-findings.ts'
import type { Digest } from '../registry/reference.ts'
import type { PromotionNote } from './record-content.ts'

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
  readonly gitTag: string
  readonly rule: string
  /**
   * `stable`: every fixed stable tag leads to the image; `published`: it has none, by the policy, or only one that moves and
   * has moved on; `waiting`: a stable tag waits for its promotion; `wrong`: something must not be as it is; `absent`: it is
   * not there, and may have expired; `unread`: something of it could not be read.
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
  /** How many image tags no rule with numbers gives, and some of them. */
  readonly otherTags: number
  readonly otherTagsSuchAs: readonly string[]
  /** What keeps records of it from being read. */
  readonly recordsProblem?: string
  /** How many versions are older than `from`, and not judged. */
  readonly olderVersions: number
  /** Every version that is judged, the newest first; the same for all services. */
  readonly versions: readonly AuditedVersion[]
}

/** What `audit` found. Its JSON is the output `json`. */
export interface AuditResult {
  readonly command: 'audit'
  /** The oldest version that is judged, if one was given. */
  readonly from: string | undefined
  /** Whether records were read; `unsupported` if the registry has no place for them. */
  readonly records: 'read' | 'not-read' | 'unsupported'
  readonly services: readonly AuditedService[]
}

/** Every finding, with where it is, of the newest version first. */
export function findingsIn({
  services,
}: AuditResult): readonly { readonly service: string; readonly finding: Finding }[] {
  const rows = Math.max(0, ...services.map(({ versions }) => versions.length))
  return Array.from({ length: rows }, (_, row) =>
    services.flatMap(({ service, versions }) =>
      (versions[row]?.findings ?? []).map(finding => ({ service, finding })),
    ),
  ).flat()
}
