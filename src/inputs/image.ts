import { pathProblem, type Repository, registryProblem } from '../registry/reference.ts'
import { hasInvisible } from '../text.ts'
import { type Caller, capitalized } from './caller.ts'
import { invalidFor } from './invalid.ts'
import type { InputTexts } from './texts.ts'
import { all, invalidInput, type Mistake, map, mistaken, type Validated, valid } from './validated.ts'

/** What an input that must be given may look like. */
const EXAMPLES = { registry: 'registry.cern.ch', service: 'reqmgr2' } as const

const missing = (input: keyof typeof EXAMPLES, { spell }: Caller): Mistake =>
  invalidInput(
    [input],
    `${capitalized(spell(input))} is missing or empty.`,
    `Write it below "with:", as "${input}: ${EXAMPLES[input]}". A variable or secret that does not exist is empty too.`,
  )

/** The mistake of a name that is not one line. */
const notAName = (
  input: 'registry' | 'project' | 'service',
  given: string,
  caller: Caller,
): Mistake | undefined => {
  if (!hasInvisible(given)) return undefined
  const problem = 'it has a line break or another character that can not be seen'
  return invalidFor(caller)(input, given, problem, 'Write it on one line, without such characters.')
}

/** What somebody who pasted an address, or a whole path, should write instead. */
const registryRemedy = (given: string, { spell }: Caller): string => {
  const [host = '', ...path] = given
    .replace(/^https?:\/\//i, '')
    .split('/')
    .filter(part => part !== '')
  if (registryProblem(host) !== undefined) return 'Write the host of the registry, such as registry.cern.ch.'
  return path.length === 0
    ? `Write ${host}.`
    : `Write ${host}, and ${path.join('/')} into ${spell('project')}.`
}

const registryOf = ({ registry }: InputTexts, caller: Caller): Validated<string> => {
  if (registry === '') return mistaken(missing('registry', caller))
  const noName = notAName('registry', registry, caller)
  if (noName !== undefined) return mistaken(noName)
  const problem = registryProblem(registry)
  if (problem === undefined) return valid(registry)
  return mistaken(invalidFor(caller)('registry', registry, problem, registryRemedy(registry, caller)))
}

/** The path without capitals and needless slashes, if that makes it one. */
const corrected = (registry: string, path: string): string | undefined => {
  const written = path
    .toLowerCase()
    .split('/')
    .filter(part => part !== '')
    .join('/')
  return written !== path && pathProblem(registry, written) === undefined ? `Write ${written}.` : undefined
}

/** The name of the image. `registry` is empty if it is not known. */
const serviceOf = (registry: string, { service }: InputTexts, caller: Caller): Validated<string> => {
  if (service === '') return mistaken(missing('service', caller))
  const noName = notAName('service', service, caller)
  if (noName !== undefined) return mistaken(noName)
  const wrong = (problem: string, remedy: string): Validated<never> =>
    mistaken(invalidFor(caller)('service', service, problem, remedy))
  if (service.includes('/')) {
    return wrong('it contains "/"', `Write the path before the last "/" into ${caller.spell('project')}.`)
  }
  const problem = pathProblem(registry, service)
  if (problem === undefined) return valid(service)
  return wrong(
    problem,
    service.includes(':')
      ? `Write the name alone, ${service.split(':', 1)[0]}; the tag comes from the git tag.`
      : (corrected(registry, service) ?? 'Write the name of the image, such as reqmgr2.'),
  )
}

/** The path of the image, with the service at its end. */
const pathOf = (
  registry: string,
  service: string,
  { project }: InputTexts,
  caller: Caller,
): Validated<string> => {
  if (project === '') return valid(service)
  const noName = notAName('project', project, caller)
  if (noName !== undefined) return mistaken(noName)
  const path = `${project}/${service}`
  const problem = pathProblem(registry, path)
  if (problem === undefined) return valid(path)
  const remedy = corrected(registry, project) ?? 'Write a path such as cmswmcore, or leave it empty.'
  return mistaken(invalidFor(caller)('project', project, problem, remedy))
}

/** Where the images of the service are. Each part is judged by itself, whatever is wrong with the others. */
export const repositoryOf = (texts: InputTexts, caller: Caller): Validated<Repository> => {
  const registry = registryOf(texts, caller)
  const host = registry.ok ? registry.value : ''
  const service = serviceOf(host, texts, caller)
  const path = pathOf(host, service.ok ? service.value : 'x', texts, caller)
  return map(all({ registry, service, path }), ({ registry, path }) => ({ registry, path }))
}
