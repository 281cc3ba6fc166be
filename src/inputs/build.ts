import type { Build } from '../docker/build.ts'
import type { Warning } from '../log.ts'
import { imageName, isIn, type Repository } from '../registry/reference.ts'
import { linesOf, numberedLinesOf } from './lines.ts'
import type { Mistakes } from './mistakes.ts'
import { fromWorkspace } from '../workspace-path.ts'
import { lookAt, type Place } from './paths.ts'
import type { RunContext } from './run-context.ts'
import type { InputTexts } from './texts.ts'

/** What is built, and how. */
export function buildOf(
  texts: InputTexts,
  { run, gitTag, repository }: { run: RunContext; gitTag: string; repository: Repository | undefined },
  mistakes: Mistakes,
): Build {
  const { context, file } = texts
  checkContext(texts, run, mistakes)
  return {
    context,
    file: file === '' ? undefined : file,
    buildArgs: [`TAG=${gitTag}`, ...buildArgsOf(texts, mistakes)],
    labels: labelsOf(texts, { gitTag, url: run.repositoryUrl }, mistakes),
    options: buildOptionsOf(texts, repository, mistakes),
  }
}

function checkContext({ context, file }: InputTexts, place: Place, mistakes: Mistakes): void {
  const wrong = (problem: string, remedy: string): void =>
    mistakes.invalid('context', context, problem, remedy)
  if (context.startsWith('-')) return wrong('it begins with "-"', 'Write a directory, such as ./service.')
  if (/^(?:[a-z]+:\/\/|git@|github\.com\/)/i.test(context))
    return wrong('it is an address', 'Check the repository out, and write the directory.')
  const seen = lookAt(context, place)
  if (context === '' || seen.kind !== 'directory')
    return wrong(seen.problem, 'Write a directory; in a workflow, check it out first (actions/checkout).')
  if (file !== '') return checkDockerfile({ context, file }, place, mistakes)
  const own = lookAt(`${context}/Dockerfile`, place)
  if (own.kind !== 'file')
    wrong(`its Dockerfile: ${own.problem}`, 'Write the directory that has one, or name it with file.')
}

function checkDockerfile(
  { context, file }: { context: string; file: string },
  place: Place,
  mistakes: Mistakes,
): void {
  const seen = lookAt(file, place)
  if (seen.kind === 'file') return
  const isInContext = lookAt(fromWorkspace(context, file), place).kind === 'file'
  const where = isInContext ? `write ${context}/${file}` : 'write its path from there'
  mistakes.invalid('file', file, seen.problem, `Paths start from the workspace, or where you are: ${where}.`)
}

function buildArgsOf(texts: InputTexts, mistakes: Mistakes): string[] {
  return numberedLinesOf(texts['build-args']).map(({ number, line }) => {
    const name = line.split('=', 1)[0] ?? ''
    if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name))
      mistakes.add(
        'build-args',
        `build-args, line ${number}: it does not begin with the name of a build argument.`,
        'Write one NAME=value a line.',
      )
    if (name === 'TAG')
      mistakes.add(
        'build-args',
        'build-args has TAG, which is always the git tag.',
        'Leave it out, or use tag.',
      )
    return line
  })
}

