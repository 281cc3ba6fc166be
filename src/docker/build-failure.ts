import { ReleaseError } from '../errors.ts'
import { describeEnd } from '../process/program.ts'
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

export class BuildFailedError extends ReleaseError {
  readonly output: string

  constructor(options: { what: string; remedy: string }, output: string) {
    super('build-failed', options)
    this.output = output
  }
}

/** Throws `docker-missing` if there is no engine. */
export async function buildFailure(
  docker: Docker,
  options: readonly string[],
  reference: string,
  result: DockerResult,
): Promise<ReleaseError> {
  const refused = refusedOption(result, options)
  if (refused !== undefined)
    return new ReleaseError('invalid-input', {
      what: `docker does not take an option in build-options: ${refused}.`,
      remedy: 'Correct or remove it: docker buildx build --help lists the options.',
    })
  const { lastLine, tail } = result
  if (isCacheFailure(result))
    return new ReleaseError('cache-not-written', {
      what: `The build cache of ${reference} was not written: ${lastLine}`,
      remedy: 'Let the account write there, or add ignore-error=true to --cache-to; then run it again.',
    })
  await docker.requireEngine()
  const image = imageNotPulled(result)
  if (image !== undefined) {
    const what = `${reference} was not built: docker could not pull the base image ${image}: ${lastLine}`
    const remedy =
      REFUSED.test(lastLine) && !isRetryableFailure(result)
        ? 'Check its name. If it is private, the account must be allowed to pull it; at another registry, log in before (docker/login-action).'
        : 'Check its name. If it is right, run it again.'
    return new BuildFailedError({ what, remedy }, tail)
  }
  const quoted = lastOfStep(tail).map(line => `  ${line}\n`)
  const step = quoted.length === 0 ? '' : `\nThe step said last:\n${quoted.join('')}`
  const what = `The build of ${reference} failed: docker ${describeEnd(result)}: ${lastLine}${step}`
  const remedy =
    'If the network, a server, or the memory or disk of this machine was at fault, run it again; also after a fix in the repository of the Dockerfile, if that is another one. To ship any other fix, push a new git tag.'
  return new BuildFailedError({ what, remedy }, tail)
}

export function isCacheFailure({ tail }: Failed) {
  return failedSteps(tail).some(({ name }) => /^exporting (?:.* )?cache\b/i.test(name))
}

const REFUSED_OPTION =
  /^(?:Error: )?((?:unknown flag: |invalid argument .* for "(?:-\w, )?)(--[a-z][\w-]*).*)$/m

/** What docker says of an option that it refused. */
export function refusedOption({ tail }: Failed, options: readonly string[]) {
  const [, words = '', name] = REFUSED_OPTION.exec(tail) ?? []
  return options.some(option => option.split('=', 1)[0] === name) ? oneLine(words) : undefined
}
