import type { Service, VersionRequest } from '../commands/request.ts'
import { quoted } from '../inputs/invalid.ts'
import { invalidInput, type Mistake } from '../inputs/validated.ts'
import { matchRule } from '../policy/match.ts'

/**
 * The mistake of a service and a git tag that stand in each other's place: there, `*` would take the service for a git
 * tag, and the image would be called after a version.
 */
export const swappedArguments = ({
  policy,
  service,
  gitTag,
}: VersionRequest & Pick<Service, 'service'>): readonly Mistake[] => {
  const isVersion = (text: string): boolean =>
    /[0-9]/.test(text) &&
    policy.rules.some(rule => rule.pattern.kind === 'tokens' && matchRule(rule, text).kind === 'match')
  if (!isVersion(service) || isVersion(gitTag)) return []
  return [
    invalidInput(
      ['service', 'tag'],
      `<service> is ${quoted(service)} and <tag> is ${quoted(gitTag)}, which looks like the wrong way round.`,
      'The order is <service> <tag> <registry> <project>.',
    ),
  ]
}
