import { ReleaseError } from '../errors.ts'
import { describeEnd } from '../process/run.ts'
import type { Docker, DockerResult } from './docker.ts'
import { isDiskFull, lastOfStep, refusedBaseImage, refusedOption } from './failures.ts'

/** A failed build, with the end of what docker said. */
export class BuildFailedError extends ReleaseError {
  readonly output: string

  constructor(options: { what: string; remedy: string }, output: string) {
    super('build-failed', options)
    this.output = output
  }
}

/** The error for a build that failed. Throws `docker-missing` if there is no engine. */
export async function buildFailure(
  docker: Docker,
  { options }: { readonly options: readonly string[] },
  reference: string,
  result: DockerResult,
): Promise<ReleaseError> {
  const refused = refusedOption(result, options)
  if (refused !== undefined) {
    return new ReleaseError('invalid-input', {
      what: `docker does not take ${refused.option} in build-options: ${refused.why}.`,
      remedy:
        'Correct or remove it: docker buildx build --help lists the options; without the buildx plug-in there are fewer.',
    })
  }
  await docker.requireEngine()
  if (result.exitCode === undefined) {
    return new ReleaseError('build-failed', {
      what: `docker ${describeEnd(result)} while it built or pushed ${reference}: ${result.lastLine}`,
      remedy:
        'A process that needs too much memory is killed so. Run it again: what was pushed is found, and not built again.',
    })
  }
  return new BuildFailedError(explain(result, reference), result.tail)
}

/** The error for a build whose cache was not written; whether its image was is another question. */
export function cacheFailure({ lastLine }: DockerResult, reference: string): ReleaseError {
  return new ReleaseError('cache-not-written', {
    what: `The build cache of ${reference} was not written: ${lastLine}`,
    remedy:
      'Check that the account may write where the option --cache-to leads, or add ignore-error=true to it; then run it again.',
  })
}

/** What went wrong in a build, and the remedy. */
function explain(result: DockerResult, reference: string): { what: string; remedy: string } {
  const { lastLine, tail } = result
  const image = refusedBaseImage(result)
  if (image !== undefined) {
    return {
      what: `${reference} was not built: docker could not pull the base image ${image}, which is private or does not exist: ${lastLine}`,
      remedy: `Check its name. If it is private, the account at ${registryOf(image)} must be allowed to pull it; log in to another registry than that of the image before (docker/login-action).`,
    }
  }
  const quoted = lastOfStep(tail)
  const step =
    quoted.length === 0 ? '' : `\nThe step said last:\n${quoted.map(line => `  ${line}\n`).join('')}`
  if (isDiskFull(result)) {
    return {
      what: `${reference} was not built: the disk of the machine that builds is full: ${lastLine}${step}`,
      remedy:
        'Free some space in a step before (docker system prune --all --force removes images and build cache that nothing uses), or use a machine with a larger disk; then run it again.',
    }
  }
  return {
    what: `The build of ${reference} failed: docker ${describeEnd(result)}: ${lastLine}${step}`,
    remedy:
      'The log has all that docker said. Another run builds the same commit: to ship a fix, push a new git tag.',
  }
}

/** The registry of an image as a Dockerfile names it. */
function registryOf(image: string): string {
  const [host = '', ...path] = image.split('/')
  return path.length > 0 && /[.:]|^localhost$/.test(host) ? host : 'docker.io'
}
