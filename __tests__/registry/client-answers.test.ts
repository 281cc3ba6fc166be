import { expect, test } from 'vitest'
import { digestOf } from '../../src/registry/reference.ts'
import { EMPTY_INDEX, makeClient, PATH } from './client-of.ts'
import { serve } from './serve.ts'

const digest = digestOf(EMPTY_INDEX.bytes)
const OTHER = `sha256:${'5'.repeat(64)}` as const

/** Answers HEAD with a status and, if there is one, a digest; and GET with the empty index. */
const serveHead = (status: number, said?: string) =>
  serve((request, response) => {
    const digests = said === undefined ? {} : { 'docker-content-digest': said }
    if (request.method === 'HEAD') return response.writeHead(status, digests).end()
    return response.writeHead(200, { 'content-type': EMPTY_INDEX.mediaType }).end(EMPTY_INDEX.bytes)
  })

test.each([
  { status: 404, looks: 'absent', reads: 'absent' },
  { status: 200, said: OTHER, looks: OTHER, reads: OTHER },
  { status: 200, looks: 'registry-unreadable', reads: digest },
  { status: 200, said: 'sha256:5', looks: 'registry-unreadable', reads: digest },
  { status: 400, looks: 'registry-unreadable', reads: digest },
  { status: 401, looks: 'registry-denied', reads: digest },
  { status: 403, looks: 'registry-denied', reads: digest },
  { status: 405, looks: 'registry-unreadable', reads: digest },
  { status: 412, looks: 'registry-refused', reads: digest },
  { status: 500, looks: 'registry-unreadable', reads: 'registry-unreadable' },
])('HEAD of a tag answers $status $said: $looks, or $reads', async ({ status, said, looks, reads }) => {
  for (const access of ['pull', undefined] as const) {
    const registry = await serveHead(status, said)
    using client = makeClient(registry.host, access === undefined ? {} : { access })
    const state = client.headTag('2.3.4').then(each => (each.kind === 'absent' ? 'absent' : each.digest))
    expect(await state.catch((error: Error) => error.name)).toBe(access === 'pull' ? looks : reads)
    // At Harbor, a GET is a pull.
    if (access === 'pull') expect(registry.asked.filter(({ line }) => !line.startsWith('HEAD '))).toEqual([])
  }
})

test.each([
  { status: 200, said: digest, is: true },
  { status: 200, is: true },
  { status: 404, is: false },
  { status: 200, said: OTHER, is: 'registry-unreadable' },
  { status: 403, is: 'registry-denied' },
  { status: 500, is: 'registry-unreadable' },
])('HEAD of a digest answers $status $said: $is', async ({ status, said, is }) => {
  const registry = await serveHead(status, said)
  using client = makeClient(registry.host)
  expect(await client.hasManifest(digest).catch((error: Error) => error.name)).toBe(is)
  const lines = new Set(registry.asked.map(({ line }) => line))
  expect([...lines]).toEqual([`HEAD /v2/${PATH}/manifests/${digest}`])
})

const unknown = (code: string): string => JSON.stringify({ errors: [{ code, message: 'x' }] })
test.each([
  { status: 404, body: '<html>', is: undefined },
  { status: 400, body: unknown('NAME_UNKNOWN'), is: undefined },
  { status: 400, body: unknown('MANIFEST_UNKNOWN'), is: undefined },
  { status: 400, body: unknown('MANIFEST_INVALID'), is: 'registry-unreadable' },
  { status: 403, body: unknown('MANIFEST_UNKNOWN'), is: 'registry-denied' },
  { status: 401, body: unknown('NAME_UNKNOWN'), is: 'registry-denied' },
  { status: 412, body: unknown('MANIFEST_UNKNOWN'), is: 'registry-refused' },
  { status: 405, body: '', is: 'registry-unreadable' },
  { status: 200, type: 'text/html', is: 'registry-unreadable' },
  { status: 200, said: OTHER, is: 'registry-unreadable' },
  { status: 200, said: 'nonsense', is: digest },
  { status: 200, is: digest },
])('a GET that answers $status $type $said $body: $is', async ({ status, type, said, body, is }) => {
  const headers = { 'content-type': type ?? EMPTY_INDEX.mediaType, 'docker-content-digest': said ?? '' }
  const registry = await serve((_, response) =>
    response.writeHead(status, headers).end(body ?? EMPTY_INDEX.bytes),
  )
  using client = makeClient(registry.host)
  const read = client.getManifest('2.3.4').then(manifest => manifest?.digest)
  expect(await read.catch((error: Error) => error.name)).toBe(is)
})

test('a blob with another digest than was asked for is an error', async () => {
  const registry = await serve((_, response) => response.end('something else'))
  using client = makeClient(registry.host)
  await expect(client.getBlob(digest)).rejects.toMatchObject({ name: 'registry-unreadable' })
})
