/**
 * What a registry holds, read from its storage: not by the distribution API, which is the thing that tests are about.
 * The layout is that of https://pkg.go.dev/github.com/docker/distribution/registry/storage.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A file or folder that is not there is an answer; any other failure is an error. */
const ifPresent = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

const tagsFolder = (storage: string, repository: string): string =>
  join(storage, 'docker/registry/v2/repositories', repository, '_manifests/tags')

/** The digest that a tag leads to; undefined if there is no such tag or repository. */
export const readTag = (storage: string, repository: string, tag: string): Promise<string | undefined> =>
  ifPresent(readFile(join(tagsFolder(storage, repository), tag, 'current/link'), 'utf8'))

/** The names of all tags of a repository, sorted; none if there is no such repository. */
export const listTags = async (storage: string, repository: string): Promise<string[]> => {
  const folders = (await ifPresent(readdir(tagsFolder(storage, repository)))) ?? []
  // A tag that was deleted may leave its folder.
  const tags = await Promise.all(
    folders.map(async tag => ((await readTag(storage, repository, tag)) === undefined ? [] : [tag])),
  )
  return tags.flat().toSorted()
}

/** The bytes of a manifest, a configuration or a layer. */
export const readBlob = async (storage: string, digest: string): Promise<Buffer> => {
  const [algorithm = '', hash = ''] = digest.split(':')
  return readFile(join(storage, 'docker/registry/v2/blobs', algorithm, hash.slice(0, 2), hash, 'data'))
}
