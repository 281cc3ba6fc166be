import type { PublishedService } from '../commands/request.ts'
import { type Digest, isDigest, pathProblem, registryProblem } from '../registry/reference.ts'
import { hasInvisible } from '../text.ts'
import type { Mistakes } from './mistakes.ts'
import type { InputTexts } from './texts.ts'

/** The commands that are for several services at once. */
const MULTI_SERVICE_COMMANDS: readonly string[] = ['plan', 'promote', 'verify', 'audit']

const WHOLE = 'sha256: and 64 hexadecimal digits, as the output digest has it'

/**
 * The services, each with where its images are and what its image must be: one, or, for commands that are for several,
 * as many as are named.
 */
export function servicesOf(
  command: string,
  texts: InputTexts,
  mistakes: Mistakes,
): readonly PublishedService[] {
  const { service: given } = texts
  const isForMany = MULTI_SERVICE_COMMANDS.includes(command)
  const entries = given.split(/[\n,]/).map(entry => entry.trim())
  const named = entries.filter(entry => entry !== '')
  const wrong = (problem: string, remedy: string): void => mistakes.invalid('service', given, problem, remedy)
  const registry = registryOf(texts, mistakes)
  const project = projectOf(registry, texts, mistakes)
  if (named.length === 0) wrong('it is missing', 'Write the name of the image, such as reqmgr2.')
  if (named.length > 1 && !isForMany)
    wrong(`${command} is for one service`, 'Write one, and run it for each of them, as a matrix does.')
  if (new Set(named.map(nameOf)).size < named.length) wrong('it names one twice', 'Leave one out.')
  const digest = digestOf(texts, mistakes)
  if (digest !== undefined && (named.length > 1 || given.includes('@')))
    mistakes.invalid(
      'digest',
      digest,
      'it is for one service',
      'Leave it out, and write each as name@sha256:… into service.',
    )
  const services = named.map(entry => serviceOf(entry, { registry, project, digest }, mistakes))
  if (services.some(each => each.digest !== undefined)) noteUselessDigest(command, texts, mistakes)
  return services
}

function noteUselessDigest(command: string, { digest, service }: InputTexts, mistakes: Mistakes): void {
  if (command === 'promote' || command === 'verify' || command === 'plan') return
  const why =
    command === 'audit' ? 'a digest is of one version' : `${command} does not know it before it has built`
  const [input, given] = digest === '' ? (['service', service] as const) : (['digest', digest] as const)
  mistakes.invalid(input, given, why, 'Leave the digest out, or use the command promote or verify.')
}

const nameOf = (entry: string): string => entry.split('@', 1)[0] ?? ''

/** One service, as a name or as `name@sha256:…`. */
function serviceOf(
  entry: string,
  { registry, project, digest }: { registry: string; project: string; digest: Digest | undefined },
  mistakes: Mistakes,
): PublishedService {
  const service = nameOf(entry)
  const wrong = (problem: string, remedy: string): void => mistakes.invalid('service', entry, problem, remedy)
  const own = entry.includes('@') ? entry.slice(service.length + 1) : undefined
  if (own !== undefined && !isDigest(own))
    wrong('what follows the "@" is not a digest', `Write it whole: ${service}@, then ${WHOLE}.`)
  const problem = hasInvisible(service)
    ? 'it has a character that can not be seen'
    : pathProblem(registry, service)
  if (service.includes('/')) wrong('it contains "/"', 'Write the path before the last "/" into project.')
  else if (service.includes(':'))
    wrong('it has a tag', 'Write the name alone; the tag comes from the git tag.')
  else if (problem !== undefined)
    wrong(problem, 'Write names such as reqmgr2, one a line or separated by commas.')
  const path = project === '' ? service : `${project}/${service}`
  return { service, repository: { registry, path }, digest: isDigest(own) ? own : digest }
}

function registryOf({ registry }: InputTexts, mistakes: Mistakes): string {
  const [host = '', ...path] = registry
    .replace(/^https?:\/\//i, '')
    .split('/')
    .filter(part => part !== '')
  const problem = hasInvisible(registry)
    ? 'it has a character that can not be seen'
    : registryProblem(registry)
  if (problem === undefined) return registry
  const isHost = host !== '' && registryProblem(host) === undefined
  const into = path.length === 0 ? '' : `, and ${path.join('/')} into project`
  mistakes.invalid(
    'registry',
    registry,
    problem,
    isHost ? `Write ${host}${into}.` : 'Write the host of the registry, such as registry.cern.ch.',
  )
  return ''
}

function projectOf(registry: string, { project }: InputTexts, mistakes: Mistakes): string {
  if (project === '') return ''
  const problem = hasInvisible(project)
    ? 'it has a character that can not be seen'
    : pathProblem(registry, project)
  if (problem !== undefined)
    mistakes.invalid('project', project, problem, 'Write a path such as cmswmcore, or leave it empty.')
  return project
}

/** The digest that is an input of its own. */
function digestOf({ digest }: InputTexts, mistakes: Mistakes): Digest | undefined {
  if (digest === '' || isDigest(digest)) return isDigest(digest) ? digest : undefined
  mistakes.invalid('digest', digest, 'it is not a digest', `Write it whole and alone, ${WHOLE}.`)
  return undefined
}
