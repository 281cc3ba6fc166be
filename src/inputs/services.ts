import type { PublishedService } from '../commands/request.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import { mapSome, type Some } from '../some.ts'
import type { Caller } from './caller.ts'
import { repositoryOf } from './image.ts'
import { invalidFor } from './invalid.ts'
import type { InputTexts } from './texts.ts'
import { all, map, mistaken, mistakesOf, type Validated, valid } from './validated.ts'

/** The commands that are for several services at once. */
const OF_MANY: readonly string[] = ['plan', 'promote', 'verify', 'audit']

const ONE = 'Write one, and run it for each of them, as a matrix does.'

const ONE_VERSION = 'a digest is of one version, and audit is for all of them'

const WHOLE = 'sha256: and 64 hexadecimal digits, as the output digest has it'

/** What is named, one a line or separated by commas: expressions of workflows can't write lines. */
const entriesOf = (text: string): Some<string> => {
  const [first = '', ...others] = text
    .split(/[\n,]/)
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
  return [first, ...others]
}

/** What separates names elsewhere, such as in JSON and YAML. */
const LIST = /[\s;"'[\]]/

/** One service, as a name or as `name@sha256:…`. */
const serviceOf = (entry: string, texts: InputTexts, caller: Caller): Validated<PublishedService> => {
  const at = entry.indexOf('@')
  const service = at < 0 ? entry : entry.slice(0, at)
  const given = at < 0 ? '' : entry.slice(at + 1)
  // What stands before an "@" may be an account: then repositoryOf says so.
  const isImage = at < 0 || isDigest(given) || /^sha(?:256|512):/.test(given)
  const digest: Validated<Digest | undefined> =
    at < 0 || !isImage
      ? valid(undefined)
      : isDigest(given)
        ? valid(given)
        : mistaken(
            invalidFor(caller)(
              'service',
              entry,
              'what follows the "@" is not a digest',
              `Write it whole: ${service}@, then ${WHOLE}.`,
            ),
          )
  const repository = repositoryOf({ ...texts, service: isImage ? service : entry }, caller)
  return map(all({ repository, digest }), ({ repository, digest }) => ({ service, repository, digest }))
}

/** Each service once, or what is wrong with all of them, each mistake once. */
const together = (services: Some<Validated<PublishedService>>): Validated<Some<PublishedService>> => {
  const mistakes = new Map(services.flatMap(mistakesOf).map(mistake => [mistake.what, mistake] as const))
  if (mistakes.size > 0) return mistaken(...mistakes.values())
  return valid(
    mapSome(services, service => {
      if (service.ok) return service.value
      throw new TypeError('a mistake was lost')
    }),
  )
}

const twice = (services: Some<PublishedService>): string | undefined =>
  services.map(({ service }) => service).find((name, index, names) => names.indexOf(name) < index)

/** The digest that is an input of its own. */
const digestOf = (command: string, { digest }: InputTexts, caller: Caller): Validated<Digest | undefined> => {
  if (digest === '') return valid(undefined)
  const wrong = (problem: string, remedy: string): Validated<never> =>
    mistaken(invalidFor(caller)('digest', digest, problem, remedy))
  if (!isDigest(digest)) return wrong('it is not a digest', `Write it whole and alone, ${WHOLE}.`)
  if (command === 'audit') return wrong(ONE_VERSION, 'Leave it out, or use the command verify.')
  if (OF_MANY.includes(command)) return valid(digest)
  return wrong(
    `${command} does not know it before it has built`,
    'Leave it out, or use the command promote or verify.',
  )
}

/**
 * The services, each with where its images are and what its image must be: one, or, for commands that are for several,
 * as many as are named.
 */
export const servicesOf = (
  command: string,
  texts: InputTexts,
  caller: Caller,
): Validated<Some<PublishedService>> => {
  const { spell } = caller
  const wrong = (input: 'service' | 'digest', problem: string, remedy: string): Validated<never> =>
    mistaken(invalidFor(caller)(input, texts[input], problem, remedy))
  const entries = entriesOf(texts.service)
  if (entries.length > 1 && !OF_MANY.includes(command)) {
    return wrong('service', `it names ${entries.length} services, and ${command} is for one`, ONE)
  }
  if (entries.some(entry => LIST.test(entry))) {
    return wrong(
      'service',
      'it is no list of names',
      OF_MANY.includes(command)
        ? 'Separate them by commas, or write one a line, without quotes and brackets.'
        : ONE,
    )
  }
  const services = together(mapSome(entries, entry => serviceOf(entry, texts, caller)))
  const digest = digestOf(command, texts, caller)
  const both = all({ services, digest })
  if (!both.ok) return both
  const { value } = both
  const double = twice(value.services)
  if (double !== undefined) return wrong('service', `it names ${double} twice`, 'Leave one out.')
  if (!OF_MANY.includes(command) && value.services[0].digest !== undefined) {
    return wrong(
      'service',
      `${command} does not know its digest before it has built`,
      'Write the name alone.',
    )
  }
  if (command === 'audit' && value.services.some(({ digest }) => digest !== undefined)) {
    return wrong('service', ONE_VERSION, 'Write the names alone.')
  }
  if (value.digest === undefined) return valid(value.services)
  if (value.services.length > 1 || value.services[0].digest !== undefined) {
    return wrong(
      'digest',
      'it is for one service, given by its name alone',
      `Leave it out, and write each into ${spell('service')}, as name@sha256:….`,
    )
  }
  return valid([{ ...value.services[0], digest: value.digest }])
}
