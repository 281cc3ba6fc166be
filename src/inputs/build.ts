import { existsSync, statSync } from 'node:fs'
import type { InputName } from '../contract.ts'
import type { Build } from '../docker/build.ts'
import { ReleaseError } from '../errors.ts'
import { type Caller, capitalized } from './caller.ts'
import { type Invalid, invalidFor, linesOf } from './invalid.ts'
import type { InputTexts } from './read.ts'
import type { RunContext } from './run-context.ts'
import { fromWorkspace } from './workspace-path.ts'

/** Addresses that docker fetches itself: https, git, ssh, and the short form of GitHub. */
const REMOTE_CONTEXT = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/i

/** A password before the host, or over http the only thing there, as tokens are written. */
const SECRET_IN_ADDRESS = /^(?:[a-z]+:\/\/[^/@]*:[^/@]+@|https?:\/\/[^/@]+@)/i

const checkRemoteContext = (context: string, { spell }: Caller): void => {
  if (!SECRET_IN_ADDRESS.test(context)) return
  const withoutSecret = context.replace(/:\/\/[^/@]*@/, '://')
  throw new ReleaseError('invalid-input', {
    what: `${capitalized(spell('context'))} has a password or a token in its address, at ${withoutSecret}.`,
    wayOut:
      'It would be seen in the list of processes. Leave it out, and give docker the token with build-options: --secret=id=GIT_AUTH_TOKEN,env=….',
  })
}

const checkLocalContext = (context: string, file: string, workspace: string, caller: Caller): void => {
  const { spell, confined, aDirectory, root } = caller
  const invalid = invalidFor(caller)
  const directory = fromWorkspace(workspace, context)
  if (context.startsWith('-')) {
    throw invalid('context', context, 'it begins with "-"', `Write ${aDirectory}, such as ./service.`)
  }
  if (statSync(directory, { throwIfNoEntry: false })?.isFile()) {
    throw invalid(
      'context',
      context,
      'it is a file',
      `Write ${aDirectory}, and the Dockerfile into ${spell('file')}.`,
    )
  }
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw invalid(
      'context',
      context,
      `there is no directory ${directory}`,
      `Write ${aDirectory}${confined ? '; a step with actions/checkout must come before this one' : ''}.`,
    )
  }
  const dockerfile = fromWorkspace(workspace, file === '' ? `${context}/Dockerfile` : file)
  if (statSync(dockerfile, { throwIfNoEntry: false })?.isDirectory()) {
    throw invalid('file', file, 'it is a directory', `Write the path of the Dockerfile from ${root}.`)
  }
  if (existsSync(dockerfile)) return
  if (file === '') {
    const wayOut = `Write the directory that has one, or name it with ${spell('file')}${confined ? '; a step with actions/checkout must come before this one' : ''}.`
    throw invalid('context', context, 'it has no Dockerfile', wayOut)
  }
  const inContext = existsSync(fromWorkspace(directory, file))
  throw invalid(
    'file',
    file,
    `there is no file ${dockerfile}`,
    inContext ? `Paths start from ${root}: write ${context}/${file}.` : `Write its path from ${root}.`,
  )
}

const buildArgsOf = (text: string, gitTag: string, caller: Caller): string[] => {
  const invalid = invalidFor(caller)
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
        `Leave the line out, or use ${caller.spell('tag')}.`,
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

/** Options of docker that have an input of their own. */
const INPUT_OPTIONS: Readonly<Record<string, InputName>> = {
  '--file': 'file',
  '--build-arg': 'build-args',
  '--label': 'labels',
}

/** Options of docker that the action sets itself, or that keep it from publishing, with the way to go. */
const OWN_OPTIONS: Readonly<Record<string, string>> = {
  '--tag': 'the policy says which tags there are',
  '--push': 'the image is always pushed',
  '--load': 'the image is pushed to the registry',
  '--output': 'the image is pushed to the registry',
  '--metadata-file': 'the action reads it itself',
  '--call': 'it would build nothing',
  '--check': 'it would build nothing',
  '--print': 'it would build nothing',
}

const buildOptionsOf = (text: string, caller: Caller): string[] => {
  const invalid = invalidFor(caller)
  return linesOf(text).map(option => {
    const name = option.split(/[=\s]/, 1)[0] ?? ''
    const input = INPUT_OPTIONS[name]
    const why = input === undefined ? OWN_OPTIONS[name] : `use ${caller.spell(input)}`
    if (why !== undefined) throw invalid('build-options', name, why, 'Leave the line out.')
    if (!/^--[a-z]/.test(name)) {
      const wayOut = 'Write one option a line in its long form, such as --platform=linux/amd64.'
      throw invalid('build-options', option, 'it is not a long option', wayOut)
    }
    if (/^\S+\s(?:.*\s)?--[a-z]/.test(option)) {
      const wayOut = 'Write each option on a line of its own, below "build-options: |".'
      throw invalid('build-options', option, 'it is several options', wayOut)
    }
    if (/^\S+\s/.test(option) && !option.slice(0, option.search(/\s/)).includes('=')) {
      const written = option.replace(/\s+/, '=')
      throw invalid('build-options', option, 'each line is one argument', `Write ${written}.`)
    }
    return option
  })
}

/** What is built, and how. Throws `invalid-input`. */
export const buildOf = (
  texts: InputTexts,
  { run, gitTag, caller }: { run: RunContext; gitTag: string; caller: Caller },
): Build => {
  const { context, file } = texts
  if (REMOTE_CONTEXT.test(context)) checkRemoteContext(context, caller)
  else checkLocalContext(context, file, run.workspace, caller)
  const own = ownLabels(texts.service, gitTag, run.repositoryUrl)
  return {
    context,
    file: file === '' ? undefined : file,
    buildArgs: buildArgsOf(texts['build-args'], gitTag, caller),
    labels: labelsOf(texts.labels, own, invalidFor(caller)),
    options: buildOptionsOf(texts['build-options'], caller),
    optionsName: caller.spell('build-options'),
  }
}
