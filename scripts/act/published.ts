import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { listTags, readTag } from '../../sandbox/storage.ts'

/** Digests; keys are `project/service:tag`. */
export type Published = ReadonlyMap<string, string>

/** All tags of a registry, read from its storage. */
export const readPublished = async (storage: string): Promise<Published> => {
  const root = join(storage, 'docker/registry/v2/repositories')
  const folders = await readdir(root, { withFileTypes: true, recursive: true }).catch(() => [])
  const repositories = folders
    .filter(({ name }) => name === '_manifests')
    .map(({ parentPath }) => parentPath.slice(root.length + 1))
  const found = new Map<string, string>()
  for (const repository of repositories.toSorted()) {
    for (const tag of await listTags(storage, repository)) {
      const digest = await readTag(storage, repository, tag)
      if (digest !== undefined) found.set(`${repository}:${tag}`, digest)
    }
  }
  return found
}

/**
 * What is wrong with what was published: a tag that is missing or should not be there, whatever its project, or a
 * stable tag that has another digest than its version.
 */
export const problemWith = (
  published: Published,
  expected: Readonly<Record<string, readonly string[]>>,
): string | undefined => {
  const found = [...published.keys()].map(name => name.slice(name.lastIndexOf('/') + 1)).toSorted()
  const wanted = Object.entries(expected)
    .flatMap(([service, tags]) => tags.map(tag => `${service}:${tag}`))
    .toSorted()
  if (found.join() !== wanted.join()) {
    return `the registry has ${found.join(', ') || 'no tags'}; it should have ${wanted.join(', ')}`
  }
  const differing = [...published]
    .filter(([name, digest]) => (published.get(`${name}-stable`) ?? digest) !== digest)
    .map(([name]) => name)
  return differing.length === 0 ? undefined : `${differing.join(', ')}: not the image of the stable tag`
}
