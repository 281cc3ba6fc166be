import { type InputName, inputs } from '../action-yml.ts'
import type { PublishedService } from '../commands/request.ts'
import { tagProblem } from '../policy/image-tag.ts'
import {
  type ImageReference,
  isDigest,
  isSameRepository,
  partsOfReference,
  pathProblem,
  type Repository,
  registryProblem,
} from '../registry/reference.ts'
import { linesOf, type Reading } from './texts.ts'

/** What only a build takes. */
const BUILT: readonly InputName[] = ['context', 'file', 'build-args', 'build-options', 'labels', 'package']

export function sourceImageOf(command: string, reading: Reading): ImageReference | undefined {
  const { texts, mistakes } = reading
  const given = texts['source-image']
  if (given === '') return undefined
  const wrong = mistakes.about('source-image', given)
  // verify takes the inputs of release.
  if (!['release', 'plan', 'verify'].includes(command)) wrong('it is for release and plan', 'Leave it out.')
  for (const input of BUILT) {
    const what = `${input} and source-image are both given, and with source-image nothing is built.`
    if (texts[input] !== '' && texts[input] !== inputs[input].default)
      mistakes.add(input, what, 'Leave one out.')
  }
  const { repository, tag, digest } = partsOfReference(given)
  const problem = repositoryProblem(repository) ?? (tag === undefined ? undefined : tagProblem(tag))
  wrong(problem, 'Write it whole, such as registry.cern.ch/cmswmcore/reqmgr2:tested, or with a digest.')
  if (problem !== undefined) return undefined
  if (tag === undefined && digest === undefined)
    wrong('it has neither a tag nor a digest', 'Write one behind it, as :tag or @sha256:….')
  const reference = digest ?? tag ?? ''
  if (digest === undefined || isDigest(digest)) return { repository, reference }
  wrong('what follows the "@" is not a digest', 'Write sha256: and 64 hexadecimal digits there.')
  return undefined
}

const MIRRORED = ['release', 'plan', 'push', 'promote', 'verify']
const SERVICE = '{service}'

/** The same services, each with its mirrors. */
export function withMirrors(
  command: string,
  services: readonly Omit<PublishedService, 'mirrors'>[],
  reading: Reading,
): PublishedService[] {
  const lines = linesOf('mirrors', reading)
  const what = `mirrors are for release, push, promote, verify and plan, not for ${command}.`
  if (lines.length > 0 && !MIRRORED.includes(command))
    reading.mistakes.add('mirrors', what, 'Leave them out.')
  const taken = services.map(({ repository }) => repository)
  const mirrorOf = (service: string, { line, wrong }: (typeof lines)[number]) => {
    const { repository, tag, digest } = partsOfReference(line.replaceAll(SERVICE, service))
    const isTaken = taken.some(other => isSameRepository(other, repository))
    const problem = isTaken ? 'it is the place of a service, or of another line, too' : undefined
    const named = (tag ?? digest) === undefined ? problem : 'it has a tag or a digest'
    const why = repositoryProblem(repository) ?? named
    if (why !== undefined) wrong(`${JSON.stringify(line)}: ${why}`, REMEDY)
    taken.push(repository)
    return repository
  }
  return services.map(each => ({ ...each, mirrors: lines.map(line => mirrorOf(each.service, line)) }))
}

const REMEDY = `Write one image a line, without a tag, such as docker.io/cmssw/das-server; of several services docker.io/cmssw/${SERVICE}.`

function repositoryProblem({ registry, path }: Repository) {
  return registryProblem(registry) ?? pathProblem(registry, path)
}
