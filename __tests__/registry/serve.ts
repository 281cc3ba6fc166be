import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server that answers as it is told, and remembers what it was asked; it ends with the test. */
export const serve = async (answer: RequestListener, address = '127.0.0.1') => {
  const asked: { readonly line: string; readonly headers: IncomingHttpHeaders }[] = []
  const server = createServer((request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers })
    answer(request, response)
  }).listen(0, address)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { host: `${address}:${(server.address() as AddressInfo).port}`, asked }
}
