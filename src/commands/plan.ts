import { ReleaseError } from '../errors.ts'
import { decide, type PlannedTag } from '../policy/decide.ts'
import { imageName, tagged } from '../registry/reference.ts'
import type { PlanRequest } from './request.ts'
import type { Result, TagOutcome } from './result.ts'

/** A plan: a result in which nothing has happened yet. */
export type Plan = Result & { readonly first: PlannedTag; readonly copies: readonly PlannedTag[] }

/**
 * Decides which image tags the git tag gets; touches neither docker nor the network.
 *
 * Throws `tag-refused` when the policy has no image tag for it.
 */
export const plan = (request: Omit<PlanRequest, 'command'>): Plan => {
  const decision = decide(request.policy, request.gitTag)
  if (decision.kind === 'refused') {
    throw new ReleaseError('tag-refused', {
      what: decision.reason,
      wayOut: 'Nothing was built. Use a git tag that the policy knows, or add a rule to the policy.',
    })
  }
  const { first, copies, rule, reason, gitTag } = decision
  return {
    command: 'plan',
    service: request.service,
    image: imageName(request.repository),
    gitTag,
    rule,
    reason,
    first,
    copies,
    tags: [first, ...copies].map(planned => ({
      ...planned,
      reference: tagged(request.repository, planned.tag),
      outcome: 'planned' satisfies TagOutcome,
    })),
    digest: undefined,
  }
}
