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
      what: `docker does not take an option in build-options: ${refused}.`,
      remedy:
        'Correct or remove it: docker buildx build --help lists the options; without buildx there are fewer.',
    })
  }
  await docker.requireEngine()
  return new BuildFailedError(explain(result, reference), result.tail)
}

/** The error for a build whose cache was not written, whether or not its image was. */
export function cacheFailure({ lastLine }: DockerResult, reference: string): ReleaseError {
  return new ReleaseError('cache-not-written', {
    what: `The build cache of ${reference} was not written: ${lastLine}`,
    remedy:
      'Check that the account may write where the option --cache-to leads, or add ignore-error=true to it; then run it again.',
  })
}

/** What went wrong in a build, and the remedy. */
function explain(result: DockerResult, reference: string): { what: string; remedy: string } {
  const { exitCode, lastLine, tail } = result
  if (exitCode === undefined) {
    return {
      what: `docker was killed while it built or pushed ${reference}: ${lastLine}`,
      remedy:
        'The system kills a process that needs too much memory. Run it again: what was pushed is found, and not built again.',
    }
  }
  const image = refusedBaseImage(result)
  if (image !== undefined) {
    return {
      what: `${reference} was not built: docker could not pull the base image ${image}, which is private or does not exist: ${lastLine}`,
      remedy:
        'Check its name. If it is private, the account of this run must be allowed to pull it; at another registry, log in before (docker/login-action).',
    }
  }
  const quoted = lastOfStep(tail).map(line => `  ${line}\n`)
  const step = quoted.length === 0 ? '' : `\nThe step said last:\n${quoted.join('')}`
  if (isDiskFull(result)) {
    return {
      what: `${reference} was not built: the disk of the machine that builds is full: ${lastLine}${step}`,
      remedy:
        'Free some space before (docker system prune --all --force), or use a machine with a larger disk; then run it again.',
    }
  }
  return {
    what: `The build of ${reference} failed: docker ${describeEnd(result)}: ${lastLine}${step}`,
    remedy:
      'The log has all that docker said. Another run builds the same commit: to ship a fix, push a new git tag.',
  }
}
