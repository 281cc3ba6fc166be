import type { InputName } from '../contract.ts'
import { imageName, isIn, type Repository } from '../registry/reference.ts'
import type { Caller } from './caller.ts'
import { invalidFor, invalidLine } from './invalid.ts'
import { type NumberedLine, numberedLinesOf } from './lines.ts'
import { every, mistaken, type Validated, valid } from './validated.ts'

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
  '--help': 'it would build nothing',
  '--detach': 'the image must be built when docker ends',
}

/** Options whose value says what docker writes into a registry beside the image. */
const WRITING_OPTIONS = ['--cache-to']

/** The fields of a value as docker reads them: separated by commas, in quotes where they hold one. */
const fieldsOf = (value: string): string[] =>
  Array.from(value.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, inQuotes, bare = '']) =>
    (inQuotes?.replaceAll('""', '"') ?? bare).trim(),
  )

/**
 * The references that an option writes: `type=registry,ref=…`, or references alone.
 *
 * Source: docker/buildx, util/buildflags/cache.go.
 */
const referencesIn = (value: string): string[] =>
  fieldsOf(value).flatMap(field => {
    const equals = field.indexOf('=')
    if (equals < 0) return field
    return field.slice(0, equals).trim().toLowerCase() === 'ref' ? field.slice(equals + 1).trim() : []
  })

const optionOf = (
  { number, line: option }: NumberedLine,
  repository: Repository | undefined,
  caller: Caller,
): Validated<string> => {
  const { list } = caller
  // Without its value, which may be a secret.
  const wrong = (problem: string, remedy: string): Validated<never> =>
    mistaken(invalidFor(caller)('build-options', name, problem, remedy))
  const name = option.split(/[=\s]/, 1)[0] ?? ''
  if (!/^--[a-z]/.test(name)) {
    const remedy = `Write ${list.one('option')} in its long form, such as --platform=linux/amd64.`
    return mistaken(invalidLine(caller)('build-options', number, 'it is not a long option', remedy))
  }
  const input = INPUT_OPTIONS[name]
  const why = input === undefined ? OWN_OPTIONS[name] : `use ${caller.spell(input)}`
  if (why !== undefined) return wrong(why, `${list.leaveOut}.`)
  if (/^\S+\s(?:.*\s)?--[a-z]/.test(option)) {
    return wrong('it is several options', list.several('build-options'))
  }
  if (/^\S+\s/.test(option) && !option.slice(0, option.search(/\s/)).includes('=')) {
    return wrong(`${list.each} is one argument`, `Write ${name}=….`)
  }
  if (repository === undefined || !WRITING_OPTIONS.includes(name)) return valid(option)
  const image = imageName(repository)
  return referencesIn(option.slice(name.length + 1)).some(reference => isIn(repository, reference))
    ? wrong(
        `docker would write into ${image}, over its published tags`,
        `Name a repository of its own, such as ${image}-cache; to read from ${image} with --cache-from is fine.`,
      )
    : valid(option)
}

/** Further options of docker. None may write into the repository of the image, if that is known. */
export const buildOptionsOf = (
  text: string,
  repository: Repository | undefined,
  caller: Caller,
): Validated<readonly string[]> =>
  every(numberedLinesOf(text).map(option => optionOf(option, repository, caller)))
