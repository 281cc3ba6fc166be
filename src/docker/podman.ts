import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../registry/reference.ts'
import type { Docker, DockerResult } from './docker.ts'

/** Whether the docker command is podman's: it says so, whatever link or script leads to it. */
export const isPodman = async (docker: Docker): Promise<boolean> =>
  /^podman\b/i.test((await docker.run(['--version'])).stdout)

/**
 * Pushes with podman. It compresses while it pushes, so that the digest in the registry is another one than
 * that of the image here, and it writes down which. The digests are empty if it does not.
 */
export const podmanPush = async (
  docker: Docker,
  reference: string,
  temporary: string,
): Promise<{ result: DockerResult; digests: Digest[] }> => {
  const folder = await mkdtemp(join(temporary, 'push-'))
  try {
    const file = join(folder, 'digest')
    const result = await docker.run(['push', `--digestfile=${file}`, reference], { show: true })
    const digest = result.exitCode === 0 ? (await readFile(file, 'utf8').catch(() => '')).trim() : ''
    return { result, digests: isDigest(digest) ? [digest] : [] }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
