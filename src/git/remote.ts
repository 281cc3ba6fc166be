/** A repository on a server, by the address of its page without a scheme: `github.com/dmwm/wmcore`, in lower case. */
export type RepositoryAddress = string

/** The short form of ssh, `user@host:path`. Source: git-clone(1), "GIT URLS". */
const SHORT_SSH = /^(?:[^/@:]+@)?(?<host>[^/:@]+):(?<path>[^/].*)$/

/** Addresses that docker fetches itself: https, git, ssh, and the short form of GitHub. Source: docker, "Build context". */
const REMOTE = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/i

/** Whether a context is an address, and not a directory. */
export const isAddress = (context: string): boolean => REMOTE.test(context)

/** Hosts at which GitHub has the same repositories: by ssh over the port of https, as archives, and file by file. */
const GITHUB = /^(?:(?:ssh|www|codeload)\.github\.com|raw\.githubusercontent\.com)$/

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** The host and the path of an address of git. The account before the host is in neither. */
const partsOf = (address: string): { readonly host: string; readonly path: string } | undefined => {
  if (!address.includes('://')) {
    const { host, path } = SHORT_SSH.exec(address)?.groups ?? {}
    return host === undefined || path === undefined ? undefined : { host, path: path.replace(/[?#].*$/s, '') }
  }
  if (!URL.canParse(address)) return undefined
  const { protocol, hostname, pathname } = new URL(address)
  return protocol === 'file:' ? undefined : { host: hostname, path: decoded(pathname) }
}

/**
 * The repository that an address of git leads to, whichever way it is written: https, ssh, with a user, a port or
 * `.git`; below it, what of it is meant. Nothing for a path of this machine. GitHub takes names in any case.
 */
export const repositoryAt = (address: string): RepositoryAddress | undefined => {
  const { host, path } = partsOf(address.replace(/^github\.com\//i, 'https://github.com/')) ?? {}
  if (host === undefined || path === undefined) return undefined
  const server = host.toLowerCase().replace(/\.$/, '').replace(GITHUB, 'github.com')
  const name = path
    .replace(/(?<!\/)\/+$/, '')
    .replace(/\.git$/i, '')
    .replace(/^\/+/, '')
  // What is left of an account may be a secret.
  return server === '' || name === '' || name.includes('@') ? undefined : `${server}/${name}`.toLowerCase()
}

/** Whether a remote leads to a repository. A host without a dot may be any: the configuration of ssh says which. */
export const leadsTo = (remote: RepositoryAddress, repository: RepositoryAddress): boolean => {
  const [host = '', ...path] = remote.split('/')
  const [, ...own] = repository.split('/')
  return remote === repository || (!host.includes('.') && path.join('/') === own.join('/'))
}

/** Whether a remote may lead to a fork of a repository: it has the same name, on whichever server, of whichever owner. */
export const mayBeFork = (remote: RepositoryAddress, repository: RepositoryAddress): boolean =>
  remote.split('/').at(-1) === repository.split('/').at(-1)
