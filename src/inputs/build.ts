import { existsSync, statSync } from 'node:fs'
import type { Build } from '../docker/build.ts'
import { ReleaseError } from '../errors.ts'
import { type Invalid, linesOf } from './invalid.ts'
import type { InputTexts } from './read.ts'
import type { RunContext } from './run-context.ts'
import { fromWorkspace } from './workspace-path.ts'

/** Addresses that docker fetches itself: https, git, ssh, and the short form of GitHub. */
const REMOTE_CONTEXT = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/i

/** A password before the host, or over http the only thing there, as tokens are written. */
const SECRET_IN_ADDRESS = /^(?:[a-z]+:\/\/[^/@]*:[^/@]+@|https?:\/\/[^/@]+@)/i

const checkRemoteContext = (context: string): void => {
  if (!SECRET_IN_ADDRESS.test(context)) return
  const withoutSecret = context.replace(/:\/\/[^/@]*@/, '://')
  throw new ReleaseError('invalid-input', {
    what: `The input context has a password or a token in its address, at ${withoutSecret}.`,
    wayOut:
      'It would be seen in the list of processes. Leave it out, and give docker the token with build-options: --secret=id=GIT_AUTH_TOKEN,env=….',
  })
}

const checkLocalContext = (context: string, file: string, workspace: string, invalid: Invalid): void => {
  const directory = fromWorkspace(workspace, context)
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
  const dockerfile = fromWorkspace(workspace, file === '' ? `${context}/Dockerfile` : file)
  if (existsSync(dockerfile)) return
  if (file === '') {
    throw invalid('context', context, 'it has no Dockerfile', 'Name the Dockerfile with the input file.')
  }
  const inContext = existsSync(fromWorkspace(directory, file))
  throw invalid(
    'file',
    file,
    `there is no file ${dockerfile}`,
    inContext
      ? `Paths start from the workspace: write ${context}/${file}.`
      : 'Write its path from the workspace.',
  )
}

const buildArgsOf = (text: string, gitTag: string, invalid: Invalid): string[] => {
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
const ownLabels = (service: string, gitTag: string, url: string | undefined): ReadonlyMap<string, string> => {
  return new Map(
    Object.entries({
      title: service,
      version: gitTag,
      source: url,
      'ref.name': gitTag,
      url:
        url === undefined ? undefined : `${url}/tree/${gitTag.split('/').map(encodeURIComponent).join('/')}`,
    }).flatMap(([name, value]) => (value === undefined ? [] : [[`${OWN_LABELS}${name}`, value] as const])),
  )
}

const labelsOf = (text: string, own: ReadonlyMap<string, string>, invalid: Invalid): string[] => {
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

const buildOptionsOf = (text: string, invalid: Invalid): string[] =>
  linesOf(text).map(option => {
    const name = option.split(/[=\s]/, 1)[0] ?? ''
    const why = OWN_OPTIONS[name]
    if (why !== undefined) throw invalid('build-options', name, why, 'Leave the line out.')
    if (!/^--[a-z]/.test(name)) {
      const wayOut = 'Write one option a line in its long form, such as --platform=linux/amd64.'
      throw invalid('build-options', option, 'it is not a long option', wayOut)
    }
    if (/^\S+\s/.test(option) && !option.slice(0, option.search(/\s/)).includes('=')) {
      const written = option.replace(/\s+/, '=')
      throw invalid('build-options', option, 'each line is one argument', `Write ${written}.`)
    }
    return option
  })

/** What is built, and how. Throws `invalid-input`. */
export const buildOf = (
  texts: InputTexts,
  { run, gitTag }: { run: RunContext; gitTag: string },
  invalid: Invalid,
): Build => {
  const { context, file } = texts
  if (REMOTE_CONTEXT.test(context)) checkRemoteContext(context)
  else checkLocalContext(context, file, run.workspace, invalid)
  const own = ownLabels(texts.service, gitTag, run.repositoryUrl)
  return {
    context,
    file: file === '' ? undefined : file,
    buildArgs: buildArgsOf(texts['build-args'], gitTag, invalid),
    labels: labelsOf(texts.labels, own, invalid),
    options: buildOptionsOf(texts['build-options'], invalid),
  }
}
