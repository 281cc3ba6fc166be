/** How a request that came to one server is passed on to another, and its answer back. */
import { once } from 'node:events'
import {
  Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const agent = new Agent({ keepAlive: true })

/** Asks at `url` what was asked here. The Host is the one that came: a registry makes its Location headers from it. */
export async function forward(
  url: URL,
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  body: Buffer,
): Promise<Answer> {
  const length = body.length > 0 || method !== 'GET' ? { 'content-length': body.length } : {}
  const sent = request(url, { method, agent, headers: { ...endToEnd(headers), ...length } }).end(body)
  const [message] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: message.statusCode ?? 0, headers: message.headers, body: await buffer(message) }
}

/** Gives an answer. */
export function send(
  response: ServerResponse,
  method: string | undefined,
  { status, headers, body }: Answer,
): void {
  const { 'content-length': length = '0' } = headers
  response.writeHead(status, {
    ...endToEnd(headers),
    'content-length': method === 'HEAD' ? length : body.length,
  })
  response.end(method === 'HEAD' ? undefined : body)
}

/** The headers that are not of one connection alone. */
export function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'expect', 'content-length']
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)))
}
