import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registryBackoff } from '../../src/http/retry.ts'
import { Transport } from '../../src/http/transport.ts'
import { imagePage } from '../../src/registry/image-page.ts'

const digest = `sha256:${'ab'.repeat(32)}` as const
const silent = {
  info() {},
  warning() {},
  notice() {},
  debug() {},
  raw() {},
  foreign: <T>(run: () => Promise<T>) => run(),
  stage: <T>(_: string, run: (conclude: () => void) => Promise<T>) => run(() => {}),
}
const transport = new Transport({
  userAgent: 'test',
  log: silent,
  clock: { now: () => performance.now(), sleep: async () => {}, random: () => 0 },
  backoff: registryBackoff,
  signal: new AbortController().signal,
})

/** Harbor's API for one public project. */
const harbor = createServer((request, response) => {
  const known =
    request.url === '/api/v2.0/projects/cmsweb' && request.headers['x-is-resource-name'] === 'true'
  response.writeHead(known ? 200 : 403, { 'content-type': 'application/json' })
  response.end(known ? '{"project_id":1771,"name":"cmsweb"}' : '{"errors":[{"code":"FORBIDDEN"}]}')
})
let host: string

beforeAll(async () => {
  harbor.listen(0, '127.0.0.1')
  await once(harbor, 'listening')
  host = `127.0.0.1:${(harbor.address() as AddressInfo).port}`
})

afterAll(() => {
  transport[Symbol.dispose]()
  harbor.close()
})

test.each([
  { registry: 'ghcr.io', path: 'dmwm/a', page: 'https://ghcr.io/dmwm/a' },
  { registry: 'quay.io', path: 'dmwm/a', page: 'https://quay.io/repository/dmwm/a' },
  { registry: 'docker.io', path: 'dmwm/a', page: 'https://hub.docker.com/r/dmwm/a/tags' },
  { registry: 'registry.example.org', path: 'a/b', page: undefined },
])('the page of $registry/$path', async ({ page, ...repository }) => {
  expect(await imagePage(repository, { tokenService: undefined, digest, transport })).toBe(page)
})

test.each([
  {
    path: 'cmsweb/wm/reqmgr2',
    page: 'harbor/projects/1771/repositories/wm%252Freqmgr2/artifacts-tab/artifacts',
  },
  { path: 'private/reqmgr2', page: undefined },
  { path: 'reqmgr2', page: undefined },
])('the page of $path at Harbor', async ({ path, page }) => {
  const found = await imagePage(
    { registry: host, path },
    { tokenService: 'harbor-registry', digest, transport },
  )
  expect(found).toBe(page === undefined ? undefined : `http://${host}/${page}/${digest}`)
})

test('a Harbor that does not answer has no page', async () => {
  const repository = { registry: '127.0.0.1:1', path: 'cmsweb/reqmgr2' }
  expect(await imagePage(repository, { tokenService: 'harbor-registry', digest, transport })).toBeUndefined()
})
