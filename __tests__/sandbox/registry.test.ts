import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { fetchPrograms } from '../../sandbox/programs.ts'
import { type Registry, type RegistryOptions, startRegistry } from '../../sandbox/registry.ts'
import { startTokenServer, type TokenServer, type TokenServerOptions } from '../../sandbox/token-server.ts'

const patience = 120_000

const stops: (() => Promise<void>)[] = []
afterAll(async () => {
  await Promise.all(stops.map(stop => stop()))
}, patience)

const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
  const result = await starting
  stops.push(result.stop)
  return result
}
const registryWith = (options: RegistryOptions): Promise<Registry> => started(startRegistry(options))
const tokenServerWith = (options: TokenServerOptions): Promise<TokenServer> =>
  started(startTokenServer(options))

const basic = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

/** Tells the status and the challenge of an answer to `GET /v2/`. */
const ask = async ({ url }: Registry, headers: Record<string, string> = {}, path = '/v2/') => {
  const response = await fetch(`${url}${path}`, { headers })
  await response.arrayBuffer()
  return { status: response.status, challenge: response.headers.get('www-authenticate') }
}

describe('without authentication', () => {
  test('everything is allowed, and every request is recorded', { timeout: patience }, async () => {
    const registry = await registryWith({})
    expect((await ask(registry, { 'User-Agent': 'one/1.0 (a b)' })).status).toBe(200)
    expect((await ask(registry, { 'User-Agent': 'two' }, '/v2/a/b/tags/list?n=3')).status).toBe(404)
    expect(registry.requests()).toEqual([
      { method: 'GET', path: '/v2/', status: 200, userAgent: 'one/1.0 (a b)' },
      { method: 'GET', path: '/v2/a/b/tags/list?n=3', status: 404, userAgent: 'two' },
    ])
  })

  test.each([
    { deletion: false, status: 405 },
    { deletion: true, status: 404 },
  ])('deletion: $deletion', { timeout: patience }, async ({ deletion, status }) => {
    const registry = await registryWith({ deletion })
    const digest = `sha256:${'0'.repeat(64)}`
    const response = await fetch(`${registry.url}/v2/a/b/blobs/${digest}`, { method: 'DELETE' })
    expect(response.status).toBe(status)
  })
})

test('the environment can name another program', { timeout: patience }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'))
  const { registry: program } = await fetchPrograms()
  const wrapper = join(folder, 'registry')
  writeFileSync(
    wrapper,
    `#!/bin/sh\ntouch ${folder}/used\nexec ${process.env.REGISTRY_BINARY || program} "$@"\n`,
  )
  chmodSync(wrapper, 0o755)
  try {
    vi.stubEnv('REGISTRY_BINARY', wrapper)
    expect((await ask(await registryWith({}))).status).toBe(200)
    expect(existsSync(join(folder, 'used'))).toBe(true)
  } finally {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  }
})

describe('htpasswd', { timeout: patience }, () => {
  const user = 'robot$project+name'
  const password = 'pä ss:"\'\\$1'
  let registry: Registry
  beforeAll(async () => {
    registry = await registryWith({ auth: { kind: 'htpasswd', users: { [user]: password, other: 'x' } } })
  }, patience)

  test('asks for Basic authentication', async () => {
    expect(await ask(registry)).toEqual({ status: 401, challenge: 'Basic realm="sandbox"' })
  })

  test.each([
    { name: user, secret: password, status: 200 },
    { name: 'other', secret: 'x', status: 200 },
    { name: user, secret: 'x', status: 401 },
    { name: 'nobody', secret: password, status: 401 },
  ])('$name with $secret: $status', async ({ name, secret, status }) => {
    expect((await ask(registry, basic(name, secret))).status).toBe(status)
  })
})

