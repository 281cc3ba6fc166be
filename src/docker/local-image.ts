import { field } from '../json.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import type { Docker } from './docker.ts'

/** An image that the engine has under a reference. */
export interface LocalImage {
  /** The digest of its config, or of its index with the containerd image store. */
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
  /** The digests that the image has, or would have, in the repository of the reference. */
  readonly digests: readonly Digest[]
}

/** The digests among those of all repositories, `repository@sha256:…`, that are of one of them. */
export const digestsIn = (repository: string, all: unknown): Digest[] =>
  Array.isArray(all)
    ? all
        .filter((entry): entry is string => typeof entry === 'string' && entry.startsWith(`${repository}@`))
        .map(entry => entry.slice(repository.length + 1))
        .filter(isDigest)
    : []

/** A reference without its tag. */
export const withoutTag = (reference: string): string => reference.slice(0, reference.lastIndexOf(':'))

/**
 * The image that the engine has under exactly this reference, or nothing. Throws `docker-missing` when the
 * engine does not answer.
 */
export const findLocalImage = async (docker: Docker, reference: string): Promise<LocalImage | undefined> => {
  const { exitCode, stdout } = await docker.run(['image', 'inspect', '--format={{json .}}', reference])
  if (exitCode !== 0) {
    await docker.requireEngine()
    return undefined
  }
  const said: unknown = JSON.parse(stdout)
  // podman takes this format for another one, that of a list.
  const image: unknown = Array.isArray(said) ? said[0] : said
  const id = field(image, 'Id')
  const labels = field(image, 'Config', 'Labels')
  if (typeof id !== 'string') throw new TypeError(`docker image inspect gave no Id for ${reference}`)
  const entries = typeof labels === 'object' && labels !== null ? Object.entries(labels) : []
  return {
    id,
    labels: Object.fromEntries(entries.filter(([, value]) => typeof value === 'string')),
    digests: digestsIn(withoutTag(reference), field(image, 'RepoDigests')),
  }
}
