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

function buildArgsOf({ texts, mistakes }: Reading): string[] {
  return linesOf(texts['build-args']).map(({ number, line }) => {
    const [name = ''] = line.split('=', 1)
    const what = `build-args, line ${number}: it does not begin with a name.`
    if (!/^[A-Za-z_][\w.-]*$/.test(name)) mistakes.add('build-args', what, 'Write one NAME=value a line.')
    if (name === 'TAG') mistakes.about('build-args', name)('it is always the git tag', 'Leave it out.')
    return line
  })
}

/** Values may be secrets, and are not repeated. */
function warnOfBuildArgs({ texts, log }: Reading): void {
  const odd = linesOf(texts['build-args']).flatMap(
    ({ line }) => /^([^=]*)=(?:.*[\s,][A-Za-z_]\w*=|(["']).*\2$)/.exec(line)?.[1] ?? [],
  )
  const message = `${odd.join(', ')}: quotes or another NAME= are part of the value. Write one NAME=value a line.`
  if (odd.length > 0) log.warning('Possible mistake in build-args', message)
}

const OWN_LABELS = 'org.opencontainers.image.'

/** Our own labels, and those that are given, which may replace some. */
function labelsOf(version: string, title: string | undefined, { texts, run, mistakes }: Reading): string[] {
  const source = run.repositoryUrl
  const url = source && `${source}/tree/${version.split('/').map(encodeURIComponent).join('/')}`
  // image-spec v1.1, annotations.md, "Pre-Defined Annotation Keys".
  const own = { title, version, source, 'ref.name': version, url }
  const labels = new Map(Object.entries(own).map(([name, value]) => [`${OWN_LABELS}${name}`, value]))
  for (const { number, line } of linesOf(texts.labels)) {
    const [, name, value = ''] = /^([^=\s]+)=(.*)$/.exec(line) ?? []
    if (name === undefined)
      mistakes.add('labels', `labels, line ${number}: it is not name=value.`, 'Write one name=value a line.')
    else if (name === `${OWN_LABELS}revision` || name === `${OWN_LABELS}version`)
      mistakes.about('labels', name)('it says what was released, and is always set', 'Leave it out.')
    else labels.set(name, value)
  }
  return [...labels].flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`))
}

/** Options of docker that the action sets. */
const OWN_OPTIONS =
  '--file --build-arg --label --tag --push --load --output --metadata-file --call --check --print --help --detach'

/** Further options of docker. Values may be secrets, and are not repeated. */
function optionsOf(repository: Repository | undefined, { texts, mistakes }: Reading): string[] {
  return linesOf(texts['build-options']).map(({ number, line }) => {
    const [name = ''] = line.split(/[=\s]/, 1)
    const wrong = mistakes.about('build-options', name)
    if (!/^--[a-z]/.test(name))
      mistakes.add(
        'build-options',
        `build-options, line ${number}: it is not a long option.`,
        'Write one a line, such as --platform=linux/amd64.',
      )
    else if (OWN_OPTIONS.split(' ').includes(name))
      wrong(
        'the action sets it',
        'Leave it out: file, build-args, labels, policy and command say what it is.',
      )
    else if (/^[^=\s]+\s|\s--[a-z]/.test(line))
      wrong('it is more than one option', `Write one a line, its value behind "=": ${name}=….`)
    else if (name === '--cache-to' && repository && referencesIn(line).some(each => isIn(repository, each))) {
      const image = imageName(repository)
      const problem = `docker would write into ${image}, over its published tags`
      wrong(problem, `Name another repository, such as ${image}-cache; --cache-from may name ${image}.`)
    }
    return line
  })
}

/** What `--cache-to` writes: `type=registry,ref=…`, or references alone. Source: docker/buildx, util/buildflags/cache.go. */
function referencesIn(option: string): string[] {
  const fields = option.slice(option.indexOf('=') + 1).split(',')
  return fields.map(field => field.replace(/^[\s"]*(?:ref\s*=)?\s*|[\s"]+$/gi, ''))
}