describe('token', { timeout: patience }, () => {
  const scope = 'repository:a/b:pull,push'
  const users = { bob: 'secret:1' }

  /** As the specification has it; what is missing fails in use. */
  type Answer = { token: string; access_token: string; expires_in: number }

  const get = async (server: TokenServer, headers: Record<string, string> = {}) => {
    const url = new URL(server.trust.realm)
    url.searchParams.set('service', server.trust.service)
    url.searchParams.set('scope', scope)
    const response = await fetch(url, { headers })
    return { status: response.status, body: (await response.json()) as Answer }
  }
  const post = async (server: TokenServer, form: Record<string, string>) => {
    const body = new URLSearchParams({ service: server.trust.service, scope, client_id: 'test', ...form })
    const response = await fetch(server.trust.realm, { method: 'POST', body })
    return { status: response.status, body: (await response.json()) as Answer }
  }
  const statusWith = async (registry: Registry, token: string, repository: string) =>
    (await ask(registry, { Authorization: `Bearer ${token}` }, `/v2/${repository}/tags/list`)).status

  test('the registry sends its clients to the token server, and accepts its tokens for their scope', async () => {
    const server = await tokenServerWith({ users })
    const registry = await registryWith({ auth: { kind: 'token', trust: server.trust } })
    const { realm, service } = server.trust
    expect(await ask(registry)).toEqual({
      status: 401,
      challenge: `Bearer realm="${realm}",service="${service}"`,
    })
    const { body } = await get(server, basic('bob', 'secret:1'))
    // Allowed, but nothing was pushed.
    expect(await statusWith(registry, body.token, 'a/b')).toBe(404)
    expect(await statusWith(registry, body.token, 'a/c')).toBe(401)
    expect(server.requests).toEqual([
      { method: 'GET', service, scopes: [scope], credentials: 'basic', status: 200 },
    ])
  })

  test('an anonymous token is given, but allows nothing', async () => {
    const server = await tokenServerWith({ users })
    const registry = await registryWith({ auth: { kind: 'token', trust: server.trust } })
    const { status, body } = await get(server)
    expect(status).toBe(200)
    expect(await statusWith(registry, body.token, 'a/b')).toBe(401)
  })

  test('a wrong password is refused', async () => {
    const server = await tokenServerWith({ users })
    expect((await get(server, basic('bob', 'wrong'))).status).toBe(401)
    expect(server.requests).toMatchObject([{ credentials: 'basic', status: 401 }])
  })

  test('the field of the token can be chosen', async () => {
    const server = await tokenServerWith({ users, field: 'access_token' })
    const { body } = await get(server, basic('bob', 'secret:1'))
    expect(Object.keys(body)).toEqual(['access_token', 'expires_in'])
  })

  test('an identity token is exchanged by POST', async () => {
    const server = await tokenServerWith({ users, identityTokens: { identity: 'bob' } })
    const registry = await registryWith({ auth: { kind: 'token', trust: server.trust } })
    const { body } = await post(server, { grant_type: 'refresh_token', refresh_token: 'identity' })
    expect(await statusWith(registry, body.access_token, 'a/b')).toBe(404)
    expect((await post(server, { grant_type: 'refresh_token', refresh_token: 'wrong' })).status).toBe(401)
    expect(server.requests).toMatchObject([
      { method: 'POST', scopes: [scope], credentials: 'identity token', status: 200 },
      { method: 'POST', scopes: [scope], credentials: 'identity token', status: 401 },
    ])
  })

  test('a server without the POST form answers 404', async () => {
    const server = await tokenServerWith({ users, post: false })
    expect(
      (await post(server, { grant_type: 'password', username: 'bob', password: 'secret:1' })).status,
    ).toBe(404)
  })
})

describe('tls', { timeout: patience }, () => {
  const fetchElsewhere = (registry: Registry, certificate: string | undefined) =>
    run(
      process.execPath,
      ['--eval', `fetch('${registry.url}/v2/').then(({ status }) => console.log(status))`],
      {
        env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: certificate },
      },
    )

  test('is trusted by whoever trusts the certificate', async () => {
    const registry = await registryWith({ tls: true })
    expect(await fetchElsewhere(registry, registry.certificate)).toBe('200\n')
    await expect(fetchElsewhere(registry, undefined)).rejects.toThrow('DEPTH_ZERO_SELF_SIGNED_CERT')
  })
})
