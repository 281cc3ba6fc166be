/**
 * The grammar of references, as the distribution project writes it down (reference package) and the
 * distribution specification v1.1.1 requires it.
 */
const DOMAIN_COMPONENT = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const HOST = new RegExp(
  `^(?<name>${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[0-9A-Fa-f:]+\\])(?::(?<port>[0-9]{1,5}))?$`,
)
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** The longest name, host and path together, that docker accepts, in characters. */
const MAX_NAME_LENGTH = 255

/** A content digest, such as `sha256:…`. */
export type Digest = `sha256:${string}` | `sha512:${string}`

/** Whether `text` is a digest of one of the algorithms that the OCI image specification registers. */
export const isDigest = (text: unknown): text is Digest => typeof text === 'string' && DIGEST.test(text)

/** What a registry has under a tag. Everything else is not a state, but an error. */
export type TagState = { readonly kind: 'absent' } | { readonly kind: 'present'; readonly digest: Digest }

/** A repository of a registry: where the image tags of a service are. */
export interface Repository {
  /** Host and port, as in a reference. */
  readonly registry: string
  /** The path in the registry, such as `cmswmcore/reqmgr2`. */
  readonly path: string
}

/** `registry/path`, as docker takes it. */
export const imageName = ({ registry, path }: Repository): string => `${registry}/${path}`

/** `registry/path:tag`. */
export const tagged = (repository: Repository, tag: string): string => `${imageName(repository)}:${tag}`

/** `registry/path@digest`. */
export const byDigest = (repository: Repository, digest: Digest): string =>
  `${imageName(repository)}@${digest}`

/**
 * Whether a request to this name goes to just this name: some that the grammar allows are numbers in disguise
 * (`0x7f.1` is 127.0.0.1), or no address at all.
 */
const isAsItIsAsked = (name: string): boolean => {
  if (!URL.canParse(`https://${name}/`)) return false
  return name.startsWith('[') || new URL(`https://${name}/`).hostname === name.toLowerCase()
}

/** Says what keeps `text` from being the host of a registry, or nothing if it is one. */
export const registryProblem = (text: string): string | undefined => {
  if (text === '') return 'it is empty'
  if (/^https?:/i.test(text)) return 'it is an address; leave "https://" out'
  if (text.includes('/')) return 'it contains "/"; the path belongs in project'
  const { name, port } = HOST.exec(text)?.groups ?? {}
  if (name === undefined) return 'it is not a host name with an optional port'
  if (!isAsItIsAsked(name))
    return 'it is a number, or another way to write an address; write the name of the host'
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return `there is no port ${port}`
  if (name !== 'localhost' && !name.includes('.') && !name.startsWith('[') && port === undefined) {
    return 'docker takes a name without dot or port for a user of Docker Hub; write the full host name'
  }
  return undefined
}

/** Says what keeps `path` from being a repository of the registry, or nothing if it is one. */
export const pathProblem = (registry: string, path: string): string | undefined => {
  for (const component of path.split('/')) {
    if (component === '') return 'it has an empty part'
    if (/[A-Z]/.test(component)) return `${JSON.stringify(component)} has capitals`
    if (!PATH_COMPONENT.test(component)) {
      return `${JSON.stringify(component)} is not of a-z and 0-9 with single ".", "_", "__" or "-" between`
    }
  }
  const length = registry.length + 1 + path.length
  return length > MAX_NAME_LENGTH
    ? `with the registry it has ${length} characters, more than ${MAX_NAME_LENGTH}`
    : undefined
}

/** Whether the host is this machine, the only place where docker and this action speak plain http. */
export const isLoopback = (registry: string): boolean =>
  /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/i.test(registry)

/** The origin of the registry's API. Docker Hub's is not at the name that its references have. */
export const apiOrigin = (registry: string): string => {
  if (registry === 'docker.io' || registry === 'index.docker.io') return 'https://registry-1.docker.io'
  return `${isLoopback(registry) ? 'http' : 'https'}://${registry}`
}
