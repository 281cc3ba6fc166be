import type { VersionRequest } from '../commands/request.ts'
import { matchRule } from '../policy/match.ts'
import { usageError } from './arguments.ts'

/**
 * Refuses a service and a git tag that stand in each other's place: there, `*` would take the service for a git tag,
 * and the image would be called after a version. Throws `invalid-input`.
 */
export const refuseSwapped = ({ policy, service, gitTag }: VersionRequest): void => {
  const isVersion = (text: string): boolean =>
    /[0-9]/.test(text) &&
    policy.rules.some(rule => rule.pattern.kind === 'tokens' && matchRule(rule, text).kind === 'match')
  if (!isVersion(service) || isVersion(gitTag)) return
  throw usageError(
    `<service> is ${JSON.stringify(service)} and <tag> is ${JSON.stringify(gitTag)}, which looks like the wrong way round.`,
    'The order is <service> <tag> <registry> [project].',
  )
}
