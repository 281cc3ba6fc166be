import type { PlannedTag } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'

/** What should be in one repository for one git tag. */
export interface Desired {
  readonly policy: Policy
  readonly gitTag: string
  /** The tag that is built. */
  readonly first: PlannedTag
  /** The tags that become copies of it, fixed before moving. */
  readonly copies: readonly PlannedTag[]
}
