import { ON_EXISTING } from '../commands/course.ts'
import { type Request, STABLE } from '../commands/request.ts'
import { ReleaseError } from '../errors.ts'
import {
  type Digest,
  isDigest,
  pathProblem,
  type Repository,
  registryProblem,
} from '../registry/reference.ts'
import { buildOf } from './build.ts'
import { type Caller, workflow } from './caller.ts'
import { checksGateOf, packageGateOf, sourceOf } from './gates.ts'
import { type Invalid, invalidFor, oneOf } from './invalid.ts'
import { policyOf } from './policy.ts'
import type { InputTexts } from './read.ts'
import type { RunContext } from './run-context.ts'

/** What somebody who pasted an address, or a whole path, should write instead. */
const registryWayOut = (given: string, { spell }: Caller): string => {
  const [host = '', ...path] = given
    .replace(/^https?:\/\//i, '')
    .split('/')
    .filter(part => part !== '')
  if (registryProblem(host) !== undefined) return 'Write the host of the registry, such as registry.cern.ch.'
  return path.length === 0
    ? `Write ${host}.`
    : `Write ${host}, and ${path.join('/')} into ${spell('project')}.`
}

/** The path without capitals and needless slashes, if that makes it one. */
const corrected = (registry: string, path: string): string | undefined => {
  const written = path
    .toLowerCase()
    .split('/')
    .filter(part => part !== '')
    .join('/')
  return written !== path && pathProblem(registry, written) === undefined ? `Write ${written}.` : undefined
}

const repositoryOf = ({ registry, project, service }: InputTexts, caller: Caller): Repository => {
  const invalid = invalidFor(caller)
  const registryWrong = registryProblem(registry)
  if (registryWrong !== undefined) {
    throw invalid('registry', registry, registryWrong, registryWayOut(registry, caller))
  }
  if (service.includes('/')) {
    throw invalid(
      'service',
      service,
      'it contains "/"',
      `Write the path before the last "/" into ${caller.spell('project')}.`,
    )
  }
  const serviceWrong = pathProblem(registry, service)
  if (serviceWrong !== undefined) {
    const wayOut = service.includes(':')
      ? `Write the name alone, ${service.split(':', 1)[0]}; the tag comes from the git tag.`
      : (corrected(registry, service) ?? 'Write the name of the image, such as reqmgr2.')
    throw invalid('service', service, serviceWrong, wayOut)
  }
  if (project === '') return { registry, path: service }
  const path = `${project}/${service}`
  const pathWrong = pathProblem(registry, path)
  if (pathWrong !== undefined) {
    const wayOut = corrected(registry, project) ?? 'Write a path such as cmsweb, or leave it empty.'
    throw invalid('project', project, pathWrong, wayOut)
  }
  return { registry, path }
}

const gitTagOf = ({ tag }: InputTexts, run: RunContext, invalid: Invalid): string => {
  if (/^refs\/tags\/./.test(tag)) {
    throw invalid('tag', tag, 'it is a whole ref', `Write ${tag.slice('refs/tags/'.length)}.`)
  }
  if (tag.startsWith('refs/heads/'))
    throw invalid('tag', tag, 'it is a branch', 'Write the name of a git tag.')
  if (/\s/.test(tag))
    throw invalid('tag', tag, 'no git tag has white space', 'Write the name of one git tag.')
  if (tag !== '') return tag
  if (run.tag !== undefined) return run.tag
  throw new ReleaseError('invalid-input', {
    what: `There is no git tag to release: the input tag is empty, and the run is for ${run.ref}.`,
    wayOut: 'Run the workflow on a tag (on: push: tags), or give the input tag.',
  })
}

const loginOf = ({ username, password }: InputTexts): { username: string; password: string } | undefined => {
  if (username === '' && password === '') return undefined
  if (username !== '' && password !== '') return { username, password }
  const missing = username === '' ? 'username' : 'password'
  throw new ReleaseError('invalid-input', {
    what: `The input ${missing} is empty, and ${missing === 'username' ? 'password' : 'username'} is not.`,
    wayOut:
      'Give both, or neither to use the login that docker has. A secret or variable that does not exist is empty too: check its name, and that this repository may read it.',
  })
}

const digestOf = ({ digest }: InputTexts, invalid: Invalid): Digest | undefined => {
  if (digest === '') return undefined
  if (isDigest(digest)) return digest
  throw invalid(
    'digest',
    digest,
    'it is not a digest',
    'Write it whole and alone, sha256: and 64 hexadecimal digits, as the output digest has it.',
  )
}

const COMMANDS = ['release', 'plan', 'build', 'push', 'promote', 'verify'] as const

/** A validated order, and what should be said of its policy. */
export interface Order {
  readonly request: Request
  readonly policyWarnings: string | undefined
}

/**
 * Makes a validated order of the inputs and the context of the run.
 *
 * Throws `invalid-input`, naming the input, what was given and what is allowed, or `invalid-policy`.
 */
export const orderOf = (texts: InputTexts, run: RunContext, caller: Caller = workflow): Order => {
  const invalid = invalidFor(caller)
  const command = oneOf('command', texts.command, COMMANDS, invalid)
  const repository = repositoryOf(texts, caller)
  const gitTag = gitTagOf(texts, run, invalid)
  const { policy, warnings: policyWarnings } = policyOf(texts, run.workspace, caller)
  const plan = { service: texts.service, repository, gitTag, policy }
  const order = (request: Request): Order => ({ request, policyWarnings })
  const stable = oneOf('stable', texts.stable, STABLE, invalid)
  if (command === 'plan') return order({ command, ...plan, stable })

  const login = loginOf(texts)
  const digest = digestOf(texts, invalid)
  if (command === 'verify') return order({ command, ...plan, login, digest, stable })

  const checks = checksGateOf(texts, run, invalid)
  if (command === 'promote') return order({ command, ...plan, login, digest, checks })

  if (digest !== undefined) {
    const wayOut = 'Leave it out, or use the command promote or verify.'
    throw invalid('digest', digest, `${command} does not know it before it has built`, wayOut)
  }
  // The commit of the run is that of the git tag only if the run is for this tag.
  const revision = run.tag === gitTag ? run.sha : undefined
  const onExisting = oneOf('on-existing', texts['on-existing'], ON_EXISTING, invalid)
  if (command === 'push') return order({ command, ...plan, login, stable, checks, revision, onExisting })

  const build = buildOf(texts, { run, gitTag, caller })
  const source = sourceOf(texts, run)
  if (command === 'build') return order({ command, ...plan, login, build, revision, source })
  const gate = packageGateOf(texts, gitTag, caller)
  return order({
    command,
    ...plan,
    login,
    stable,
    checks,
    revision,
    onExisting,
    build,
    source,
    package: gate,
  })
}
