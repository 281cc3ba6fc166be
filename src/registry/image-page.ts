import { shortBackoff } from '../http/retry.ts'
import type { Transport } from '../http/transport.ts'
import { field, parseJson } from '../json.ts'
import { apiOrigin, type Digest, type Repository } from './reference.ts'

/** The name by which Harbor asks for a token: goharbor/harbor, src/core/service/token. */
const HARBOR_SERVICE = 'harbor-registry'

/** Harbor's pages name a project by its number, which its API tells (of public projects, to anybody). */
const harborPage = async (
  { registry, path }: Repository,
  digest: Digest,
  transport: Transport,
): Promise<string | undefined> => {
  const slash = path.indexOf('/')
  if (slash < 0) return undefined
  const origin = apiOrigin(registry)
  const url = new URL(`${origin}/api/v2.0/projects/${encodeURIComponent(path.slice(0, slash))}`)
  const headers = { accept: 'application/json', 'x-is-resource-name': 'true' }
  const { status, body } = await transport.send(
    { method: 'GET', url, headers },
    { ...shortBackoff, attempts: 1 },
  )
  const id = status === 200 ? field(parseJson(body.toString('utf8')), 'project_id') : undefined
  if (typeof id !== 'number') return undefined
  // The slashes of a repository's name are encoded twice there.
  const name = encodeURIComponent(encodeURIComponent(path.slice(slash + 1)))
  return `${origin}/harbor/projects/${id}/repositories/${name}/artifacts-tab/artifacts/${digest}`
}

/**
 * The page that shows an image to people, where it is known; nothing if not. Never throws: it is not worth
 * the failure of a run. `tokenService` is what the registry calls itself when it asks for a token.
 */
export const imagePage = async (
  repository: Repository,
  {
    tokenService,
    digest,
    transport,
  }: { tokenService: string | undefined; digest: Digest; transport: Transport },
): Promise<string | undefined> => {
  const { registry, path } = repository
  if (registry === 'ghcr.io') return `https://ghcr.io/${path}`
  if (registry === 'quay.io') return `https://quay.io/repository/${path}`
  if (registry === 'docker.io') return `https://hub.docker.com/r/${path}/tags`
  if (tokenService !== HARBOR_SERVICE) return undefined
  return harborPage(repository, digest, transport).catch(() => undefined)
}