/** What may be a mistake in the build arguments. Values may be secrets: they are not repeated. */
export function buildArgWarnings(texts: InputTexts): Warning[] {
  const odd = linesOf(texts['build-args']).flatMap(line => {
    const [name = '', ...rest] = line.split('=')
    const value = rest.join('=')
    const [, other] = /[\s,]([A-Za-z_][A-Za-z0-9_]*)=/.exec(value) ?? []
    if (other !== undefined)
      return [`${name}: its value goes on with ${other}=, which is no build argument of its own.`]
    return /^(["']).*\1$/.test(value) ? [`${name}: the quotes around its value are part of it.`] : []
  })
  const message = [...odd, 'Write one NAME=value a line, without quotes.'].join('\n')
  return odd.length === 0 ? [] : [{ title: 'Possible mistake in build-args', message }]
}

const OWN_LABELS = 'org.opencontainers.image.'

/** The labels of the image: ours, which say what was released, and those that are given, which may replace some. */
function labelsOf(
  texts: InputTexts,
  { gitTag, url }: { gitTag: string; url: string | undefined },
  mistakes: Mistakes,
): string[] {
  const tree = `${url}/tree/${gitTag.split('/').map(encodeURIComponent).join('/')}`
  // image-spec v1.1, annotations.md, "Pre-Defined Annotation Keys".
  const labels = new Map(
    [
      ['title', texts.service],
      ['version', gitTag],
      ['ref.name', gitTag],
      ...(url === undefined ? [] : [['source', url] as const, ['url', tree] as const]),
    ].map(([name, value]) => [`${OWN_LABELS}${name}`, value]),
  )
  for (const { number, line } of numberedLinesOf(texts.labels)) {
    const [name = ''] = line.split('=', 1)
    if (name === '' || name === line || /\s/.test(name))
      mistakes.add('labels', `labels, line ${number}: it is not name=value.`, 'Write one name=value a line.')
    if (name === `${OWN_LABELS}revision` || name === `${OWN_LABELS}version`)
      mistakes.add(
        'labels',
        `labels has ${name}, which says what was released and is set by the action.`,
        'Leave the line out.',
      )
    labels.set(name, line.slice(name.length + 1))
  }
  return [...labels].map(([name, value]) => `${name}=${value}`)
}

/** Options of docker that have an input of their own, that the action sets itself, or that keep it from publishing. */
const OWN_OPTIONS: Readonly<Record<string, string>> = {
  '--file': 'use file',
  '--build-arg': 'use build-args',
  '--label': 'use labels',
  '--tag': 'the policy says which tags there are',
  '--push': 'the image is always pushed',
  '--load': 'the image is pushed to the registry',
  '--output': 'the image is pushed to the registry',
  '--metadata-file': 'the action reads it itself',
  '--call': 'it would build nothing',
  '--check': 'it would build nothing',
  '--print': 'it would build nothing',
  '--help': 'it would build nothing',
  '--detach': 'the image must be built when docker ends',
}

/** Further options of docker, without their values in a message, which may be secrets. None may write into the image's own repository. */
function buildOptionsOf(texts: InputTexts, repository: Repository | undefined, mistakes: Mistakes): string[] {
  return numberedLinesOf(texts['build-options']).map(({ number, line: option }) => {
    const name = option.split(/[=\s]/, 1)[0] ?? ''
    const wrong = (problem: string, remedy: string): void =>
      mistakes.add(
        'build-options',
        `build-options, line ${number}, ${/^--[a-z]/.test(name) ? name : ''}: ${problem}.`,
        remedy,
      )
    const own = OWN_OPTIONS[name]
    if (!/^--[a-z]/.test(name))
      wrong('it is not a long option', 'Write one option a line, such as --platform=linux/amd64.')
    else if (own !== undefined) wrong(own, 'Leave the line out.')
    else if (/\s--[a-z]/.test(option))
      wrong('it is several options', 'Write each option on a line of its own.')
    else if (option.startsWith(`${name} `)) wrong('each line is one argument', `Write ${name}=….`)
    else if (
      name === '--cache-to' &&
      repository !== undefined &&
      referencesIn(option.slice(name.length + 1)).some(each => isIn(repository, each))
    )
      wrong(
        `docker would write into ${imageName(repository)}, over its published tags`,
        `Name a repository of its own, such as ${imageName(repository)}-cache.`,
      )
    return option
  })
}

/**
 * The references that `--cache-to` writes: `type=registry,ref=…`, or references alone; fields with a comma in quotes.
 *
 * Source: docker/buildx, util/buildflags/cache.go.
 */
function referencesIn(value: string): string[] {
  const fields = Array.from(
    value.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g),
    ([, quoted, bare = '']) => (quoted?.replaceAll('""', '"') ?? bare).trim(),
  )
  return fields.flatMap(field => {
    const equals = field.indexOf('=')
    if (equals < 0) return field
    return field.slice(0, equals).trim().toLowerCase() === 'ref' ? field.slice(equals + 1).trim() : []
  })
}
