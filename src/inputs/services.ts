import type { PublishedService } from '../commands/request.ts'
import { type Digest, isDigest, pathProblem, registryProblem } from '../registry/reference.ts'
import { withMirrors } from './images.ts'
import type { Reading } from './texts.ts'

const DIGEST_COMMANDS = ['plan', 'promote', 'verify']
const MULTI_SERVICE_COMMANDS = [...DIGEST_COMMANDS, 'audit']

const WHOLE_DIGEST = 'sha256: and 64 hexadecimal digits'

export function servicesOf(command: string, reading: Reading): PublishedService[] {
  const { texts, mistakes } = reading
  const { registry } = texts
  mistakes.about('registry', registry)(registryProblem(registry), 'Write the host, such as registry.cern.ch.')
  // GitHub has capitals in the names of owners and repositories, an image name has none.
  const path = texts.project.toLowerCase()
  const noPath = path === '' ? undefined : pathProblem(registry, path)
  mistakes.about('project', texts.project)(noPath, 'Write a path such as cmswmcore, or nothing.')
  const project = noPath === undefined ? path : ''
  const entries = texts.service.split(/[\n,]/).flatMap(entry => entry.trim() || [])
  const takesDigest = DIGEST_COMMANDS.includes(command)
  const digest = takesDigest ? digestOf(entries.length, reading) : undefined
  const input = texts.digest === '' ? 'service' : 'digest'
  if (!takesDigest && (input === 'digest' || texts.service.includes('@')))
    mistakes.about(input, texts[input])(`${command} takes no digest, promote and verify do`, 'Leave it out.')
  const wrong = mistakes.about('service', texts.service)
  if (entries.length === 0) wrong('it has no name', 'Write the name of the image, such as reqmgr2.')
  if (entries.length > 1 && !MULTI_SERVICE_COMMANDS.includes(command)) {
    wrong(`${command} is for one service`, 'Write one; a matrix runs it for each.')
    return []
  }
  const services = entries.map(entry => serviceOf(entry, { project, digest }, reading))
  const names = services.map(({ service }) => service)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) wrong(`it names ${twice} twice`, 'Leave one out.')
  return withMirrors(command, services, reading)
}

/** Reads `name` or `name@sha256:…`. */
function serviceOf(
  entry: string,
  { project, digest: given }: { project: string; digest: Digest | undefined },
  { texts: { registry }, mistakes }: Reading,
) {
  const [name = '', digest = given, ...rest] = entry.split('@')
  const service = name.toLowerCase()
  const repository = { registry, path: project === '' ? service : `${project}/${service}` }
  const problem = pathProblem(registry, repository.path)
  const wrong = mistakes.about('service', entry)
  if (service.includes('/')) wrong('it contains "/"', 'Write the path before the last "/" into project.')
  else wrong(problem, 'Write the name alone, such as reqmgr2; commas or lines separate names.')
  if (digest === undefined || (isDigest(digest) && rest.length === 0)) return { service, repository, digest }
  wrong('what follows the "@" is not a digest', `Write ${service}@, then ${WHOLE_DIGEST}.`)
  return { service, repository, digest: undefined }
}

function digestOf(count: number, { texts: { digest, service }, mistakes }: Reading) {
  const wrong = mistakes.about('digest', digest)
  if (isDigest(digest) && count < 2 && !service.includes('@')) return digest
  if (isDigest(digest)) wrong('it is for one service alone', 'Write each into service, as name@sha256:….')
  else if (digest !== '') wrong('it is not a digest', `Write it whole and alone, ${WHOLE_DIGEST}.`)
  return undefined
}
