import { ReleaseError } from '../errors.ts'
import type { Digest } from '../registry/reference.ts'
import type { Docker, DockerResult } from './docker.ts'
import { digestsIn, repositoryOf } from './local-image.ts'
import { isPodman, podmanPush } from './podman.ts'

/** A push that broke for a reason that may pass; what was built is still there. */
export class PushInterruptedError extends ReleaseError {
  constructor(options: { what: string; wayOut: string }) {
    super('push-failed', options)
  }
}

/** What docker and BuildKit say when the connection or the registry, not the request, was at fault. */
const PASSING =
  /\b(?:408|429|5[0-9][0-9]) |too ?many ?requests|internal server error|bad gateway|service unavailable|gateway timeout|connection re(?:set|fused)|broken pipe|unexpected EOF|: EOF|i\/o timeout|TLS handshake timeout|deadline exceeded|temporary failure in name resolution|unexpected status.*: 5/i

/** Whether docker failed for a reason that may pass. */
export const mayPass = ({ tail }: DockerResult): boolean => PASSING.test(tail)

/**
 * A failure while the pushed bytes are on their way is one of the push, though one command does both: docker
 * calls it that, or the request that failed was one to the repository itself.
 */
export const isPushFailure = ({ tail, lastLine }: DockerResult, reference: string): boolean =>
  // The engine's own push, and BuildKit's, begin after the build; what breaks them may say nothing of a push.
  tail.includes(`pushing ${reference} with docker`) ||
  tail.includes(`pushing manifest for ${reference}@`) ||
  /failed to push|failed to authorize|push access denied|insufficient_scope/i.test(tail) ||
  lastLine.includes(`/v2/${reference.slice(reference.indexOf('/') + 1, reference.lastIndexOf(':'))}/`)

/** The error for a push that failed, one that may pass or not. Throws `docker-missing` if there is no engine. */
export const pushFailure = async (
  docker: Docker,
  reference: string,
  result: DockerResult,
): Promise<ReleaseError> => {
  await docker.requireEngine()
  const what = `${reference} was not pushed: docker ended with exit status ${result.exitCode}: ${result.lastLine}`
  const wayOut = 'No other tag was written. Check that the account may push there, then run it again.'
  return mayPass(result)
    ? new PushInterruptedError({ what, wayOut })
    : new ReleaseError('push-failed', { what, wayOut })
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
  let digests: unknown
  try {
    digests = exitCode === 0 ? JSON.parse(stdout) : undefined
  } catch {
    digests = undefined
  }
  return digestsIn(repositoryOf(reference), digests)
}

/**
 * Pushes an image that the engine has. Gives back the digests that docker says it has in the registry; the
 * registry must have one of them.
 *
 * Throws `push-failed`, `docker-missing`, or `PushInterruptedError` if trying again may help.
 */
export const push = async (docker: Docker, reference: string, temporary: string): Promise<Digest[]> => {
  if (await isPodman(docker)) {
    const { result, digests } = await podmanPush(docker, reference, temporary)
    if (result.exitCode !== 0) throw await pushFailure(docker, reference, result)
    return digests
  }
  const result = await docker.run(['push', reference], { show: true })
  if (result.exitCode !== 0) throw await pushFailure(docker, reference, result)
  return repositoryDigests(docker, reference)
}
