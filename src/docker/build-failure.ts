import { ReleaseError } from '../errors.ts'
import { endOf } from '../process/run.ts'
import type { Build } from './build.ts'
import type { Docker, DockerResult } from './docker.ts'
import { isDiskFull, lastOfStep, refusedBaseImage, refusedOption } from './failures.ts'

/** A failed build, with the end of what docker said. */
export class BuildFailedError extends ReleaseError {
  readonly output: string

  constructor(options: { what: string; remedy: string; output: string }) {
    super('build-failed', options)
    this.output = options.output
  }
}

/** The registry of an image as a Dockerfile names it. */
const registryOf = (image: string): string => {
  const [host = '', ...path] = image.split('/')
  return path.length > 0 && /[.:]|^localhost$/.test(host) ? host : 'docker.io'
}

/** Who must be allowed to pull a base image, and what to do about it. */
const loginFor = (image: string, reference: string): string => {
  const registry = registryOf(image)
  return registry === registryOf(reference)
    ? `Check its name, and that the account that this run uses at ${registry} may pull it.`
    : `Check its name. If it is private, docker must be logged in to ${registry} with an account that may pull it before this runs, in a workflow by a step with docker/login-action.`
}

/** What went wrong in a build, and the remedy. */
const explained = (result: DockerResult, reference: string): { what: string; remedy: string } => {
  const { lastLine, tail } = result
  const image = refusedBaseImage(result)
  if (image !== undefined) {
    return {
      what: `${reference} was not built: docker could not pull the base image ${image}, which is private or does not exist: ${lastLine}`,
      remedy: loginFor(image, reference),
    }
  }
  const quoted = lastOfStep(tail)
  const step =
    quoted.length === 0 ? '' : `\nThe step said last:\n${quoted.map(line => `  ${line}\n`).join('')}`
  if (isDiskFull(result)) {
    return {
      what: `${reference} was not built: the runner's disk is full: ${lastLine}${step}`,
      remedy:
        'Free some space in a step before this one (docker system prune --all --force removes images and build cache that nothing uses), or use a runner with a larger disk; then run it again. If a remote engine or builder builds, its disk is the one.',
    }
  }
  return {
    what: `The build of ${reference} failed: docker ${endOf(result)}: ${lastLine}${step}`,
    remedy:
      'The log has all that docker said. Another run builds the same commit: what is mended in the repository of the git tag needs a new git tag.',
  }
}

/** The error for a build that failed. Throws `docker-missing` if there is no engine. */
export const buildFailure = async (
  docker: Docker,
  { options, optionsName }: Pick<Build, 'options' | 'optionsName'>,
  { reference, result }: { reference: string; result: DockerResult },
): Promise<ReleaseError> => {
  const refused = refusedOption(result, options)
  if (refused !== undefined) {
    return new ReleaseError('invalid-input', {
      what: `docker does not take ${refused.option} in ${optionsName}: ${refused.why}.`,
      remedy:
        'Nothing was built. Correct or remove it: docker buildx build --help lists the options; without the buildx plug-in there are fewer, see docker build --help.',
    })
  }
  await docker.requireEngine()
  if (result.killedBy !== undefined) {
    return new ReleaseError('build-failed', {
      what: `docker ${endOf(result)} while it built or pushed ${reference}: ${result.lastLine}`,
      remedy:
        'No other tag was written. A process that needs too much memory is killed so. Run it again: what was pushed is found, and not built again.',
    })
  }
  return new BuildFailedError({ ...explained(result, reference), output: result.tail })
}

/** The error for a build whose cache was not written; whether its image was is another question. */
export const cacheFailure = ({ lastLine }: DockerResult, reference: string): ReleaseError =>
  new ReleaseError('cache-not-written', {
    what: `The build cache of ${reference} was not written: ${lastLine}`,
    remedy:
      'Check that the account may write where the option --cache-to leads, or add ignore-error=true to it; then run it again.',
  })
