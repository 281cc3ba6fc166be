import type { Finding } from '../reconcile/audit-findings.ts'
import type { Use } from '../reconcile/used-findings.ts'
import type { PromotionNote } from '../registry/promotion-record.ts'
import type { Digest } from '../registry/reference.ts'

/** What `audit` found. Its JSON is the output `json`. */
export interface AuditResult {
  readonly command: 'audit'
  /** The oldest version that is judged; without it, all are. */
  readonly from: string | undefined
  readonly records: 'read' | 'not-read' | 'unsupported'
  readonly services: readonly AuditedService[]
}

export interface AuditedService {
  readonly service: string
  readonly image: string
  readonly problem?: string | undefined
  /** Of no version. */
  readonly otherTags: number
  readonly otherTagsSuchAs: readonly string[]
  readonly recordsProblem?: string | undefined
  readonly olderVersions: number
  /** The same for all services, the newest first. */
  readonly versions: readonly AuditedVersion[]
  /** Nothing without the input `used`. */
  readonly used?: readonly AuditedUse[] | undefined
}

export interface AuditedUse extends Omit<Use, 'service'> {
  /** The versions whose image it is. */
  readonly gitTags: readonly string[]
  readonly finding?: Finding | undefined
  readonly problem?: string | undefined
}

export interface AuditedVersion {
  readonly gitTag: string
  readonly rule: string
  /** `published`: no stable tag is due, or one that has moved on; `absent`: no fault. */
  readonly state: 'stable' | 'published' | 'waiting' | 'wrong' | 'absent' | 'unread'
  /** The image of the first tag. */
  readonly digest: Digest | undefined
  /** That lead to the image. */
  readonly stableTags: readonly StableTag[]
  /** Fixed ones that do not. */
  readonly inDoubt?: readonly StableTag[]
  readonly findings: readonly Finding[]
  readonly problem?: string
}

interface StableTag {
  readonly tag: string
  readonly reference: string
  readonly moving: boolean
  readonly record?: PromotionNote | undefined
}

/** The newest version first; last what is used. */
export function findingsIn({ services }: AuditResult) {
  return services
    .flatMap(({ service, versions, used = [] }) => [
      ...versions.flatMap(({ findings }, row) =>
        findings.map(finding => ({ service, finding, row, at: undefined })),
      ),
      ...used.flatMap(({ finding, at }) => (finding ? [{ service, finding, at, row: versions.length }] : [])),
    ])
    .toSorted((one, other) => one.row - other.row)
}
