import { setMaxListeners } from 'node:events'
import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, isIPv6, type Socket } from 'node:net'
import { type ConnectionOptions, connect as secure } from 'node:tls'
// Not the toolkit's client: what it has for fetch() would be most of the bundle, and of the time that loading takes.
import { getProxyUrl } from '@actions/http-client/lib/proxy'
import { RefusedByProxyError } from './errors.ts'

const authorizationFor = ({ username, password }: URL): Record<string, string> =>
  username === '' && password === ''
    ? {}
    : { 'proxy-authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }

/**
 * Has a proxy connect to `authority`, a host and its port. That the proxy refuses is an error: its words must not be
 * taken for those of the host. Source: RFC 9110, 9.3.6.
 */
const connectThrough = (proxy: URL, authority: string, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { request } = proxy.protocol === 'https:' ? https : http
    const host = proxy.hostname.replace(/^\[(.*)\]$/, '$1')
    const asked = request({
      method: 'CONNECT',
      host,
      port: proxy.port,
      path: authority,
      headers: { host: authority, ...authorizationFor(proxy) },
      // What the certificate of the proxy must be for; without it, Node takes the header for that.
      servername: isIP(host) === 0 ? host : '',
      agent: false,
      signal,
    })
    asked.on('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      if (statusCode >= 200 && statusCode < 300) {
        socket.unshift(head)
        resolve(socket)
      } else {
        socket.destroy()
        reject(
          new RefusedByProxyError(`the proxy ${proxy.host} answered ${statusCode} to CONNECT`, statusCode),
        )
      }
    })
    asked.on('error', cause => reject(new Error(`the proxy ${proxy.host}: ${cause.message}`, { cause })))
    asked.end()
  })

/** Lets an agent make its connections through a proxy, which sees neither requests nor answers. */
const throughProxy = (agent: http.Agent, proxy: URL, signal: AbortSignal): http.Agent => {
  const isSecure = agent instanceof https.Agent
  // Node.js, http, "agent.createConnection(options[, callback])": asynchronous by the callback.
  return Object.assign(agent, {
    createConnection(options: ConnectionOptions, callback: (error: unknown, socket?: Socket) => void) {
      const { host = '', port } = options
      connectThrough(proxy, `${isIPv6(host) ? `[${host}]` : host}:${port}`, signal)
        .then(socket => (isSecure ? secure({ ...options, socket }) : socket))
        .then(socket => callback(null, socket), callback)
    },
  })
}

/**
 * The proxy that the environment names for an address, as the runner's toolkit reads it: `https_proxy`, `http_proxy`
 * and `no_proxy`, in capitals too. One without a scheme is asked by http, as curl does.
 */
const proxyFor = (url: URL): URL | undefined => {
  const proxy = getProxyUrl(url)
  return proxy?.hostname === '' ? new URL(`http://${proxy.href}`) : proxy
}

/** How hosts are reached: over connections that are kept, direct or through the proxy for the host. */
export class Agents implements Disposable {
  readonly #agents = new Map<string, http.Agent>()
  readonly #closing = new AbortController()

  constructor() {
    // Every connection that a proxy is asked for listens; Node 20 takes more than ten for a leak.
    setMaxListeners(0, this.#closing.signal)
  }

  /** The agent for the origin of an address. */
  for(url: URL): http.Agent {
    const known = this.#agents.get(url.origin)
    if (known !== undefined) return known
    const { Agent } = url.protocol === 'https:' ? https : http
    const direct = new Agent({ keepAlive: true })
    const proxy = proxyFor(url)
    const agent = proxy === undefined ? direct : throughProxy(direct, proxy, this.#closing.signal)
    this.#agents.set(url.origin, agent)
    return agent
  }

  /** Closes the connections that were kept, and those that a proxy has not made yet. */
  [Symbol.dispose](): void {
    this.#closing.abort()
    for (const agent of this.#agents.values()) agent.destroy()
    this.#agents.clear()
  }
}
