import type { PublishedService } from '../commands/request.ts'
import type { Build } from '../docker/build.ts'
import { imageName, isIn, type Repository } from '../registry/reference.ts'
import { holdsLogin, lookAt } from './paths.ts'
import { linesOf, type Reading } from './texts.ts'

export function buildOf(gitTag: string, service: PublishedService | undefined, reading: Reading): Build {
  const { context, file } = reading.texts
  checkPaths(reading)
  return {
    context,
    file: file || undefined,
    buildArgs: [`TAG=${gitTag}`, ...buildArgsOf(reading)],
    labels: labelsOf(gitTag, service?.service, reading),
    options: optionsOf(service?.repository, reading),
  }
}

function checkPaths({ texts: { context, file }, run, mistakes }: Reading): void {
  const directory = lookAt(context, run)
  const dockerfile = lookAt(file || `${context}/Dockerfile`, run)
  const wrong = mistakes.about('context', context)
  if (context === '' || directory.kind !== 'directory')
    wrong(directory.problem, 'Write a directory; in a workflow, check it out first (actions/checkout).')
  else if (file === '' && dockerfile.kind !== 'file')
    wrong(
      `it has no Dockerfile (${dockerfile.problem})`,
      'Write its path into file; in a workflow, check it out first (actions/checkout).',
    )
  else if (holdsLogin(directory.path, run))
    wrong("docker's login is kept in it", 'Write a directory below it.')
  if (file !== '' && dockerfile.kind !== 'file')
    mistakes.about('file', file)(dockerfile.problem, 'Paths start from the workspace, not from context.')
}

const ONE_LABEL = 'Write one name=value a line, without quotes.'
const ONE_ARGUMENT = 'Write one NAME=value a line, without quotes; for a value of several lines, NAME alone.'
const IN_ENVIRONMENT = 'Set it in env: of the step; it may have several lines there. Or write NAME=value.'

function buildArgsOf(reading: Reading): string[] {
  return linesOf('build-args', reading).map(({ line, wrong, warn }) => {
    const [, name, value] = /^([A-Za-z_][\w.-]*)(?:=(.*))?$/.exec(line) ?? []
    if (name === undefined) wrong('it does not begin with NAME=', ONE_ARGUMENT)
    else if (name === 'TAG') wrong('TAG is always the git tag', 'Leave it out.')
    else if (value !== undefined && looksOdd(value)) warn(ODD, ONE_ARGUMENT)
    else if (value === undefined && reading.env[name] === undefined)
      warn('the environment has no such variable, so the build does not get it', IN_ENVIRONMENT)
    return line
  })
}

const ODD = 'quotes, a backslash at the end or another NAME= are part of the value'

function looksOdd(value: string): boolean {
  return /^(["']).*\1$|\\$|[\s,;][A-Za-z_][\w.]*=/.test(value)
}

/** Our own labels, and those that are given, which may replace title and url. */
function labelsOf(version: string, title: string | undefined, reading: Reading): string[] {
  const { run, log } = reading
  const source = run.repositoryUrl
  const url = source && `${source}/tree/${version.split('/').map(encodeURIComponent).join('/')}`
  // image-spec v1.1, annotations.md, "Pre-Defined Annotation Keys".
  const named = (labels: Record<string, string | undefined>): Map<string, string | undefined> =>
    new Map(Object.entries(labels).map(([name, value]) => [`org.opencontainers.image.${name}`, value]))
  const labels = named({ title, version, source, 'ref.name': version, url })
  // What was released is not for the caller to say: a promotion reads it.
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
  const message = `${ignored.join(', ')}: these say what was released, so the action's own values are used.`
  if (ignored.length > 0) log.notice('Labels of the action', message)
  return [...labels].flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`))
}

const OWN_OPTIONS =
  '--file --build-arg --label --tag --push --load --output --metadata-file --call --check --print --help --detach'

function optionsOf(repository: Repository | undefined, reading: Reading): string[] {
  return linesOf('build-options', reading).map(({ line, wrong }) => {
    const [name = ''] = line.split(/[=\s]/, 1)
    if (!/^--[a-z]/.test(name))
      wrong('it is not a long option', 'Write one a line, such as --platform=linux/amd64.')
    else if (OWN_OPTIONS.split(' ').includes(name))
      wrong(`the action sets ${name}`, 'Use file, build-args, labels, policy or command.')
    else if (/^[^=\s]+\s|\s--[a-z]/.test(line))
      wrong('it is more than one option', `Write one a line, its value behind "=": ${name}=….`)
    else if (name === '--cache-to' && repository && referencesIn(line).some(each => isIn(repository, each))) {
      const image = imageName(repository)
      const remedy = `Name another repository, such as ${image}-cache; --cache-from may name ${image}.`
      wrong(`--cache-to would write into ${image}, over its published tags`, remedy)
    }
    return line
  })
}

/** What `--cache-to` writes: `type=registry,ref=…`, or references alone. Source: docker/buildx, util/buildflags/cache.go. */
function referencesIn(option: string): string[] {
  const fields = option.slice(option.indexOf('=') + 1).split(',')
  return fields.map(field => field.replace(/^[\s"]*(?:ref\s*=)?\s*|[\s"]+$/gi, ''))
}
