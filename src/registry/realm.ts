import { isIP } from 'node:net'
import { isLoopback } from './reference.ts'

/** Why credentials may not be sent to a token server, if so. Names are not looked up. */
export function realmProblem(realm: string, origin: string): string | undefined {
  const registry = new URL(origin)
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && registry.protocol === 'http:'))
    return 'is not an https address'
  const { hostname } = url
  const isNumber = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
  const isOwn = hostname === registry.hostname || (isLoopback(url.host) && isLoopback(registry.host))
  if (isOwn || !(isNumber || /(?:^|\.)localhost\.?$/.test(hostname))) return undefined
  return "is an IP address or this machine, and not the registry's own host"
}
