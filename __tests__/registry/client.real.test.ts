import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { readBlob, readTag } from '../../sandbox/storage.ts'
import { digestOf } from '../../src/registry/client.ts'
import { KINDS, mediaTypeOf, seed } from '../e2e/seed.ts'
import { EMPTY_INDEX, makeClient, PATH } from './client-of.ts'

let registry: Registry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry?.stop())

describe('manifests', () => {
  test.each(KINDS)('%s: head, get and put keep every byte', async kind => {
    using client = makeClient(registry.host)
    const tag = `kind-${KINDS.indexOf(kind)}`
    const digest = await seed(registry, PATH, tag, { kind })
    const stored = await readBlob(registry.storage, digest)

    expect(await client.headTag(tag)).toEqual({ kind: 'present', digest })
    const manifest = await client.getManifest(tag)
    expect(manifest).toEqual({ digest, mediaType: mediaTypeOf(kind), bytes: stored })
    expect(await client.getManifest(digest)).toEqual(manifest)

    if (manifest === undefined) throw new Error('no manifest')
    await client.putManifest(`${tag}-stable`, manifest)
    expect(await readTag(registry.storage, PATH, `${tag}-stable`)).toBe(digest)
    expect(await readBlob(registry.storage, digest)).toEqual(stored)
    expect(await client.headTag(`${tag}-stable`)).toEqual({ kind: 'present', digest })
  })

  test('a configuration is read, and its digest checked', async () => {
    using client = makeClient(registry.host)
    const digest = await seed(registry, PATH, 'blob', { revision: 'abc' })
    const { config } = JSON.parse((await readBlob(registry.storage, digest)).toString())
    expect(await client.getBlob(config.digest)).toEqual(await readBlob(registry.storage, config.digest))
  })

  test('what is not there is absent, by tag and by digest', async () => {
    using client = makeClient(registry.host)
    await seed(registry, PATH, 'there')
    expect(await client.headTag('not-there')).toEqual({ kind: 'absent' })
    expect(await client.getManifest('not-there')).toBeUndefined()
    expect(await client.getManifest(`sha256:${'0'.repeat(64)}`)).toBeUndefined()
  })

  test('a repository that is not there has nothing', async () => {
    const empty = await startRegistry()
    try {
      using client = makeClient(empty.host)
      expect(await client.headTag('2.3.4')).toEqual({ kind: 'absent' })
      expect(await client.getManifest('2.3.4')).toBeUndefined()
      expect(await client.listTags()).toEqual([])
    } finally {
      await empty.stop()
    }
  })

  test('a manifest that the registry can not take is an error that says why', async () => {
    using client = makeClient(registry.host)
    const missing = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: `sha256:${'0'.repeat(64)}`,
      size: 1,
    }
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: EMPTY_INDEX.mediaType, manifests: [missing] }),
    )
    const put = client.putManifest('bad', { ...EMPTY_INDEX, bytes })
    await expect(put).rejects.toMatchObject({
      name: 'registry-unreadable',
      message: expect.stringMatching(
        /could not write \S+cmswmcore\/reqmgr2:bad: status 400, MANIFEST_BLOB_UNKNOWN/,
      ),
    })
    expect(await readTag(registry.storage, PATH, 'bad')).toBeUndefined()
  })
})

/** A registry in front of the real one that gives out its tags page by page, sorted, as the specification says. */
const startPages = async (pageSize: number) => {
  const pages: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    pages.push(url.search)
    fetch(`${registry.url}${url.pathname}`)
      .then(async answer => {
        const { name, tags }: { name: string; tags: string[] } = JSON.parse(await answer.text())
        const last = url.searchParams.get('last') ?? ''
        const size = Math.min(Number(url.searchParams.get('n')), pageSize)
        const rest = tags.toSorted().filter(tag => tag > last)
        const page = rest.slice(0, size)
        const next = `/v2/${PATH}/tags/list?n=${size}&last=${page.at(-1)}`
        response.writeHead(200, rest.length > size ? { Link: `<${next}>; rel="next"` } : {})
        response.end(JSON.stringify({ name, tags: page }))
      })
      .catch(error => response.destroy(error))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { host: `127.0.0.1:${port}`, pages, stop: () => server.close() }
}

