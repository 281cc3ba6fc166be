/** What a registry holds, asked in the plainest way: not by the action's own client, which is what is on show. */

/** Every media type that a manifest may have; a registry may convert what it is not asked for. */
const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

const ask = async (url: string, init: RequestInit = {}): Promise<Response> => {
  const response = await fetch(url, init)
  if (!response.ok) throw new Error(`${url}: the registry answered ${response.status}`)
  return response
}

const tagsIn = (answer: unknown): string[] => {
  const tags = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'tags') : undefined
  return Array.isArray(tags) ? tags.map(String).toSorted() : []
}

/**
 * All tags of a repository and the digests that they lead to, sorted by tag.
 *
 * @throws when the registry does not answer, or does not say a digest
 */
export const readRegistry = async (url: string, repository: string): Promise<Map<string, string>> => {
  const base = `${url}/v2/${repository}`
  const list = await ask(`${base}/tags/list`)
  const digests = new Map<string, string>()
  for (const tag of tagsIn(await list.json())) {
    const { headers } = await ask(`${base}/manifests/${tag}`, { method: 'HEAD', headers: { accept } })
    const digest = headers.get('docker-content-digest')
    if (digest === null) throw new Error(`${base}/manifests/${tag}: the registry does not say its digest`)
    digests.set(tag, digest)
  }
  return digests
}

/** Whether anything still answers there. */
export const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  )
