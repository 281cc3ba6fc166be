import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/registry/client.ts'
import { KINDS, mediaTypeOf, seed } from '../e2e/seed.ts'
import { EMPTY_INDEX, makeClient, PATH } from './client-of.ts'

/** A registry, real or a model. */
export interface AnyRegistry {
  readonly host: string
  readonly url: string
  stop(): Promise<void>
}

const NOWHERE = `sha256:${'0'.repeat(64)}` as const
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const ALL_TYPES = KINDS.map(mediaTypeOf).join(', ')

/** What the specification leaves to nobody, and what this project relies on. */
export const contractOf = (name: string, start: () => Promise<AnyRegistry>): void => {
  describe(name, () => {
    let registry: AnyRegistry
    beforeAll(async () => {
      registry = await start()
    })
    afterAll(() => registry?.stop())

    const ask = async (
      method: string,
      path: string,
      { type, body }: { type?: string; body?: string } = {},
    ): Promise<{ status: number; headers: Headers; bytes: Buffer }> => {
      const response = await fetch(`${registry.url}/v2/${path}`, {
        method,
        headers: { accept: ALL_TYPES, ...(type === undefined ? {} : { 'content-type': type }) },
        ...(body === undefined ? {} : { body }),
      })
      const { status, headers } = response
      return { status, headers, bytes: Buffer.from(await response.arrayBuffer()) }
    }
    /** The status of an answer, and the codes of its errors. */
    const inShort = ({ status, bytes }: { status: number; bytes: Buffer }): string => {
      const { errors }: { errors: { code: string }[] } = JSON.parse(bytes.toString() || '{"errors":[]}')
      return [status, ...errors.map(({ code }) => code)].join(' ')
    }

    test.each([
      { request: 'GET manifests/2.3.4', says: '404 MANIFEST_UNKNOWN' },
      { request: `GET manifests/${NOWHERE}`, says: '404 MANIFEST_UNKNOWN' },
      { request: 'HEAD manifests/2.3.4', says: '404' },
      { request: `HEAD manifests/${NOWHERE}`, says: '404' },
      { request: 'GET tags/list', says: '404 NAME_UNKNOWN' },
      { request: `GET blobs/${NOWHERE}`, says: '404 BLOB_UNKNOWN' },
      { request: `HEAD blobs/${NOWHERE}`, says: '404' },
    ])('of a repository that is not there: $request is $says', async ({ request, says }) => {
      const [method = '', path = ''] = request.split(' ')
      expect(inShort(await ask(method, `cmswmcore/not-there/${path}`))).toBe(says)
    })

    const missing = { mediaType: OCI_MANIFEST, digest: NOWHERE, size: 1 }
    test.each([
      {
        what: 'an index of what is not there',
        body: { schemaVersion: 2, mediaType: EMPTY_INDEX.mediaType, manifests: [missing] },
        type: EMPTY_INDEX.mediaType,
      },
      {
        what: 'a manifest of what is not there',
        body: {
          schemaVersion: 2,
          mediaType: OCI_MANIFEST,
          config: { ...missing, mediaType: 'application/vnd.oci.image.config.v1+json' },
          layers: [],
        },
        type: OCI_MANIFEST,
      },
      {
        what: 'another media type than the header says',
        body: { schemaVersion: 2, mediaType: EMPTY_INDEX.mediaType, manifests: [] },
        type: OCI_MANIFEST,
      },
    ])('a PUT of $what is refused, and leaves nothing', async ({ body, type }) => {
      const put = await ask('PUT', 'cmswmcore/refused/manifests/bad', { type, body: JSON.stringify(body) })
      expect(put.status).toBe(400)
      expect(inShort(await ask('GET', 'cmswmcore/refused/manifests/bad'))).toBe('404 MANIFEST_UNKNOWN')
    })

    test('a PUT by another digest than that of the bytes is refused', async () => {
      const body = EMPTY_INDEX.bytes.toString()
      const put = await ask('PUT', `cmswmcore/refused/manifests/${NOWHERE}`, {
        type: EMPTY_INDEX.mediaType,
        body,
      })
      expect(inShort(put)).toBe('400 DIGEST_INVALID')
    })

    test.each(KINDS)('%s: the bytes, the type and the digest of what was put', async kind => {
      const path = `cmswmcore/kind-${KINDS.indexOf(kind)}`
      const digest = await seed(registry, path, '2.3.4', { kind })
      for (const reference of ['2.3.4', digest]) {
        const got = await ask('GET', `${path}/manifests/${reference}`)
        expect(got.status).toBe(200)
        expect(`sha256:${createHash('sha256').update(got.bytes).digest('hex')}`).toBe(digest)
        const head = await ask('HEAD', `${path}/manifests/${reference}`)
        for (const { headers } of [got, head]) {
          expect(headers.get('docker-content-digest')).toBe(digest)
          expect(headers.get('content-type')).toBe(mediaTypeOf(kind))
          expect(headers.get('content-length')).toBe(String(got.bytes.length))
        }
        expect(head.bytes).toHaveLength(0)
      }
    })

    test('a tag is a name: it moves, and what it had stays', async () => {
      const path = 'cmswmcore/moves'
      const first = await seed(registry, path, '2.3.4')
      const second = await seed(registry, path, '2.3.4')
      const digestAt = async (reference: string): Promise<string | null> =>
        (await ask('HEAD', `${path}/manifests/${reference}`)).headers.get('docker-content-digest')
      expect(await digestAt('2.3.4')).toBe(second)
      expect(await digestAt(first)).toBe(first)
      const list = await ask('GET', `${path}/tags/list`)
      expect(JSON.parse(list.bytes.toString())).toEqual({ name: path, tags: ['2.3.4'] })
    })

    test('the client finds nothing, copies a manifest, twice, and finds the copy', async () => {
      using client = makeClient(registry.host)
      expect(await client.headTag('2.3.4')).toEqual({ kind: 'absent' })
      expect(await client.getManifest('2.3.4')).toBeUndefined()
      expect(await client.hasManifest(NOWHERE)).toBe(false)
      expect(await client.listTags()).toEqual([])
      const digest = await seed(registry, PATH, '2.3.4', { kind: 'OCI index', revision: 'abc' })
      const manifest = await client.getManifest('2.3.4')
      if (manifest === undefined) throw new Error('no manifest')
      for (const tag of ['2.3.4-stable', '2.3.4-stable']) await client.putManifest(tag, manifest)
      expect(await client.headTag('2.3.4-stable')).toEqual({ kind: 'present', digest })
      expect(await client.hasManifest(manifest.digest)).toBe(true)
      expect(await client.listTags()).toEqual(['2.3.4', '2.3.4-stable'])
    })

    test('an upload that was begun is there until it is cancelled', async () => {
      const begun = await ask('POST', `${PATH}/blobs/uploads/`)
      expect(begun.status).toBe(202)
      const location = new URL(begun.headers.get('location') ?? '', registry.url)
      expect(location.pathname).toContain(`/v2/${PATH}/blobs/uploads/`)
      const cancel = () => fetch(location, { method: 'DELETE' }).then(({ status }) => status)
      expect(await cancel()).toBe(204)
      expect(await cancel()).toBe(404)
    })

    test('there is no referrers API', async () => {
      const digest = await seed(registry, PATH, '2.3.4')
      const { status, bytes } = await ask('GET', `${PATH}/referrers/${digest}`)
      expect({ status, body: bytes.toString() }).toEqual({ status: 404, body: '404 page not found\n' })
      using client = makeClient(registry.host)
      expect(await client.listReferrers(digest as `sha256:${string}`, 'application/x')).toBe('unsupported')
    })

    test('the client puts a blob, once, and it is there', async () => {
      using client = makeClient(registry.host)
      const bytes = Buffer.from('{"what":"a blob"}')
      const digest = await client.putBlob(bytes)
      expect(digest).toBe(digestOf(bytes))
      const head = await ask('HEAD', `${PATH}/blobs/${digest}`)
      expect(head.status).toBe(200)
      expect(head.headers.get('content-length')).toBe(String(bytes.length))
      expect(await client.putBlob(bytes)).toBe(digest)
      expect(await client.getBlob(digest)).toEqual(bytes)
    })

    test('a blob of another digest than was announced is refused', async () => {
      const begun = await ask('POST', `${PATH}/blobs/uploads/`)
      const location = new URL(begun.headers.get('location') ?? '', registry.url)
      location.searchParams.set('digest', NOWHERE)
      const { status } = await fetch(location, { method: 'PUT', body: 'other' })
      expect(status).toBe(400)
    })

    test('the client puts a manifest by its digest alone, and no tag is made of it', async () => {
      using client = makeClient(registry.host)
      const digest = digestOf(EMPTY_INDEX.bytes)
      const before = await client.listTags()
      await client.putManifest(digest, EMPTY_INDEX)
      expect(await client.headManifest(digest)).toEqual({
        mediaType: EMPTY_INDEX.mediaType,
        size: EMPTY_INDEX.bytes.length,
      })
      expect(await client.listTags()).toEqual(before)
    })

    test('the client may write, and leaves no upload', async () => {
      using client = makeClient(registry.host)
      await expect(client.requireWritable()).resolves.toBeUndefined()
    })

    test('the client reads a config, by its digest', async () => {
      using client = makeClient(registry.host)
      await seed(registry, PATH, 'config')
      const manifest = await client.getManifest('config')
      if (manifest === undefined) throw new Error('no manifest')
      const { config }: { config: { digest: `sha256:${string}` } } = JSON.parse(manifest.bytes.toString())
      expect(digestOf(await client.getBlob(config.digest))).toBe(config.digest)
    })
  })
}
