import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { forward, send } from './forward.ts'

/** What happens to a request: it goes on, its connection breaks, or it is answered with a status. */
export type Fate = 'pass' | 'reset' | number

/** What is done about each request at a door. */
export interface Doorkeeper {
  /** When it has arrived, before the registry is asked. */
  readonly arrived?: (call: string) => Fate
  /** When the registry has done what it asks, before the answer is sent. */
  readonly answered?: (call: string, method: string) => Promise<'pass' | 'reset'>
}

/** A way to a registry on which requests can be watched, lost and refused. */
export interface Door {
  /** `127.0.0.1:<port>`, as in a reference. */
  readonly host: string
  /** What came by, in order: `METHOD path #n`, with the number of the time that it came. */
  readonly calls: readonly string[]
  stop(): Promise<void>
}

/** Opens a door to the registry at `url`. */
export const openDoor = async (url: string, { arrived, answered }: Doorkeeper): Promise<Door> => {
  const calls: string[] = []
  const nameOf = ({ method = '', url: path = '' }: IncomingMessage): string => {
    // An upload has a number of its own, and a state.
    const name = `${method} ${path.replace(/(\/uploads\/).+/, '$1…')}`
    return `${name} #${calls.filter(call => call.startsWith(`${name} #`)).length + 1}`
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    const { method = '', url: path = '' } = request
    const call = nameOf(request)
    calls.push(call)
    const fate = arrived?.(call) ?? 'pass'
    if (fate === 'reset') return void response.destroy()
    if (typeof fate === 'number') return void response.writeHead(fate).end()
    const answer = await forward(new URL(path, url), request, body)
    if ((await answered?.(call, method)) === 'reset') return void response.destroy()
    send(response, method, answer)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
