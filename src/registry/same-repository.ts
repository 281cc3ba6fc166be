import { isLoopback, type Repository } from './reference.ts'

/** Names that Docker Hub's registry has. */
const DOCKER_HUB = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
])

/** One spelling for the hosts that are the same registry. */
const normalisedHost = (host: string): string => {
  const lower = host.toLowerCase()
  if (isLoopback(lower)) return lower.replace(/^(?:\[.*\]|[^:]*)/, 'localhost').replace(/:80$/, '')
  const name = lower.replace(/:443$/, '')
  return DOCKER_HUB.has(name) ? 'docker.io' : name
}

/** One spelling for a repository: docker's short names written out, the host in small letters. */
const normalised = ({ registry, path }: Repository): string => {
  const host = normalisedHost(registry)
  return `${host}/${host === 'docker.io' && !path.includes('/') ? 'library/' : ''}${path.toLowerCase()}`
}

/**
 * The repository that a reference names, with or without tag and digest.
 *
 * Source: the distribution project's reference package, "ParseDockerRef": what comes before the first slash is a host
 * if it has a dot, a colon or capitals, or is localhost.
 */
const repositoryNamed = (reference: string): Repository => {
  const [tagged = ''] = reference.split('@', 1)
  const name = tagged.replace(/:[^:/]*$/, '')
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const isHost = /[.:A-Z]/.test(first) || first === 'localhost'
  return isHost ? { registry: first, path: name.slice(slash + 1) } : { registry: 'docker.io', path: name }
}

/** Whether a reference, as docker takes it, names this repository. */
export const isIn = (repository: Repository, reference: string): boolean =>
  normalised(repositoryNamed(reference)) === normalised(repository)
