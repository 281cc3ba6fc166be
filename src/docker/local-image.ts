import { field, parseJson } from '../json.ts'
import { REVISION_LABEL } from '../registry/labels.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import type { Docker } from './docker.ts'

/** An image that the engine has under a reference. */
export interface LocalImage {
  /** The digest of its config, or of its index with the containerd image store. */
  readonly id: string
  /** The commit that it was built from, if it says so. */
  readonly revision: string | undefined
  /** The digests that the image has, or would have, in the repository of the reference. */
  readonly digests: readonly Digest[]
}

/** The image that the engine has under exactly this reference, if any. Throws `docker-missing`. */
export async function findLocalImage(docker: Docker, reference: string): Promise<LocalImage | undefined> {
  const { exitCode, stdout } = await docker.run(['image', 'inspect', '--format={{json .}}', reference])
  if (exitCode !== 0) {
    await docker.requireEngine()
    return undefined
  }
  // podman takes this format for that of a list.
  const image: unknown = [parseJson(stdout)].flat()[0]
  const id = field(image, 'Id')
  if (typeof id !== 'string') throw new TypeError(`docker image inspect gave no Id for ${reference}`)
  const revision = field(image, 'Config', 'Labels', REVISION_LABEL)
  const repository = `${reference.slice(0, reference.lastIndexOf(':'))}@`
  const digests = Object.values(field(image, 'RepoDigests') ?? [])
    .map(String)
    .filter(entry => entry.startsWith(repository))
    .map(entry => entry.slice(repository.length))
    .filter(isDigest)
  return { id, revision: typeof revision === 'string' ? revision : undefined, digests }
}
