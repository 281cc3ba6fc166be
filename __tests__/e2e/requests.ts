import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Registry, RegistryRequest } from '../../sandbox/registry.ts'

/** What the registry was asked about a repository, all of it: the log of a request may come after its answer. */
export const requestsTo = async (registry: Registry, repository: string): Promise<RegistryRequest[]> => {
  const userAgent = randomUUID()
  await fetch(`${registry.url}/v2/`, { headers: { 'User-Agent': userAgent } }).then(answer =>
    answer.arrayBuffer(),
  )
  while (!registry.requests().some(request => request.userAgent === userAgent)) await sleep(10)
  return registry.requests().filter(({ path }) => path.startsWith(`/v2/${repository}/`))
}

/** Whether it begins an upload, or cancels one: nothing is there by that. */
const isOfUpload = ({ method, path }: RegistryRequest): boolean =>
  (method === 'POST' || method === 'DELETE') && path.includes('/blobs/uploads/')

/** The requests of which the repository can have changed, as `METHOD path`. */
export const writesTo = async (registry: Registry, repository: string): Promise<string[]> => {
  const requests = await requestsTo(registry, repository)
  return requests
    .filter(request => !['GET', 'HEAD'].includes(request.method) && !isOfUpload(request))
    .map(({ method, path }) => `${method} ${path}`)
}
