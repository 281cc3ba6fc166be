import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { ON_EXISTING } from '../commands/course.ts'
import { type Request, STABLE } from '../commands/request.ts'
import { type InputName, inputs } from '../contract.ts'
import type { Build } from '../docker/build.ts'
import { ReleaseError } from '../errors.ts'
import {
  type Digest,
  isDigest,
  pathProblem,
  type Repository,
  registryProblem,
} from '../registry/reference.ts'
import { nearMiss } from './near-miss.ts'
import { type NamedPolicy, policyFromFile, policyFromText } from './policy.ts'
import type { InputTexts } from './read.ts'
import type { RunContext } from './run-context.ts'

const invalid = (input: InputName, given: string, problem: string, wayOut: string): ReleaseError =>
  new ReleaseError('invalid-input', {
    what: `The input ${input} is ${JSON.stringify(given)}: ${problem}.`,
    wayOut,
  })

const oneOf = <T extends string>(input: InputName, given: string, allowed: readonly T[]): T => {
  const found = allowed.find(value => value === given)
  if (found !== undefined) return found
  const meant = nearMiss(given, allowed)
  throw invalid(
    input,
    given,
    'there is no such value',
    `${meant === undefined ? '' : `Did you mean ${meant}? `}Allowed are ${allowed.join(', ')}.`,
  )
}

const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')

const repositoryOf = ({ registry, project, service }: InputTexts): Repository => {
  const registryWrong = registryProblem(registry)
  if (registryWrong !== undefined) {
    throw invalid(
      'registry',
      registry,
      registryWrong,
      'Write the host of the registry, such as registry.cern.ch.',
    )
  }
  if (service.includes('/')) {
    throw invalid(
      'service',
      service,
      'it contains "/"',
      'Write the path before the last "/" into the input project.',
    )
  }
  const serviceWrong = pathProblem(registry, service)
  if (serviceWrong !== undefined) {
    throw invalid('service', service, serviceWrong, 'Write the name of the image, such as reqmgr2.')
  }
  if (project === '') return { registry, path: service }
  const path = `${project}/${service}`
  const pathWrong = pathProblem(registry, path)
  if (pathWrong !== undefined) {
    throw invalid('project', project, pathWrong, 'Write a path such as cmsweb, or leave it empty.')
  }
  return { registry, path }
}

const gitTagOf = ({ tag }: InputTexts, run: RunContext): string => {
  if (tag.startsWith('refs/tags/')) {
    throw invalid('tag', tag, 'it is a whole ref', `Write ${tag.slice('refs/tags/'.length)}.`)
  }
  if (tag !== '') return tag
  if (run.tag !== undefined) return run.tag
  throw new ReleaseError('invalid-input', {
    what: `There is no git tag to release: the input tag is empty, and the run is for ${run.ref}.`,
    wayOut: 'Run the workflow on a tag (on: push: tags), or give the input tag.',
  })
}

const policyOf = (texts: InputTexts, workspace: string): NamedPolicy => {
  const { policy, 'policy-file': file } = texts
  if (file === '') return policyFromText(policy)
  if (policy !== inputs.policy.default) {
    throw new ReleaseError('invalid-input', {
      what: 'The inputs policy and policy-file are both given.',
      wayOut: 'Leave one out: the policy comes from one place.',
    })
  }
  return policyFromFile(file, workspace)
}

/** Addresses that docker fetches itself: https, git, ssh, and the short form of GitHub. */
const REMOTE_CONTEXT = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/

const checkRemoteContext = (context: string): void => {
  const url = URL.canParse(context) ? new URL(context) : undefined
  if (url === undefined || url.password === '') return
  throw new ReleaseError('invalid-input', {
    what: `The input context has a password in its address, at ${url.host}.`,
    wayOut:
      'It would be seen in the list of processes. Leave it out, and give docker the token with build-options: --secret=id=GIT_AUTH_TOKEN,env=….',
  })
}

const checkLocalContext = (context: string, file: string, workspace: string): void => {
  const directory = resolve(workspace, context)
  if (context.startsWith('-')) {
    throw invalid(
      'context',
      context,
      'it begins with "-"',
      'Write a directory of the workspace, such as ./service.',
    )
  }
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw invalid(
      'context',
      context,
      `there is no directory ${directory}`,
      'Write a directory of the workspace; a step with actions/checkout must come before this one.',
    )
  }
  const dockerfile = file === '' ? resolve(directory, 'Dockerfile') : resolve(workspace, file)
  if (existsSync(dockerfile)) return
  if (file === '') {
    throw invalid('context', context, 'it has no Dockerfile', 'Name the Dockerfile with the input file.')
  }
  const inContext = existsSync(resolve(directory, file))
  throw invalid(
    'file',
    file,
    `there is no file ${dockerfile}`,
    inContext
      ? `Paths start from the workspace: write ${context}/${file}.`
      : 'Write its path from the workspace.',
  )
}

const buildArgsOf = (text: string, gitTag: string): string[] => {
  const args = linesOf(text)
  for (const argument of args) {
    const name = argument.split('=', 1)[0] ?? ''
    if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) {
      throw invalid(
        'build-args',
        name,
        'it is not the name of a build argument',
        'Write one NAME=value a line.',
      )
    }
    if (name === 'TAG') {
      throw invalid(
        'build-args',
        'TAG',
        'it is always the git tag',
        'Leave the line out, or use the input tag.',
      )
    }
  }
  return [`TAG=${gitTag}`, ...args]
}

