import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ScriptedAnswer {
  readonly status?: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface ScriptedServer {
  readonly url: string
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[]
  stop(): Promise<void>
}

/** A server that gives these answers, one after another, the last of them for ever. */
export const startScriptedServer = async (answers: readonly ScriptedAnswer[]): Promise<ScriptedServer> => {
  const requests: { path: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]
    requests.push({ path: request.url ?? '', headers: request.headers })
    const { status = 200, type, headers = {}, body = '' } = answer ?? {}
    const ours = type === undefined ? {} : { 'content-type': type }
    response.writeHead(status, { ...ours, ...headers }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
