import { createHash } from 'node:crypto'

export type Digest = `sha256:${string}` | `sha512:${string}`

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text)
}

/** By the algorithm of `like`, or SHA-256. */
export function digestOf(bytes: Buffer, like?: Digest): Digest {
  const algorithm = like?.startsWith('sha512:') ? 'sha512' : 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

export type TagState = { readonly kind: 'absent' } | { readonly kind: 'present'; readonly digest: Digest }

export interface Repository {
  readonly registry: string
  readonly path: string
}

export interface ImageReference {
  readonly repository: Repository
  readonly reference: string
}

export function imageName({ registry, path }: Repository) {
  return `${registry}/${path}`
}

export function tagged(repository: Repository, tag: string) {
  return `${imageName(repository)}:${tag}`
}

export function byDigest(repository: Repository, digest: Digest) {
  return `${imageName(repository)}@${digest}`
}

export function nameOf({ repository, reference }: ImageReference) {
  return isDigest(reference) ? byDigest(repository, reference) : tagged(repository, reference)
}

// The grammar of distribution's package reference.
const COMPONENT = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const HOST = new RegExp(`^(${COMPONENT}(?:\\.${COMPONENT})*|\\[[0-9A-Fa-f:]+\\])(?::[1-9][0-9]*)?$`)
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/

export function registryProblem(text: string): string | undefined {
  if (/^https?:/i.test(text)) return 'it is an address; leave "https://" out'
  if (text.includes('/')) return 'it contains "/"; the path belongs in project'
  const [, name = ''] = HOST.exec(text) ?? []
  const url = `https://${text}/`
  // `0x7f.1` is 127.0.0.1.
  const isHost = URL.canParse(url) && (name.startsWith('[') || new URL(url).hostname === name.toLowerCase())
  if (!isHost) return 'it is not a host name with an optional port'
  return name === 'localhost' || name.startsWith('[') || /[.:]/.test(text)
    ? undefined
    : 'docker takes a name without dot or port for a Docker Hub user; write the full host name'
}

export function pathProblem(registry: string, path: string): string | undefined {
  for (const component of path.split('/')) {
    if (component === '') return 'it has an empty part'
    if (!PATH_COMPONENT.test(component))
      return `${JSON.stringify(component)} is not of a-z and 0-9 with single ".", "_", "__" or "-" between`
  }
  const isLong = `${registry}/${path}`.length > 255
  return isLong ? 'with the registry it has more than 255 characters' : undefined
}

export function isLoopback(registry: string) {
  return /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/i.test(registry)
}

export function apiHost(registry: string) {
  return /^(?:index\.)?docker\.io$/.test(registry) ? 'registry-1.docker.io' : registry
}

/** `registry/path:tag@digest` in its parts, unchecked; the path in lower case. */
export function partsOfReference(reference: string) {
  const [named = '', digest] = reference.split(/@(.*)/s)
  const [name = '', tag] = named.split(/:([^:/]*)$/)
  const [, registry = '', path = name] = /^([^/]*)\/(.*)$/s.exec(name) ?? []
  return { repository: { registry, path: path.toLowerCase() }, tag, digest }
}

/** As docker reads a reference: distribution's package reference, "ParseDockerRef". */
export function isIn(repository: Repository, reference: string) {
  const { repository: named } = partsOfReference(reference)
  const { registry, path } = named
  const isHost = /[.:A-Z]/.test(registry) || registry === 'localhost'
  const inHub = { registry: 'docker.io', path: registry === '' ? path : imageName(named) }
  return isSameRepository(isHost ? named : inHub, repository)
}

export function isSameRepository(one: Repository, other: Repository) {
  return isSameRegistry(one.registry, other.registry) && pathAt(one) === pathAt(other)
}

export function isSameRegistry(one: string, other: string) {
  return hostOf(one) === hostOf(other)
}

const HUB = 'docker.io'

function hostOf(registry: string) {
  const host = registry.toLowerCase().replace(/:443$/, '')
  return /^(?:(?:index\.|registry-1\.)?docker\.io|registry\.hub\.docker\.com)$/.test(host) ? HUB : host
}

function pathAt({ registry, path }: Repository) {
  return hostOf(registry) === HUB && !path.includes('/') ? `library/${path}` : path
}
