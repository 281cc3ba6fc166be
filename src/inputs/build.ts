import type { PublishedService } from '../commands/request.ts'
import type { Build } from '../docker/build.ts'
import { imageName, isIn, type Repository } from '../registry/reference.ts'
import { holdsLogin, lookAt } from './paths.ts'
import { linesOf, type Reading } from './texts.ts'

/** What is built, and how. */
export function buildOf(gitTag: string, service: PublishedService | undefined, reading: Reading): Build {
  const { context, file } = reading.texts
  checkPaths(reading)
  warnOfBuildArgs(reading)
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

function buildArgsOf(reading: Reading): string[] {
  return linesOf('build-args', reading).map(({ line, wrong }) => {
    const [name = ''] = line.split('=', 1)
    if (!/^[A-Za-z_][\w.-]*$/.test(name)) wrong('it has no name', 'Write one NAME=value a line.')
    if (name === 'TAG') wrong('TAG is always the git tag', 'Leave it out.')
    return line
  })
}

function warnOfBuildArgs(reading: Reading): void {
  const odd = linesOf('build-args', reading).flatMap(
    ({ line }) => /^([^=]*)=(?:.*[\s,][A-Za-z_]\w*=|(["']).*\2$)/.exec(line)?.[1] ?? [],
  )
  const message = `${odd.join(', ')}: quotes or another NAME= are part of the value. Write one NAME=value a line.`
  if (odd.length > 0) reading.log.warning('Possible mistake in build-args', message)
}

const OWN_LABELS = 'org.opencontainers.image.'

/** Our own labels, and those that are given, which may replace some. */
function labelsOf(version: string, title: string | undefined, reading: Reading): string[] {
  const source = reading.run.repositoryUrl
  const url = source && `${source}/tree/${version.split('/').map(encodeURIComponent).join('/')}`
  // image-spec v1.1, annotations.md, "Pre-Defined Annotation Keys".
  const own = { title, version, source, 'ref.name': version, url }
  const labels = new Map(Object.entries(own).map(([name, value]) => [`${OWN_LABELS}${name}`, value]))
  for (const { line, wrong } of linesOf('labels', reading)) {
    const [, name, value = ''] = /^([^=\s]+)=(.*)$/.exec(line) ?? []
    if (name === undefined) wrong('it is not name=value', 'Write one name=value a line.')
    else if (name === `${OWN_LABELS}revision` || name === `${OWN_LABELS}version`)
      wrong(`${name} says what was released, and is always set`, 'Leave it out.')
    else labels.set(name, value)
  }
  return [...labels].flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`))
}

/** Options of docker that the action sets. */
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
