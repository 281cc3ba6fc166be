import type { PublishedService } from '../commands/request.ts'
import { type Digest, isDigest, pathProblem, registryProblem } from '../registry/reference.ts'
import type { Reading } from './texts.ts'

const MULTI_SERVICE_COMMANDS = ['plan', 'promote', 'verify', 'audit']

const WHOLE_DIGEST = 'sha256: and 64 hexadecimal digits'

/** The services, each with the place of its images, and the image that it must have, if that was given. */
export function servicesOf(command: string, reading: Reading): PublishedService[] {
  const { texts, mistakes } = reading
  const entries = texts.service.split(/[\n,]/).flatMap(entry => entry.trim() || [])
  const isForMany = MULTI_SERVICE_COMMANDS.includes(command)
  const wrong = mistakes.about('service', texts.service)
  const registry = registryOf(reading)
  const project = projectOf(registry, reading)
  const takesDigest = isForMany && command !== 'audit'
  const image = takesDigest ? digestOf(entries.length, reading) : undefined
  const input = texts.digest === '' ? 'service' : 'digest'
  if (!takesDigest && (input === 'digest' || texts.service.includes('@')))
    mistakes.about(input, texts[input])(`${command} takes no digest, promote and verify do`, 'Leave it out.')
  if (entries.length === 0) wrong('it has no name', 'Write the name of the image, such as reqmgr2.')
  else if (entries.length > 1 && !isForMany)
    wrong(`${command} is for one service`, 'Write one, and run it for each of them, as a matrix does.')
  else if (entries.some(entry => /[\s;"'[\]]/.test(entry)))
    wrong('it is no list of names', 'Separate names by commas or lines, without quotes.')
  else {
    const services = entries.map(entry => serviceOf(entry, { registry, project, image }, reading))
    const names = services.map(({ service }) => service)
    const twice = names.find((name, index) => names.indexOf(name) < index)
    if (twice !== undefined) wrong(`it names ${twice} twice`, 'Leave one out.')
    return services
  }
  return []
}

/** One service, as a name or as `name@sha256:…`. */
function serviceOf(
  entry: string,
  { registry, project, image }: { registry: string; project: string; image: Digest | undefined },
  { mistakes }: Reading,
): PublishedService {
  const [service = '', digest = image, ...rest] = entry.split('@')
  const path = project === '' ? service : `${project}/${service}`
  const problem = pathProblem(registry, path)
  const wrong = mistakes.about('service', entry)
  if (service.includes('/')) wrong('it contains "/"', 'Write the path before the last "/" into project.')
  else if (service.includes(':'))
    wrong('it has a tag', `Write ${service.split(':')[0]}; the tag comes from the git tag.`)
  else if (problem !== undefined) wrong(problem, remedyFor(service, 'Write the name, such as reqmgr2.'))
  if (digest === undefined || (isDigest(digest) && rest.length === 0))
    return { service, repository: { registry, path }, digest }
  wrong('what follows the "@" is not a digest', `Write ${service}@, then ${WHOLE_DIGEST}.`)
  return { service, repository: { registry, path }, digest: undefined }
}

function registryOf({ texts: { registry }, mistakes }: Reading): string {
  const problem = registryProblem(registry)
  if (problem === undefined) return registry
  const parts = registry.replace(/^https?:\/\//i, '').split('/')
  const [host = '', ...path] = parts.filter(part => part !== '')
  const into = path.length === 0 ? '' : `, and ${path.join('/')} into project`
  const isHost = registryProblem(host) === undefined
  const remedy = isHost ? `Write ${host}${into}.` : 'Write the host, such as registry.cern.ch.'
  mistakes.about('registry', registry)(problem, remedy)
  return ''
}

function projectOf(registry: string, { texts: { project }, mistakes }: Reading): string {
  const problem = project === '' ? undefined : pathProblem(registry, project)
  if (problem === undefined) return project
  const remedy = remedyFor(project, 'Write a path such as cmswmcore, or leave it empty.')
  mistakes.about('project', project)(problem, remedy)
  return ''
}

function remedyFor(path: string, other: string): string {
  const lower = path.toLowerCase()
  return lower !== path && pathProblem('', lower) === undefined ? `Write ${lower}.` : other
}

function digestOf(count: number, { texts: { digest, service }, mistakes }: Reading): Digest | undefined {
  const wrong = mistakes.about('digest', digest)
  if (isDigest(digest) && count < 2 && !service.includes('@')) return digest
  if (isDigest(digest)) wrong('it is for one service alone', 'Write each into service, as name@sha256:….')
  else if (digest !== '') wrong('it is not a digest', `Write it whole and alone, ${WHOLE_DIGEST}.`)
  return undefined
}
