import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { readTag } from '../../sandbox/storage.ts'
import { digestOf } from '../../src/registry/reference.ts'
import { EMPTY_INDEX, makeClient, PATH } from './client-of.ts'
import { serve } from './serve.ts'

let registry: Registry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry?.stop())

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
    { name: 'a wrong password', credentials: { ...right, password: 'wrong' } },
    { name: 'an unknown user', credentials: { ...right, username: 'bob' } },
    { name: 'no credentials', credentials: { kind: 'anonymous' } },
    { name: 'an identity token', credentials: { kind: 'identity-token', token: 'x' } },
  ] as const)('$name is denied, which is not absent', async ({ credentials }) => {
    const denied = { name: 'registry-denied' }
    using client = makeClient(guarded.host, { credentials })
    await expect(client.headTag('not-there')).rejects.toMatchObject(denied)
    await expect(client.getManifest('not-there')).rejects.toMatchObject(denied)
    await expect(client.listTags()).rejects.toMatchObject(denied)
    await expect(client.putManifest('denied', EMPTY_INDEX)).rejects.toMatchObject(denied)
    expect(await readTag(guarded.storage, PATH, 'denied')).toBeUndefined()
  })
})

test('a registry that is down is an error, after the attempts that are due', async () => {
  const gone = await startRegistry()
  await gone.stop()
  const log: string[] = []
  using client = makeClient(gone.host, { log })
  const message = expect.stringMatching(/reqmgr2:2\.3\.4: .*ECONNREFUSED.*after 2 attempts/)
  await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-unreadable', message })
  expect(log).toEqual([expect.stringMatching(/ECONNREFUSED.*attempt 2 of 2 in/)])
})

test('what is no registry at all is an error, not absent', async () => {
  const { host } = await serve((_, response) => response.writeHead(404).end('<html>not here</html>'))
  const credentials = { kind: 'password', username: 'bob', password: 'secret' } as const
  using client = makeClient(host, { credentials })
  await expect(client.headTag('2.3.4')).rejects.toMatchObject({ name: 'registry-unreadable' })
})
