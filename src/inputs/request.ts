import { lstatSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { AuditRequest, GitTagRequest, Request } from '../commands/request.ts'
import { repositoryAt } from '../git/remote.ts'
import { decide } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import { versionOfGitTag } from '../policy/version-order.ts'
import { ON_EXISTING, STABLE } from '../reconcile/state.ts'
import { oneLine } from '../text.ts'
import { buildOf } from './build.ts'
import { checksOf, gitHubOf, packageOf } from './gates.ts'
import { sourceImageOf } from './images.ts'
import { withoutSecrets } from './pasted-secrets.ts'
import { lookAt } from './paths.ts'
import { policyOf } from './policy.ts'
import type { RunContext } from './run-context.ts'
import { servicesOf } from './services.ts'
import type { InputTexts, Reading } from './texts.ts'
import { usedOf } from './used.ts'

const COMMANDS = ['release', 'plan', 'build', 'push', 'promote', 'verify', 'audit'] as const

/** Throws one error for all mistakes, also those noted before. */
export function requestOf(
  given: InputTexts,
  run: RunContext,
  process: Pick<Reading, 'mistakes' | 'log' | 'env'>,
): Request {
  const { mistakes } = process
  const texts = withoutSecrets(given, mistakes)
  const reading = { ...process, texts, run }
  const command = mistakes.oneOf('command', texts.command, COMMANDS)
  const policy = policyOf(reading)
  const common = {
    policy,
    // A plan takes what any command takes.
    services: servicesOf(command ?? 'plan', reading),
    credentials: credentialsOf(reading),
    stable: mistakes.oneOf('stable', texts.stable, STABLE) ?? 'on-release',
    withRecords: mistakes.oneOf('record', texts.record, ['true', 'false']) === 'true',
  }
  if (command === undefined) return mistakes.orThrow<Request>(command)
  if (command !== 'audit') return versionRequestOf(command, common, reading)
  const from = fromOf(policy, reading)
  const used = usedOf(common.services, reading)
  return mistakes.orThrow({ command, ...common, from, used, page: htmlFileOf(reading) })
}

function versionRequestOf(
  command: GitTagRequest['command'],
  common: Omit<AuditRequest, 'command' | 'from' | 'used' | 'page'>,
  reading: Reading,
): GitTagRequest {
  const { texts, run, mistakes } = reading
  const releases = command === 'release' || command === 'plan'
  const promotes = releases || command === 'push' || command === 'promote'
  for (const input of ['from', 'used', 'html-file'] as const)
    if (texts[input] !== '') mistakes.about(input, texts[input])('it is for audit alone', 'Leave it out.')
  const gitTag = gitTagOf(reading)
  const decision = decisionOf(common.policy, gitTag, reading)
  if (command === 'promote' && decision?.copies.length === 0) {
    const what = `By rule ${decision.rule}, ${decision.first.tag} gets no other tag.`
    const remedy = 'Use a git tag that gets stable tags, or change the policy.'
    mistakes.add('tag', what, remedy, 'nothing-to-promote')
  }
  const builds = texts['source-image'] === '' && (releases || command === 'build')
  const build = builds ? buildOf(gitTag, common.services[0], reading) : undefined
  const version = {
    ...common,
    sourceImage: sourceImageOf(command, reading),
    onExisting: mistakes.oneOf('on-existing', texts['on-existing'], ON_EXISTING) ?? 'fail',
    package: builds && releases ? packageOf(gitTag, reading) : undefined,
    checks: promotes ? checksOf(reading) : undefined,
    recordedRun: common.withRecords ? run.recorded : undefined,
    revision: run.tag === gitTag ? run.sha : undefined,
    isLookedAt: run.isLookedAt,
    source: { address: run.repositoryUrl && repositoryAt(run.repositoryUrl), github: gitHubOf(reading) },
    decision: mistakes.orThrow(decision),
  }
  const { sourceImage } = version
  if (command === 'release' && sourceImage !== undefined) return { command, ...version, sourceImage }
  if (command === 'release') return { command, ...version, build: mistakes.orThrow(build) }
  if (command === 'build') return { command, ...version, build: mistakes.orThrow(build) }
  return { command, ...version }
}

function gitTagOf({ texts: { tag }, run, mistakes }: Reading) {
  const what = `There is no git tag to release: tag is empty, and the run is for ${run.ref}.`
  const remedy = 'Run the workflow on a tag, or give tag.'
  if (tag === '' && run.tag === undefined) mistakes.empty('tag', what, remedy)
  if (!tag.startsWith('refs/')) return tag || (run.tag ?? '')
  mistakes.about('tag', tag)('it is a whole ref', 'Write a git tag such as 2.3.4.')
  return ''
}

function decisionOf(policy: Policy, gitTag: string, { mistakes }: Reading) {
  if (gitTag === '' || policy.rules.length === 0) return undefined
  const decision = decide(policy, gitTag)
  if (decision.kind === 'planned') return decision
  const remedy = 'Use another git tag, or change the policy.'
  mistakes.add('tag', oneLine(decision.reason), remedy, 'tag-refused')
  return undefined
}

function fromOf(policy: Policy, { texts: { from, tag }, mistakes }: Reading) {
  if (tag !== '') mistakes.about('tag', tag)('audit is for every version', 'Use from, or verify.')
  if (from !== '' && policy.rules.length > 0 && versionOfGitTag(policy, from) === undefined)
    mistakes.about('from', from)('no rule with numbers matches it', 'Write the git tag of a version.')
  return from || undefined
}

function htmlFileOf({ texts: { 'html-file': file }, run, mistakes }: Reading): AuditRequest['page'] {
  if (file === '') return undefined
  const { kind, path, problem } = lookAt(dirname(file), run)
  const whole = join(path, basename(file))
  // It is replaced: a device or a link must stay.
  const isFile = kind !== 'directory' || lstatSync(whole, { throwIfNoEntry: false })?.isFile() !== false
  const wrong = isFile ? undefined : 'something else than a file is there'
  const why = kind === 'directory' ? wrong : `of its directory, ${problem}`
  mistakes.about('html-file', file)(why, 'Write a path such as page.html; its directory must exist.')
  return { file: whole, madeBy: run.recorded }
}

function credentialsOf({ texts: { username, password }, mistakes }: Reading): Request['credentials'] {
  if (username !== '' && password !== '') return { kind: 'password', username, password }
  const missing = username === '' ? 'username' : 'password'
  const remedy = "Give username and password, or neither to use docker's login."
  if (username !== password) mistakes.empty(missing, `${missing} is empty.`, remedy)
  return undefined
}