const OWN_LABELS = 'org.opencontainers.image.'

/** What the image says of itself: image-spec v1.1, annotations.md, "Pre-Defined Annotation Keys". */
const ownLabels = (
  service: string,
  gitTag: string,
  { url, revision }: { url: string | undefined; revision: string | undefined },
): ReadonlyMap<string, string> => {
  return new Map(
    Object.entries({
      title: service,
      version: gitTag,
      revision,
      source: url,
      'ref.name': gitTag,
      url:
        url === undefined ? undefined : `${url}/tree/${gitTag.split('/').map(encodeURIComponent).join('/')}`,
    }).flatMap(([name, value]) => (value === undefined ? [] : [[`${OWN_LABELS}${name}`, value] as const])),
  )
}

const labelsOf = (text: string, own: ReadonlyMap<string, string>): string[] => {
  const labels = new Map(own)
  for (const line of linesOf(text)) {
    const equals = line.indexOf('=')
    const name = equals < 0 ? line : line.slice(0, equals)
    if (equals < 1 || /\s/.test(name)) {
      throw invalid('labels', line, 'it is not name=value', 'Write one name=value a line.')
    }
    if (name === `${OWN_LABELS}revision` || name === `${OWN_LABELS}version`) {
      throw invalid(
        'labels',
        name,
        'it says what was released and is set by the action',
        'Leave the line out.',
      )
    }
    labels.set(name, line.slice(equals + 1))
  }
  return [...labels].map(([name, value]) => `${name}=${value}`)
}

/** Options of docker that the action sets itself, or that keep it from publishing, with the way to go. */
const OWN_OPTIONS: Readonly<Record<string, string>> = {
  '--tag': 'the policy says which tags there are',
  '--push': 'the image is always pushed',
  '--load': 'the image is pushed to the registry',
  '--output': 'the image is pushed to the registry',
  '--metadata-file': 'the action reads it itself',
  '--file': 'use the input file',
  '--build-arg': 'use the input build-args',
  '--label': 'use the input labels',
  '--call': 'it would build nothing',
  '--check': 'it would build nothing',
  '--print': 'it would build nothing',
}

const buildOptionsOf = (text: string): string[] =>
  linesOf(text).map(option => {
    const name = option.split('=', 1)[0] ?? ''
    if (!/^--[a-z]/.test(name)) {
      const wayOut = 'Write one option a line in its long form, such as --platform=linux/amd64.'
      throw invalid('build-options', option, 'it is not a long option', wayOut)
    }
    if (/\s/.test(name)) {
      const written = option.replace(/\s+/, '=')
      throw invalid('build-options', option, 'each line is one argument', `Write ${written}.`)
    }
    const why = OWN_OPTIONS[name]
    if (why !== undefined) throw invalid('build-options', name, why, 'Leave the line out.')
    return option
  })

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

const digestOf = ({ digest }: InputTexts): Digest | undefined => {
  if (digest === '') return undefined
  if (isDigest(digest)) return digest
  throw invalid(
    'digest',
    digest,
    'it is not a digest',
    'Write it whole, sha256: and 64 hexadecimal digits, as the output digest has it.',
  )
}

const buildOf = (
  texts: InputTexts,
  { run, gitTag, revision }: { run: RunContext; gitTag: string; revision: string | undefined },
): Build => {
  const { context, file } = texts
  if (REMOTE_CONTEXT.test(context)) checkRemoteContext(context)
  else checkLocalContext(context, file, run.workspace)
  const own = ownLabels(texts.service, gitTag, { url: run.repositoryUrl, revision })
  return {
    context,
    file: file === '' ? undefined : file,
    buildArgs: buildArgsOf(texts['build-args'], gitTag),
    labels: labelsOf(texts.labels, own),
    options: buildOptionsOf(texts['build-options']),
  }
}

const COMMANDS = ['release', 'plan', 'promote', 'verify'] as const

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
export const orderOf = (texts: InputTexts, run: RunContext): Order => {
  const command = oneOf('command', texts.command, COMMANDS)
  const repository = repositoryOf(texts)
  const gitTag = gitTagOf(texts, run)
  const { policy, warnings: policyWarnings } = policyOf(texts, run.workspace)
  const plan = { service: texts.service, repository, gitTag, policy }
  const order = (request: Request): Order => ({ request, policyWarnings })
  if (command === 'plan') return order({ command, ...plan })

  const login = loginOf(texts)
  const stable = oneOf('stable', texts.stable, STABLE)
  const digest = digestOf(texts)
  if (command === 'promote') return order({ command, ...plan, login, digest })
  if (command === 'verify') return order({ command, ...plan, login, digest, stable })

  if (digest !== undefined) {
    throw invalid(
      'digest',
      digest,
      'release does not know it before it has built',
      'Leave it out, or use the command promote or verify.',
    )
  }
  const onExisting = oneOf('on-existing', texts['on-existing'], ON_EXISTING)
  // The commit of the run is that of the git tag only if the run is for this tag.
  const revision = run.tag === gitTag ? run.sha : undefined
  return order({
    command,
    ...plan,
    login,
    stable,
    onExisting,
    revision,
    build: buildOf(texts, { run, gitTag, revision }),
  })
}
