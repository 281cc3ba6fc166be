import { readFileSync } from 'node:fs'
import type { PublishedService } from '../commands/request.ts'
import type { Build } from '../docker/build.ts'
import { findFixedTag } from '../docker/fixed-tag.ts'
import { imageName, isIn, type Repository } from '../registry/reference.ts'
import { oneLine } from '../text.ts'
import { holdsLogin, lookAt } from './paths.ts'
import { linesOf, type Reading } from './texts.ts'

export function buildOf(gitTag: string, service: PublishedService | undefined, reading: Reading): Build {
  const { context, file } = reading.texts
  checkPaths(gitTag, reading)
  return {
    context,
    file: file || undefined,
    buildArgs: buildArgsOf(gitTag, reading),
    labels: labelsOf(gitTag, service?.service, reading),
    options: optionsOf(service?.repository, reading),
  }
}

function checkPaths(gitTag: string, { texts: { context, file }, run, mistakes, log }: Reading) {
  const directory = lookAt(context, run)
  const named = lookAt(file || `${context}/Dockerfile`, run)
  // Docker takes both.
  const lower = lookAt(`${context}/dockerfile`, run)
  const dockerfile = file === '' && named.kind === 'neither' && lower.kind === 'file' ? lower : named
  const isMissing = dockerfile.kind !== 'file'
  const wrong = mistakes.about('context', context)
  if (context === '' || directory.kind !== 'directory') wrong(directory.problem, 'Write a directory.')
  else if (file === '' && isMissing)
    wrong(
      `it has no Dockerfile: ${dockerfile.problem}`,
      'Write its directory into context, or its path into file.',
    )
  else if (holdsLogin(directory.path, run))
    wrong("docker's login is kept in it", 'Write a directory below it.')
  if (file !== '' && isMissing)
    mistakes.about('file', file)(dockerfile.problem, 'Paths start from the workspace, not from context.')
  if (isMissing) return
  const { path } = dockerfile
  const { line, value = gitTag } = findFixedTag(readFileSync(path, 'utf8')) ?? {}
  if (value === gitTag) return
  const message = `${path}, line ${line}: TAG is ${value} there, not ${gitTag}. Write "ARG TAG" in its place.`
  log.warning('The Dockerfile sets TAG itself', oneLine(message))
}

const ONE_LABEL = 'Write one name=value a line, without quotes.'
const ONE_ARGUMENT = 'Write one NAME=value a line, without quotes; for a value of several lines, NAME alone.'

function buildArgsOf(gitTag: string, reading: Reading) {
  const lines = linesOf('build-args', reading).map(({ line, wrong, warn }) => {
    const [, name, value] = /^([A-Za-z_][\w.-]*)(?:=(.*))?$/.exec(line) ?? []
    if (name === undefined) wrong('it does not begin with NAME=', ONE_ARGUMENT)
    else if (value !== undefined && looksOdd(value)) warn(ODD, ONE_ARGUMENT)
    else if (value === undefined && reading.env[name] === undefined)
      warn('the environment has no such variable', 'Set it in env: of the step, or write NAME=value.')
    return line
  })
  if (!lines.some(line => /^TAG(?:=|$)/.test(line))) return [`TAG=${gitTag}`, ...lines]
  reading.log.warning(
    'TAG is not the git tag',
    `build-args sets TAG: the build gets that value, not ${gitTag}.`,
  )
  return lines
}

const ODD = 'quotes, a backslash at the end or another NAME= belong to the value'

function looksOdd(value: string) {
  return /^(["']).*\1$|\\$|[\s,;][A-Za-z_][\w.]*=/.test(value)
}

/** Our own labels and the given ones, which may replace title and url. */
function labelsOf(version: string, title: string | undefined, reading: Reading) {
  const { run, log } = reading
  const source = run.repositoryUrl
  const url = source && `${source}/tree/${version.split('/').map(encodeURIComponent).join('/')}`
  // image-spec v1.1, annotations.md, "Pre-Defined Annotation Keys".
  const named = (labels: Record<string, string | undefined>) =>
    new Map(Object.entries(labels).map(([name, value]) => [`org.opencontainers.image.${name}`, value]))
  const labels = named({ title, version, source, 'ref.name': version, url })
  // A promotion reads what was released: the caller may not change it.
  const revision = run.tag === version ? run.sha : undefined
  const fixed = named({ version, revision, 'ref.name': version, ...(source && { source }) })
  const ignored: string[] = []
  for (const { line, wrong, warn } of linesOf('labels', reading)) {
    const [, name, value = ''] = /^([^=\s"']+)=(.*)$/.exec(line) ?? []
    if (name === undefined) wrong('it does not begin with name=', ONE_LABEL)
    else if (!fixed.has(name)) labels.set(name, value)
    else if (fixed.get(name) !== value) ignored.push(name)
    if (looksOdd(value)) warn(ODD, ONE_LABEL)
  }
  const message = `${ignored.join(', ')}: the action's own values are used, which say what was released.`
  if (ignored.length > 0) log.notice('Labels of the action', message)
  return [...labels].flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`))
}

const OWN_OPTION =
  /^--(?:file|build-arg|label|tag|push|load|output|metadata-file|call|check|print|help|detach)$/

function optionsOf(repository: Repository | undefined, reading: Reading) {
  return linesOf('build-options', reading).map(({ line, wrong }) => {
    const [name = ''] = line.split(/[=\s]/, 1)
    if (!/^--[a-z]/.test(name))
      wrong('it is not a long option', 'Write one a line, such as --platform=linux/amd64.')
    else if (OWN_OPTION.test(name))
      wrong(`the action sets ${name}`, 'Use file, build-args, labels, policy or command.')
    else if (/^[^=\s]+\s|\s--[a-z]/.test(line))
      wrong('it is more than one option', `Write one a line, its value behind "=": ${name}=….`)
    else if (name === '--cache-to' && repository && referencesIn(line).some(each => isIn(repository, each))) {
      const image = imageName(repository)
      wrong(`--cache-to would write into ${image}, over its tags`, `Name another, as ${image}-cache.`)
    }
    return line
  })
}

/** `--cache-to` takes `type=registry,ref=…`, or references alone. Source: docker/buildx, util/buildflags/cache.go. */
function referencesIn(option: string) {
  const fields = option.slice(option.indexOf('=') + 1).split(',')
  return fields.map(field => field.replace(/^[\s"]*(?:ref\s*=)?\s*|[\s"]+$/gi, ''))
}
