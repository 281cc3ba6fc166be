import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/registry/reference.ts'
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
const INDEX = EMPTY_INDEX.mediaType
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
    ) => {
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
    const beginUpload = async (): Promise<URL> => {
      const { status, headers } = await ask('POST', `${PATH}/blobs/uploads/`)
      expect(status).toBe(202)
      return new URL(headers.get('location') ?? '', registry.url)
    }

    test.each([
      { request: 'GET manifests/2.3.4', says: '404 MANIFEST_UNKNOWN' },
      { request: `GET manifests/${NOWHERE}`, says: '404 MANIFEST_UNKNOWN' },
      { request: 'HEAD manifests/2.3.4', says: '404' },
      { request: 'GET tags/list', says: '404 NAME_UNKNOWN' },
      { request: `GET blobs/${NOWHERE}`, says: '404 BLOB_UNKNOWN' },
      { request: `HEAD blobs/${NOWHERE}`, says: '404' },
    ])('of a repository that is not there: $request is $says', async ({ request, says }) => {
      const [method = '', path = ''] = request.split(' ')
      expect(inShort(await ask(method, `cmswmcore/not-there/${path}`))).toBe(says)
    })

    const missing = { mediaType: OCI_MANIFEST, digest: NOWHERE, size: 1 }
    const config = { ...missing, mediaType: 'application/vnd.oci.image.config.v1+json' }
    test.each([
      { what: 'an index of what is not there', type: INDEX, body: { manifests: [missing] } },
      { what: 'a manifest of what is not there', type: OCI_MANIFEST, body: { config, layers: [] } },
      { what: 'another type than is said', type: INDEX, body: { mediaType: OCI_MANIFEST, manifests: [] } },
    ])('a PUT of $what is refused, and leaves nothing', async ({ body, type }) => {
      const path = 'cmswmcore/refused/manifests/bad'
      const put = await ask('PUT', path, {
        type,
        body: JSON.stringify({ schemaVersion: 2, mediaType: type, ...body }),
      })
      expect(put.status).toBe(400)
      expect(inShort(await ask('GET', path))).toBe('404 MANIFEST_UNKNOWN')
    })

    test('a PUT by another digest than that of the bytes is refused', async () => {
      const index = { type: INDEX, body: EMPTY_INDEX.bytes.toString() }
      const put = await ask('PUT', `cmswmcore/refused/manifests/${NOWHERE}`, index)
      expect(inShort(put)).toBe('400 DIGEST_INVALID')
    })

    test.each(KINDS)('%s: the bytes, the type and the digest of what was put', async kind => {
      const path = `cmswmcore/kind-${KINDS.indexOf(kind)}`
      const digest = await seed(registry, path, '2.3.4', { kind })
      for (const reference of ['2.3.4', digest]) {
        const got = await ask('GET', `${path}/manifests/${reference}`)
        const head = await ask('HEAD', `${path}/manifests/${reference}`)
        expect([got.status, digestOf(got.bytes), head.bytes.length]).toEqual([200, digest, 0])
        for (const { headers } of [got, head]) {
          expect(headers.get('docker-content-digest')).toBe(digest)
          expect(headers.get('content-type')).toBe(mediaTypeOf(kind))
          expect(headers.get('content-length')).toBe(String(got.bytes.length))
        }
      }
    })

    test('a tag is a name: it moves, and what it had stays', async () => {
      const path = 'cmswmcore/moves'
      const first = await seed(registry, path, '2.3.4')
      const second = await seed(registry, path, '2.3.4')
      for (const [reference, digest] of [
        ['2.3.4', second],
        [first, first],
      ] as const) {
        const { headers } = await ask('HEAD', `${path}/manifests/${reference}`)
        expect(headers.get('docker-content-digest')).toBe(digest)
      }
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

    test('the client puts a manifest by its digest alone, and no tag is made of it', async () => {
      using client = makeClient(registry.host)
      const digest = digestOf(EMPTY_INDEX.bytes)
      const before = await client.listTags()
      await client.putManifest(digest, EMPTY_INDEX)
      expect(await client.headManifest(digest)).toEqual({ mediaType: INDEX, size: EMPTY_INDEX.bytes.length })
      expect(await client.listTags()).toEqual(before)
    })

    test('an upload that was begun is there until it is cancelled', async () => {
      const location = await beginUpload()
      expect(location.pathname).toContain(`/v2/${PATH}/blobs/uploads/`)
      for (const status of [204, 404])
        expect((await fetch(location, { method: 'DELETE' })).status).toBe(status)
      using client = makeClient(registry.host)
      await client.requireWritable()
    })

    test('there is no referrers API', async () => {
      const digest = (await seed(registry, PATH, '2.3.4')) as typeof NOWHERE
      const { status, bytes } = await ask('GET', `${PATH}/referrers/${digest}`)
      expect({ status, body: bytes.toString() }).toEqual({ status: 404, body: '404 page not found\n' })
      using client = makeClient(registry.host)
      expect(await client.listReferrers(digest, 'application/x')).toBe('unsupported')
    })

    test('the client puts a blob, once, and it is there', async () => {
      using client = makeClient(registry.host)
      const bytes = Buffer.from('{"what":"a blob"}')
      const digest = digestOf(bytes)
      for (const _ of ['first', 'again']) expect(await client.putBlob(bytes)).toBe(digest)
      const { status, headers } = await ask('HEAD', `${PATH}/blobs/${digest}`)
      expect([status, headers.get('content-length')]).toEqual([200, String(bytes.length)])
      expect(await client.getBlob(digest)).toEqual(bytes)
    })

    test('a blob of another digest than was announced is refused', async () => {
      const location = await beginUpload()
      location.searchParams.set('digest', NOWHERE)
      expect((await fetch(location, { method: 'PUT', body: 'other' })).status).toBe(400)
    })
  })
}
