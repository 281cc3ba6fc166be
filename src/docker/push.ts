import { ReleaseError } from '../errors.ts'
import type { Backoff } from '../http/retry.ts'
import { parseJson } from '../json.ts'
import { endOf } from '../process/run.ts'
import type { Digest } from '../registry/reference.ts'
import type { Docker, DockerResult } from './docker.ts'
import { isLastingRefusal } from './failures.ts'
import { digestsIn, withoutTag } from './local-image.ts'
import { isPodman, podmanPush } from './podman.ts'

/** A push, which may take long itself: a few attempts, a while apart. */
export const pushBackoff: Backoff = {
  attempts: 4,
  attemptTimeout: Number.POSITIVE_INFINITY,
  totalTime: Number.POSITIVE_INFINITY,
  firstDelay: 1_000,
  longestDelay: 15_000,
}

/** A push that broke for a reason that may pass; what was built is still there. */
export class PushInterruptedError extends ReleaseError {
  constructor(options: { what: string; remedy: string }) {
    super('push-failed', options)
  }
}

/**
 * The error for a push that failed, which may pass unless the registry refused it. What the registry has now is not known
 * by that. Throws `docker-missing` if there is no engine.
 */
export const pushFailure = async (
  docker: Docker,
  reference: string,
  result: DockerResult,
): Promise<ReleaseError> => {
  await docker.requireEngine()
  const what = `The push of ${reference} failed: docker ${endOf(result)}: ${result.lastLine}`
  return isLastingRefusal(result)
    ? new ReleaseError('push-failed', {
        what,
        remedy:
          'No other tag was written. Check that the account may push there, that the project exists and has room, and that no rule protects the tag; then run it again.',
      })
    : new PushInterruptedError({
        what,
        remedy:
          'No other tag was written. Run it again: it looks first whether the image is there all the same. If it stays so, check that the account may push there, and ask those who run the registry.',
      })
}

/**
 * The digests under which the engine knows that an image is in a repository. There may be several, when
 * the same image was pushed in other forms before.
 */
const repositoryDigests = async (docker: Docker, reference: string): Promise<Digest[]> => {
  const { exitCode, stdout } = await docker.run([
    'image',
    'inspect',
    '--format={{json .RepoDigests}}',
    reference,
  ])
  return exitCode === 0 ? digestsIn(withoutTag(reference), parseJson(stdout)) : []
}

/**
 * Pushes an image that the engine has. Gives back the digests that docker says it has in the registry; the
 * registry must have one of them.
 *
 * Throws `push-failed`, `docker-missing`, or `PushInterruptedError` if trying again may help.
 */
export const pushImage = async (docker: Docker, reference: string, temporary: string): Promise<Digest[]> => {
  if (await isPodman(docker)) {
    const { result, digests } = await podmanPush(docker, reference, temporary)
    if (result.exitCode !== 0) throw await pushFailure(docker, reference, result)
    return digests
  }
  const result = await docker.run(['push', reference], { show: true })
  if (result.exitCode !== 0) throw await pushFailure(docker, reference, result)
  return repositoryDigests(docker, reference)
}