describe('10,000 tags', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => `many-${index}`)
  let there: string[]
  beforeAll(async () => {
    const digest = await seed(registry, PATH, 'origin')
    const tags = join(registry.storage, 'docker/registry/v2/repositories', PATH, '_manifests/tags')
    for (const tag of many) {
      mkdirSync(join(tags, tag, 'current'), { recursive: true })
      writeFileSync(join(tags, tag, 'current/link'), digest)
    }
    using client = makeClient(registry.host)
    there = await client.listTags()
  })

  test('are listed at once by a registry that has no pages', () => {
    expect(there).toEqual(expect.arrayContaining(['origin', 'many-0', 'many-9999']))
    expect(there.filter(tag => tag.startsWith('many-')).toSorted()).toEqual(many.toSorted())
  })

  test.each([
    { pageSize: 5_000, least: 11 },
    { pageSize: 100, least: 101 },
  ])('are listed in pages of at most $pageSize', async ({ pageSize, least }) => {
    const front = await startPages(pageSize)
    try {
      using client = makeClient(front.host)
      expect(await client.listTags()).toEqual(there.toSorted())
      expect(front.pages.length).toBeGreaterThanOrEqual(least)
      expect(front.pages[0]).toBe('?n=1000')
    } finally {
      front.stop()
    }
  })
})

describe('htpasswd', () => {
  const users = { 'robot$project+name': 'p\'a"s$s`id` ü:%41' }
  const right = {
    kind: 'password',
    username: 'robot$project+name',
    password: users['robot$project+name'],
  } as const
  let guarded: Registry
  beforeAll(async () => {
    guarded = await startRegistry({ auth: { kind: 'htpasswd', users } })
  })
  afterAll(() => guarded?.stop())

  test('the right password may read and write', async () => {
    using client = makeClient(guarded.host, { credentials: right })
    const digest = digestOf(EMPTY_INDEX.bytes)
    expect(await client.headTag('2.3.4')).toEqual({ kind: 'absent' })
    await client.putManifest('2.3.4', EMPTY_INDEX)
    expect(await client.headTag('2.3.4')).toEqual({ kind: 'present', digest })
    expect(await client.listTags()).toEqual(['2.3.4'])
  })

  test.each([
    {
      name: 'a wrong password',
      credentials: { ...right, password: 'wrong' },
      says: /does not accept the name \S+ with its password/,
    },
    {
      name: 'an unknown user',
      credentials: { ...right, username: 'bob' },
      says: /does not accept the name \S+ with its password/,
    },
    { name: 'no credentials', credentials: { kind: 'anonymous' }, says: /and there are none/ },
    {
      name: 'an identity token',
      credentials: { kind: 'identity-token', token: 'x' },
      says: /only an identity token is there/,
    },
  ] as const)('$name is denied, which is not absent', async ({ credentials, says }) => {
    const denied = { name: 'registry-denied', message: expect.stringMatching(says) }
    using client = makeClient(guarded.host, { credentials })
    await expect(client.headTag('not-there')).rejects.toMatchObject(denied)
    await expect(client.getManifest('not-there')).rejects.toMatchObject(denied)
    await expect(client.listTags()).rejects.toMatchObject(denied)
    const put = client.putManifest('denied', EMPTY_INDEX)
    await expect(put).rejects.toMatchObject(denied)
    expect(await readTag(guarded.storage, PATH, 'denied')).toBeUndefined()
  })
})

test('a registry that is down is an error, after the attempts that are due', async () => {
  const gone = await startRegistry()
  await gone.stop()
  const log: string[] = []
  using client = makeClient(gone.host, { log })
  await expect(client.headTag('2.3.4')).rejects.toMatchObject({
    name: 'registry-unreadable',
    message: expect.stringMatching(/did not answer for \S+reqmgr2:2\.3\.4: .*ECONNREFUSED.*after 2 attempts/),
  })
  expect(log).toEqual([expect.stringMatching(/ECONNREFUSED.*attempt 2 of \d+ in/)])
})

test('what is no registry at all is an error, not absent', async () => {
  const server = createServer((_, response) => response.writeHead(404).end('<html>not here</html>'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const credentials = { kind: 'password', username: 'bob', password: 'secret' } as const
    using client = makeClient(`127.0.0.1:${port}`, { credentials })
    await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-unreadable' })
  } finally {
    server.close()
  }
})
