import * as http from 'node:http'
import * as https from 'node:https'
import { checkBypass } from '@actions/http-client/lib/proxy'
import { LastingError } from './errors.ts'

/** Throws `LastingError` if Node can't use the environment's proxy. */
export function agentFor(url: URL, node = process.versions.node) {
  const { Agent } = url.protocol === 'https:' ? https : http
  const name = url.protocol.replace(':', '_proxy')
  const variable = [name, name.toUpperCase()].find(each => process.env[each])
  if (variable === undefined || checkBypass(url)) return new Agent({ keepAlive: true })
  // Others silently ignore the proxy.
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const isKnown = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)
  if (!isKnown) throw new LastingError(`a proxy needs Node 24.5 or 22.21, this is ${node}`)
  const value = process.env[variable] ?? ''
  const address = value.includes('://') ? value : `http://${value}`
  if (!/^https?:/i.test(address) || !URL.canParse(address))
    throw new LastingError(
      `the proxy in ${variable} can not be used`,
      `Set ${variable} to an address such as http://proxy.example:3128.`,
    )
  return new Agent({ keepAlive: true, proxyEnv: { HTTP_PROXY: address, HTTPS_PROXY: address } })
}
