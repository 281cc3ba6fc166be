/** In lower case, such as `github.com/dmwm/wmcore`; nothing for a path. */
export function repositoryAt(address: string): string | undefined {
  const url = address.includes('://') && URL.canParse(address) ? new URL(address) : undefined
  const { hostname = '', pathname = '' } = url ?? SHORT_SSH.exec(address)?.groups ?? {}
  // GitHub has ssh over the port of https, too.
  const server = hostname.toLowerCase().replace(/^(?:ssh|www)\.(?=github\.com$)/, '')
  const name = pathname
    .split('/')
    .filter(Boolean)
    .join('/')
    .replace(/\.git$/i, '')
  // What is left of an account may be a secret.
  return server === '' || name === '' || name.includes('@') ? undefined : `${server}/${name}`.toLowerCase()
}

/** `user@host:path`. Source: git-clone(1), "GIT URLS". */
const SHORT_SSH = /^(?:[^/@:]+@)?(?<hostname>[^/:@]+):(?<pathname>[^/].*)$/
