import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { type Backoff, registryBackoff } from '../http/retry.ts'
import { describeEnd } from '../process/program.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import type { Docker, DockerResult } from './docker.ts'
import { findLocalImage } from './local-image.ts'
import { type Failed, imageNotPulled, isRetryableFailure, REFUSED, withStatus } from './output.ts'

export const pushBackoff: Backoff = {
  ...registryBackoff,
  attempts: 4,
  totalTime: Number.POSITIVE_INFINITY,
  firstDelay: 1_000,
}

export class PushInterruptedError extends ReleaseError {}

/**
 * The registry must have one of these digests: the image may have been pushed in other forms before. Throws `push-failed`,
 * `docker-missing` or `PushInterruptedError`.
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
    'The account must be allowed to push, the project must exist and have room, and no rule may protect the tag.'
  return new ReleaseError('push-failed', { what, remedy })
}

const LASTING = new RegExp(
  [
    REFUSED.source,
    withStatus('40[0139]|41[23]'),
    '\\b(?:denied|immutable|quota|too large|does not allow updating)\\b',
    '\\bname[ _]unknown|\\b(?:name|tag|manifest)[ _]invalid|\\b(?:repository|project)(?: \\S+)? not found',
  ].join('|'),
  'i',
)

export function isLastingRefusal(failed: Failed) {
  return LASTING.test(failed.lastLine) && !isRetryableFailure(failed)
}

export function isPushFailure(failed: Failed, reference: string) {
  const { tail, lastLine } = failed
  // A step of the build may push, too, and a base image may be in the same repository.
  if (imageNotPulled(failed) !== undefined || lastLine.includes('" did not complete')) return false
  const path = reference.slice(reference.indexOf('/') + 1, reference.lastIndexOf(':'))
  return (
    // The error may not say that it is a push's.
    tail.includes(`pushing ${reference} with docker`) ||
    tail.includes(`pushing manifest for ${reference}@`) ||
    /failed to push|failed to authorize|push access denied|insufficient_scope/i.test(lastLine) ||
    lastLine.includes(`/v2/${path}/`)
  )
}
