import * as http from 'node:http'
import * as https from 'node:https'
import { getProxyUrl } from '@actions/http-client/lib/proxy'
import { LastingError } from './errors.ts'

/** Keeps connections to a host, direct or through the environment's proxy. Throws `LastingError` if Node can't use it. */
export function agentFor(url: URL, node = process.versions.node): http.Agent {
  const { Agent } = url.protocol === 'https:' ? https : http
  const proxy = getProxyUrl(url)
  if (proxy === undefined) return new Agent({ keepAlive: true })
  // In `host:3128`, `host:` parses as the scheme.
  const address = proxy.hostname === '' ? `http://${proxy.href}` : proxy.href
  // Other versions silently ignore the proxy.
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const isKnown = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)
  if (!isKnown) throw new LastingError(`a proxy needs Node 24.5 or 22.21, this is ${node}`)
  if (!/^https?:/.test(address)) throw new LastingError(`a proxy of ${proxy.protocol} can not be used`)
  return new Agent({ keepAlive: true, proxyEnv: { HTTP_PROXY: address, HTTPS_PROXY: address } })
}
