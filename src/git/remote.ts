/** A repository on a server, by the address of its page without a scheme: `github.com/dmwm/wmcore`, in lower case. */
export type RepositoryAddress = string

/** The short form of ssh, `user@host:path`. Source: git-clone(1), "GIT URLS". */
const SHORT_SSH = /^(?:[^/@:]+@)?(?<hostname>[^/:@]+):(?<pathname>[^/].*)$/

/**
 * The repository that an address of git leads to, whichever way it is written: https, ssh, with an account, a port or
 * `.git`. Nothing for a path of this machine. GitHub takes names in any case.
 */
export function repositoryAt(address: string): RepositoryAddress | undefined {
  const url = address.includes('://') && URL.canParse(address) ? new URL(address) : undefined
  const { hostname = '', pathname = '' } = url ?? SHORT_SSH.exec(address)?.groups ?? {}
  // GitHub has ssh over the port of https, too.
  const server = hostname.toLowerCase().replace(/^(?:ssh|www)\.(?=github\.com$)/, '')
  const name = pathname
    .split('/')
    .filter(part => part !== '')
    .join('/')
    .replace(/\.git$/i, '')
  // What is left of an account may be a secret.
  return server === '' || name === '' || name.includes('@') ? undefined : `${server}/${name}`.toLowerCase()
}
