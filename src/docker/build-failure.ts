import { ReleaseError } from '../errors.ts'
import { describeEnd } from '../process/run.ts'
import { oneLine } from '../text.ts'
import type { Docker, DockerResult } from './docker.ts'
import {
  type Failed,
  failedSteps,
  imageNotPulled,
  isRetryableFailure,
  lastOfStep,
  REFUSED,
} from './output.ts'

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
      remedy: 'Correct or remove it: docker buildx build --help lists the options.',
    })
  }
  await docker.requireEngine()
  return new BuildFailedError(explain(result, reference), result.tail)
}

/** What went wrong in a build, and the remedy. */
function explain(result: DockerResult, reference: string): { what: string; remedy: string } {
  const { lastLine, tail } = result
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
  return {
    what: `The build of ${reference} failed: docker ${describeEnd(result)}: ${lastLine}${step}`,
    remedy:
      'To ship a fix, push a new git tag. If the network, a server, or the memory or disk of this machine was at fault, run it again.',
  }
}

/** The error for a build whose cache was not written, whether or not its image was. */
export function cacheFailure({ lastLine }: DockerResult, reference: string): ReleaseError {
  return new ReleaseError('cache-not-written', {
    what: `The build cache of ${reference} was not written: ${lastLine}`,
    remedy:
      'Check that the account may write where --cache-to leads, or add ignore-error=true to it; then run it again.',
  })
}

/** Whether the build cache could not be written (`--cache-to`). That says nothing of the image. */
export function isCacheFailure({ tail }: Pick<Failed, 'tail'>): boolean {
  return failedSteps(tail).some(({ name }) => /^exporting (?:.* )?cache\b/i.test(name))
}

/** The base image that is private or does not exist: registries say the same of both. */
export function refusedBaseImage(failed: Failed): string | undefined {
  return REFUSED.test(failed.lastLine) && !isRetryableFailure(failed) ? imageNotPulled(failed) : undefined
}

const REFUSED_OPTION =
  /^(?:Error: )?((?:unknown flag: |invalid argument .* for "(?:-\w, )?)(--[a-z][\w-]*).*)$/m

/** What docker says of an option that it refused, if it is one of those given. */
export function refusedOption(
  { tail }: Pick<Failed, 'tail'>,
  options: readonly string[],
): string | undefined {
  const [, words = '', name] = REFUSED_OPTION.exec(tail) ?? []
  return options.some(option => option.split('=', 1)[0] === name) ? oneLine(words) : undefined
}
