/**
 * A Python package index on loopback, from which pip installs
 * (https://packaging.python.org/en/latest/specifications/simple-repository-api/).
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeWheel, type Wheel } from './wheel.ts'

export interface Upload {
  readonly project: string
  readonly version: string
  readonly requiresPython?: string
}

/** What the index was asked. */
export interface IndexRequest {
  readonly path: string
  readonly userAgent: string
  readonly headers: IncomingMessage['headers']
  readonly status: number
  /** The content type of the answer. */
  readonly type: string
}

export interface SandboxIndex {
  /** The address of the simple index, `http://127.0.0.1:<port>/simple/`. */
  readonly url: string
  /** All requests since the start. */
  readonly requests: readonly IndexRequest[]
  /** Whether it closes every connection without an answer. */
  isDown: boolean
  upload(upload: Upload): void
  /** The next lists for a client whose User-Agent matches come from a node that lacks the last upload. */
  fallBehind(options: { client: RegExp; answers: number }): void
  /** The requests for the list of a project. */
  requestsFor(project: string): IndexRequest[]
  stop(): Promise<void>
}

interface IndexFile extends Upload {
  readonly wheel: Wheel
}

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const HTML_TYPE = 'text/html; charset=utf-8'

const normalise = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-')
const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const asJson = (project: string, files: readonly IndexFile[]): string =>
  JSON.stringify({
    meta: { 'api-version': '1.0' },
    name: project,
    files: files.map(({ wheel, requiresPython }) => ({
      filename: wheel.filename,
      url: `../../files/${wheel.filename}`,
      hashes: { sha256: wheel.sha256 },
      ...(requiresPython === undefined ? {} : { 'requires-python': requiresPython }),
    })),
  })

const asHtml = (project: string, files: readonly IndexFile[]): string => {
  const anchors = files.map(({ wheel, requiresPython }) => {
    const attributes = [
      `href="../../files/${wheel.filename}#sha256=${wheel.sha256}"`,
      ...(requiresPython === undefined ? [] : [`data-requires-python="${escapeHtml(requiresPython)}"`]),
    ]
    return `    <a ${attributes.join(' ')}>${wheel.filename}</a><br />`
  })
  const head = `<meta name="pypi:repository-version" content="1.0">\n    <title>Links for ${project}</title>`
  return `<!DOCTYPE html>\n<html>\n  <head>\n    ${head}\n  </head>\n  <body>\n${anchors.join('\n')}\n  </body>\n</html>\n`
}

/** Starts an index without any project. It runs in this process, and ends with it. */
export const startPackageIndex = async (): Promise<SandboxIndex> => {
  const files: IndexFile[] = []
  const requests: IndexRequest[] = []
  let isDown = false
  let behind = { client: /^/, answers: 0 }

  const shownTo = (userAgent: string): readonly IndexFile[] => {
    if (behind.answers === 0 || !behind.client.test(userAgent)) return files
    behind = { ...behind, answers: behind.answers - 1 }
    return files.slice(0, -1)
  }

  const list = (request: IncomingMessage, response: ServerResponse, name: string): void => {
    const project = normalise(name)
    if (name !== project) {
      response.writeHead(301, { Location: `/simple/${project}/` }).end()
      return
    }
    const shown = shownTo(request.headers['user-agent'] ?? '').filter(
      file => normalise(file.project) === project,
    )
    if (shown.length === 0) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not Found')
      return
    }
    const type = request.headers.accept?.includes(JSON_TYPE) ? JSON_TYPE : HTML_TYPE
    const body = type === JSON_TYPE ? asJson(project, shown) : asHtml(project, shown)
    const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`
    const headers = {
      ETag: etag,
      'Cache-Control': 'max-age=600, public',
      Vary: 'Accept',
      'Content-Type': type,
    }
    response.setHeaders(new Map(Object.entries(headers)))
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
    else response.writeHead(200).end(body)
  }

  const answer = (request: IncomingMessage, response: ServerResponse, path: string): void => {
    if (isDown) {
      request.socket.destroy()
      return
    }
    const [, name] = /^\/simple\/([^/]+)\/$/.exec(path) ?? []
    if (name !== undefined) {
      list(request, response, name)
      return
    }
    const [, filename] = /^\/files\/([^/]+)$/.exec(path) ?? []
    const file = files.find(({ wheel }) => wheel.filename === filename)
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end(file.wheel.bytes)
  }

  const server = createServer((request, response) => {
    const { pathname: path } = new URL(request.url ?? '', 'http://localhost')
    const { headers } = request
    response.on('close', () => {
      const type = String(response.getHeader('content-type') ?? '')
      const status = response.headersSent ? response.statusCode : 0
      requests.push({ path, userAgent: headers['user-agent'] ?? '', headers, status, type })
    })
    answer(request, response, path)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/simple/`,
    requests,
    get isDown() {
      return isDown
    },
    set isDown(now) {
      isDown = now
    },
    upload: upload => void files.push({ ...upload, wheel: makeWheel(upload) }),
    fallBehind: options => {
      behind = options
    },
    requestsFor: project => requests.filter(({ path }) => path === `/simple/${normalise(project)}/`),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
