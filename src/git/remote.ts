/** A repository on a server, by the address of its page without a scheme: `github.com/dmwm/wmcore`, in lower case. */
export type RepositoryAddress = string

const ADDRESS = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?:[^/@]*@)?(?<host>[^/:]+)(?::[0-9]+)?\/(?<path>.+)$/i
/** The short form of ssh, `user@host:path`. Source: git-clone(1), "GIT URLS". */
const SHORT_SSH = /^(?:[^/@:]+@)?(?<host>[^/:@]+):(?<path>[^/].*)$/

/** Addresses that docker fetches itself: https, git, ssh, and the short form of GitHub. Source: docker, "Build context". */
const REMOTE = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/i

/** Whether a context is an address, and not a directory. */
export const isAddress = (context: string): boolean => REMOTE.test(context)

/**
 * The repository that an address of git leads to, whichever way it is written: https, ssh, with a user, a port or
 * `.git`. Nothing for a path of this machine. GitHub takes names in any case, and ssh over the port of https at a host
 * of its own.
 */
export const repositoryAt = (address: string): RepositoryAddress | undefined => {
  const whole = address.replace(/^github\.com\//i, 'https://github.com/')
  const { scheme, host, path } = (ADDRESS.exec(whole) ?? SHORT_SSH.exec(whole))?.groups ?? {}
  if (host === undefined || path === undefined || scheme?.toLowerCase() === 'file') return undefined
  const server = host.toLowerCase().replace(/^ssh\.github\.com$/, 'github.com')
  const name = path
    .replace(/[?#].*$/s, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/i, '')
    .replace(/^\/+/, '')
  return name === '' ? undefined : `${server}/${name}`.toLowerCase()
}
