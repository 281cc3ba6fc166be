import type { Request, VersionRequest } from '../commands/request.ts'
import { repositoryAt } from '../git/remote.ts'
import type { Warning } from '../log.ts'
import { decide } from '../policy/decide.ts'
import { boundBy } from '../policy/pattern.ts'
import type { Policy } from '../policy/policy.ts'
import { versionOfGitTag } from '../policy/version-order.ts'
import { ON_EXISTING, STABLE } from '../reconcile/constraints.ts'
import type { PasswordCredentials } from '../registry/credentials.ts'
import { hasInvisible } from '../text.ts'
import { buildArgWarnings, buildOf } from './build.ts'
import { checksGateOf, packageGateOf, repositoryOnGitHub } from './gates.ts'
import type { Mistakes } from './mistakes.ts'
import { withoutSecrets } from './pasted-secrets.ts'
import { policyOf } from './policy.ts'
import type { RunContext } from './run-context.ts'
import { servicesOf } from './services.ts'
import type { InputTexts } from './texts.ts'

const COMMANDS = ['release', 'plan', 'build', 'push', 'promote', 'verify', 'audit'] as const

/**
 * Makes the request of the inputs and the context of the run: everything in it is checked, and the policy has decided.
 *
 * Throws one error for all mistakes, those that were noted before, too.
 */
export function requestOf(
  given: InputTexts,
  run: RunContext,
  { mistakes, warn }: { mistakes: Mistakes; warn: (warning: Warning) => void },
): Request {
  const texts = withoutSecrets(given, mistakes)
  const command = mistakes.oneOf('command', texts.command, COMMANDS)
  const policy = policyOf(texts, run, mistakes, warn)
  const services = servicesOf(command, texts, mistakes)
  const [first] = services
  const common = {
    policy,
    services,
    credentials: credentialsOf(texts, mistakes),
    stable: mistakes.oneOf('stable', texts.stable, STABLE),
    withRecords: mistakes.oneOf('record', texts.record, ['true', 'false']) === 'true',
  }
  if (command === 'audit') {
    const from = fromOf(texts, policy, mistakes)
    mistakes.throwIfAny()
    return { command, ...common, from }
  }
  if (texts.from !== '')
    mistakes.invalid('from', texts.from, `it is for audit, and the command is ${command}`, 'Leave it out.')
  const gitTag = gitTagOf(texts, run, mistakes)
  const decision = decisionOf(policy, gitTag, mistakes)
  if (command === 'promote' && decision?.copies.length === 0)
    mistakes.add(
      'tag',
      `There is no tag to promote ${decision.first.tag} to: rule ${decision.rule} gives none.`,
      'Promote the git tag of a release that has stable tags, or change the policy.',
      'nothing-to-promote',
    )
  const builds = command === 'release' || command === 'build' || command === 'plan'
  const build = builds ? buildOf(texts, { run, gitTag, repository: first?.repository }, mistakes) : undefined
  if (builds) for (const warning of buildArgWarnings(texts)) warn(warning)
  const packageGate = packageGateOf(builds ? texts : { ...texts, package: '' }, gitTag, mistakes)
  const asks = command === 'verify' || command === 'build' ? { ...texts, 'require-checks': '' } : texts
  const publication = {
    ...common,
    onExisting: mistakes.oneOf('on-existing', texts['on-existing'], ON_EXISTING),
    checks: checksGateOf(asks, run, mistakes),
    recordedRun: common.withRecords ? run.recorded : undefined,
    // The commit of the run is that of the git tag only if the run is for this tag.
    revision: run.tag === gitTag ? run.sha : undefined,
    isLookedAt: run.isLookedAt,
    source: {
      address: run.repositoryUrl === undefined ? undefined : repositoryAt(run.repositoryUrl),
      github: repositoryOnGitHub(texts, run),
    },
  }
  mistakes.throwIfAny()
  if (decision === undefined || first === undefined) throw new TypeError('a mistake was lost')
  const version = { ...publication, decision, service: first }
  if (command === 'plan' || command === 'verify' || command === 'promote' || command === 'push')
    return { command, ...version }
  if (build === undefined) throw new TypeError('a mistake was lost')
  return { command, ...version, build, package: packageGate }
}

/** What the policy makes of the git tag. */
function decisionOf(
  policy: Policy,
  gitTag: string,
  mistakes: Mistakes,
): VersionRequest['decision'] | undefined {
  if (gitTag === '' || policy.rules.length === 0) return undefined
  const decision = decide(policy, gitTag)
  if (decision.kind === 'planned') return decision
  mistakes.add('tag', decision.reason, 'Use another git tag, or change the policy.', 'tag-refused')
  return undefined
}

function gitTagOf({ tag }: InputTexts, run: RunContext, mistakes: Mistakes): string {
  const name = 'Write the name of one git tag.'
  if (/\s/.test(tag)) mistakes.invalid('tag', tag, 'no git tag has white space', name)
  else if (hasInvisible(tag)) mistakes.invalid('tag', tag, 'it has a character that can not be seen', name)
  else if (/^refs\/(?:tags|heads)\//.test(tag)) mistakes.invalid('tag', tag, 'it is a whole ref', name)
  else if (tag === '' && run.tag === undefined)
    mistakes.add(
      'tag',
      `There is no git tag to release: tag is empty, and the run is for ${run.ref}.`,
      'Run the workflow on a tag (on: push: tags), or give tag.',
    )
  else return tag || (run.tag ?? '')
  return ''
}

/** The git tag of the oldest version that an audit judges, if one is given. */
function fromOf({ from, tag }: InputTexts, policy: Policy, mistakes: Mistakes): string | undefined {
  if (tag !== '')
    mistakes.invalid('tag', tag, 'audit is for every version', 'Leave it out, or write it into from.')
  const patterns = policy.rules.flatMap(({ pattern }) =>
    pattern.kind === 'tokens' && boundBy(pattern).size > 0 ? [pattern.source] : [],
  )
  if (patterns.length === 0 && policy.rules.length > 0)
    mistakes.add(
      'policy',
      'No rule of the policy has numbers, and audit knows versions by their numbers.',
      'Add a rule such as "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable".',
    )
  else if (from !== '' && versionOfGitTag(policy, from) === undefined)
    mistakes.invalid(
      'from',
      from,
      'no rule with numbers matches it',
      `Write the git tag of the oldest version that is to be judged, one such as ${patterns.join(', ')}.`,
    )
  return from === '' ? undefined : from
}

/** The account at the registry, if one is given. */
function credentialsOf(
  { username, password }: InputTexts,
  mistakes: Mistakes,
): PasswordCredentials | undefined {
  if (username !== '' && password !== '') return { kind: 'password', username, password }
  if (username === password) return undefined
  const [missing, there] =
    username === '' ? (['username', 'password'] as const) : (['password', 'username'] as const)
  mistakes.add(
    missing,
    `${missing} is empty, and ${there} is not.`,
    'Give both, or neither to use the login that docker has. A secret or variable that does not exist is empty, too.',
  )
  return undefined
}
