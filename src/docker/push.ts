import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import type { Backoff } from '../http/retry.ts'
import { describeEnd } from '../process/program.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import type { Docker, DockerResult } from './docker.ts'
import { findLocalImage } from './local-image.ts'
import { type Failed, imageNotPulled, isRetryableFailure, REFUSED, withStatus } from './output.ts'

export const pushBackoff: Backoff = {
  attempts: 4,
  attemptTimeout: Number.POSITIVE_INFINITY,
  totalTime: Number.POSITIVE_INFINITY,
  firstDelay: 1_000,
  longestDelay: 15_000,
}

/** Another attempt may complete the push; what was built is still there. */
export class PushInterruptedError extends ReleaseError {}

/**
 * Pushes an image of the engine. Gives back its digests, of which the registry must have one: it may have been pushed in other
 * forms before. Throws `push-failed`, `docker-missing` or `PushInterruptedError`.
 */
export async function pushImage(docker: Docker, reference: string, temporary: string): Promise<Digest[]> {
  // podman compresses while it pushes: the digest in the registry is another.
  const file = (await docker.isPodman()) ? join(temporary, 'pushed-digest') : undefined
  const options = file === undefined ? [] : [`--digestfile=${file}`]
  const result = await docker.run(['push', ...options, reference], { show: true })
  if (result.exitCode !== 0) throw await pushFailure(docker, reference, result)
  if (file === undefined) return (await findLocalImage(docker, reference))?.digests ?? []
  return [(await readFile(file, 'utf8')).trim()].filter(isDigest)
}

/** `PushInterruptedError`, unless the registry refused the push. Throws `docker-missing`. */
export async function pushFailure(docker: Docker, reference: string, result: DockerResult) {
  await docker.requireEngine()
  const what = `The push of ${reference} failed: docker ${describeEnd(result)}: ${result.lastLine}`
  if (!isLastingRefusal(result))
    return new PushInterruptedError('push-failed', { what, remedy: 'Run it again.' })
  const remedy =
    'Check that the account may push, the project exists and has room, and no rule protects the tag; then run it again.'
  return new ReleaseError('push-failed', { what, remedy })
}

/** A push is refused for good: no right, no room, a fixed tag, no such thing. */
const LASTING = new RegExp(
  [
    REFUSED.source,
    withStatus('40[0139]|41[23]'),
    '\\b(?:denied|immutable|quota|too large|does not allow updating)\\b',
    '\\bname[ _]unknown|\\b(?:name|tag|manifest)[ _]invalid|\\b(?:repository|project)(?: \\S+)? not found',
  ].join('|'),
  'i',
)

export function isLastingRefusal(failed: Failed): boolean {
  return LASTING.test(failed.lastLine) && !isRetryableFailure(failed)
}

/** Whether a command that builds and pushes failed in its push. */
export function isPushFailure(failed: Failed, reference: string): boolean {
  const { tail, lastLine } = failed
  // A base image may be in the same repository, and a step of the build may push something else.
  if (imageNotPulled(failed) !== undefined || lastLine.includes('" did not complete')) return false
  const path = reference.slice(reference.indexOf('/') + 1, reference.lastIndexOf(':'))
  return (
    // How the engine and BuildKit begin to push; the error may not say that it is a push's.
    tail.includes(`pushing ${reference} with docker`) ||
    tail.includes(`pushing manifest for ${reference}@`) ||
    /failed to push|failed to authorize|push access denied|insufficient_scope/i.test(lastLine) ||
    lastLine.includes(`/v2/${path}/`)
  )
}
