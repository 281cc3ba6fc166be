import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Decision, decide, type PlannedTag } from '../policy/decide.ts'
import type { Desired } from '../reconcile/desired.ts'
import { AWAITS_PROMOTION } from '../reconcile/terms.ts'
import { imageName, tagged } from '../registry/reference.ts'
import { mapSome, type Some } from '../some.ts'
import type { Journal } from './journal.ts'
import type { GitTagRequest, PlanRequest, Service, VersionRequest } from './request.ts'
import type { ImageTagResult, Result, ServiceResult } from './result.ts'

/** What is to be published for one service, and the result to which nothing has happened yet. */
export interface Plan {
  readonly desired: Desired
  readonly result: ServiceResult
}

type Planned = Exclude<Decision, { kind: 'refused' }>

/** Throws `nothing-to-promote` unless the git tag has something to be promoted to. */
export const requireCopies = ({ first, copies, rule }: Planned): void => {
  if (copies.length > 0) return
  throw new ReleaseError('nothing-to-promote', {
    what: `There is no tag to promote ${first.tag} to: rule ${rule} gives none.`,
    remedy: 'Promote the git tag of a release that has stable tags, or change the policy.',
  })
}

/** What the policy makes of the git tag. Throws `tag-refused` when it has no image tag for it. */
export const decisionOf = ({ policy, gitTag }: Pick<VersionRequest, 'policy' | 'gitTag'>): Planned => {
  const decision = decide(policy, gitTag)
  if (decision.kind === 'refused') {
    throw new ReleaseError('tag-refused', {
      what: decision.reason,
      remedy: 'Nothing was built. Use another git tag, or change the policy.',
    })
  }
  return decision
}

/**
 * Decides which image tags the git tag gets; touches neither docker nor the network.
 *
 * Throws `tag-refused` when the policy has no image tag for it.
 */
export const planOf = (request: VersionRequest & Service): Plan => {
  const { gitTag, service, repository, policy } = request
  const { first, copies } = decisionOf(request)
  const planned = (tag: PlannedTag): ImageTagResult => ({
    ...tag,
    reference: tagged(repository, tag.tag),
    outcome: 'planned',
  })
  const tags = [planned(first), ...copies.map(planned)] as const
  const image = imageName(repository)
  return {
    desired: { policy, gitTag, first, copies },
    result: { service, image, tags, digest: undefined },
  }
}

/** What became of all services of a request. */
export const resultOf = (
  request: VersionRequest & Pick<GitTagRequest, 'command'>,
  services: Some<ServiceResult>,
): Result => {
  const { command, gitTag } = request
  const { rule, reason } = decisionOf(request)
  return { command, gitTag, rule, reason, services }
}

/** The tags that belong to this version alone, the first first: what is tagged on the machine that builds. */
export const fixedTags = ({ result }: Plan): readonly [ImageTagResult, ...ImageTagResult[]] => {
  const [first, ...copies] = result.tags
  return [first, ...copies.filter(({ moving }) => !moving)]
}

/** Plans for all services, and says so. Throws `tag-refused`. */
export const announcedPlans = <T extends Service>(
  request: VersionRequest & Pick<GitTagRequest, 'command'>,
  services: Some<T>,
  { log, journal }: { log: Log; journal: Journal },
): Some<Plan & { readonly of: T }> => {
  const plans = mapSome(services, of => ({ ...planOf({ ...request, ...of }), of }))
  const result = resultOf(
    request,
    mapSome(plans, ({ result }) => result),
  )
  log.info(result.reason)
  journal.planned(result)
  return plans
}

/** Plans for one service, and says so. Throws `tag-refused`. */
export const announcedPlan = (
  request: VersionRequest & Service & Pick<GitTagRequest, 'command'>,
  tools: { log: Log; journal: Journal },
): Plan => announcedPlans(request, [request], tools)[0]

/** The result of the command `plan`: the stable tags are withheld if they are not written at once. Throws `tag-refused`. */
export const decidePlan = (request: PlanRequest): Result => {
  const outcomeOf = (tag: ImageTagResult): ImageTagResult =>
    tag.stable && request.stable === 'on-promotion'
      ? { ...tag, outcome: 'withheld', note: AWAITS_PROMOTION }
      : tag
  return resultOf(
    request,
    mapSome(request.services, service => {
      const { result } = planOf({ ...request, ...service })
      return { ...result, tags: mapSome(result.tags, outcomeOf) }
    }),
  )
}

/** The command `plan`. Throws `tag-refused`. */
export const plan = (request: PlanRequest, tools: { log: Log; journal: Journal }): Result => {
  announcedPlans(request, request.services, tools)
  return decidePlan(request)
}
