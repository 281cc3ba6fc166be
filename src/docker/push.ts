import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import type { Backoff } from '../http/retry.ts'
import { describeEnd } from '../process/run.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import type { Docker, DockerResult } from './docker.ts'
import { isLastingRefusal } from './failures.ts'
import { findLocalImage } from './local-image.ts'

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
 * Pushes an image that the engine has. Gives back its digests, of which the registry must have one: there are several if it
 * was pushed in other forms before.
 *
 * Throws `push-failed`, `docker-missing`, or `PushInterruptedError` if trying again may help.
 */
export async function pushImage(
  docker: Docker,
  reference: string,
  temporary: string,
): Promise<readonly Digest[]> {
  // podman compresses while it pushes: the image here has another digest, and it writes down the one in the registry.
  const file = (await isPodman(docker)) ? join(temporary, 'pushed-digest') : undefined
  const options = file === undefined ? [] : [`--digestfile=${file}`]
  const result = await docker.run(['push', ...options, reference], { show: true })
  if (result.exitCode !== 0) throw await pushFailure(docker, reference, result)
  if (file === undefined) return (await findLocalImage(docker, reference))?.digests ?? []
  return [(await readFile(file, 'utf8')).trim()].filter(isDigest)
}

/** Whether the docker command is podman's, whatever link or script leads to it. */
export async function isPodman(docker: Docker): Promise<boolean> {
  return /^podman\b/i.test((await docker.run(['--version'])).stdout)
}

/** The error for a push that failed, which may pass unless the registry refused it. Throws `docker-missing`. */
export async function pushFailure(
  docker: Docker,
  reference: string,
  result: DockerResult,
): Promise<ReleaseError> {
  await docker.requireEngine()
  const what = `The push of ${reference} failed: docker ${describeEnd(result)}: ${result.lastLine}`
  if (!isLastingRefusal(result))
    return new PushInterruptedError({ what, remedy: 'Run it again: it looks first what is there.' })
  return new ReleaseError('push-failed', {
    what,
    remedy:
      'Check that the account may push there, that the project exists and has room, and that no rule protects the tag; then run it again.',
  })
}
