import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import type { Backoff } from '../http/retry.ts'
import { parseJson } from '../json.ts'
import { describeEnd } from '../process/run.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import type { Docker, DockerResult } from './docker.ts'
import { isLastingRefusal } from './failures.ts'
import { digestsIn } from './local-image.ts'

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
 * Pushes an image that the engine has. Gives back the digests that docker says it has in the registry; the registry must
 * have one of them. podman compresses while it pushes, so that the digest in the registry is another one than that of the
 * image here, and it writes down which.
 *
 * Throws `push-failed`, `docker-missing`, or `PushInterruptedError` if trying again may help.
 */
export async function pushImage(
  docker: Docker,
  reference: string,
  temporary: string,
): Promise<readonly Digest[]> {
  const podman = await isPodman(docker)
  const folder = await mkdtemp(join(temporary, 'push-'))
  try {
    const file = join(folder, 'digest')
    const result = await docker.run(['push', ...(podman ? [`--digestfile=${file}`] : []), reference], {
      show: true,
    })
    if (result.exitCode !== 0) throw await pushFailure(docker, reference, result)
    if (!podman) return repositoryDigests(docker, reference)
    const digest = (await readFile(file, 'utf8').catch(() => '')).trim()
    return isDigest(digest) ? [digest] : []
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Whether the docker command is podman's: it says so, whatever link or script leads to it. */
export async function isPodman(docker: Docker): Promise<boolean> {
  return /^podman\b/i.test((await docker.run(['--version'])).stdout)
}

/**
 * The error for a push that failed, which may pass unless the registry refused it. What the registry has now is not known by
 * that. Throws `docker-missing` if there is no engine.
 */
export async function pushFailure(
  docker: Docker,
  reference: string,
  result: DockerResult,
): Promise<ReleaseError> {
  await docker.requireEngine()
  const what = `The push of ${reference} failed: docker ${describeEnd(result)}: ${result.lastLine}`
  const remedy =
    'Check that the account may push there, that the project exists and has room, and that no rule protects the tag; then run it again.'
  return isLastingRefusal(result)
    ? new ReleaseError('push-failed', { what, remedy })
    : new PushInterruptedError({ what, remedy: `Run it again: it looks first what is there. ${remedy}` })
}

/**
 * The digests under which the engine knows that an image is in a repository. There may be several, when the same image was
 * pushed in other forms before.
 */
async function repositoryDigests(docker: Docker, reference: string): Promise<readonly Digest[]> {
  const args = ['image', 'inspect', '--format={{json .RepoDigests}}', reference]
  const { exitCode, stdout } = await docker.run(args)
  return exitCode === 0 ? digestsIn(reference, parseJson(stdout)) : []
}
