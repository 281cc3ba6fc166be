import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { makeClient, PATH } from './client-of.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

const tagsOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `1.0.${String(index).padStart(4, '0')}`)

/** A page of tags as a server gives it out, from the query of the request, and how it says that more follow. */
type Page = (query: URLSearchParams) => { status?: number; tags?: readonly string[]; link?: string }

const listsTags = async (page: Page) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    asked.push(url.pathname + url.search)
    const { status = 200, tags = [], link } = page(url.searchParams)
    response.writeHead(status, link === undefined ? {} : { link }).end(JSON.stringify({ name: PATH, tags }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => server.close())
  using client = makeClient(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  const listed = await client.listTags().catch((error: unknown) => error)
  return { listed, asked }
}

const after = (tags: readonly string[], query: URLSearchParams, size: number): readonly string[] =>
  tags.filter(tag => tag > (query.get('last') ?? '')).slice(0, size)

describe('a list that is cut without a Link to the next page is read on', () => {
  test.each([
    { server: 'Nexus, which gives what was asked for', tags: 1_001, size: 1_000, requests: 2 },
    { server: 'one that gives 50 whatever is asked for', tags: 120, size: 50, requests: 3 },
    { server: 'one whose last page is full', tags: 100, size: 50, requests: 3 },
    { server: 'one with fewer than are ever cut', tags: 49, size: 49, requests: 1 },
  ])('$server', async ({ tags, size, requests }) => {
    const all = tagsOf(tags)
    const { listed, asked } = await listsTags(query => ({ tags: after(all, query, size) }))
    expect(listed).toEqual(all)
    expect(asked).toHaveLength(requests)
    expect(asked[0]).toBe(`/v2/${PATH}/tags/list?n=1000`)
  })

  test('the registry of the distribution project, 2.8, which gives all each time', async () => {
    const all = tagsOf(300)
    const { listed, asked } = await listsTags(() => ({ tags: all }))
    expect(listed).toEqual(all)
    expect(asked).toHaveLength(2)
  })
})

describe('a list with a Link to the next page', () => {
  const linked = (address: (query: string) => string) => {
    const all = tagsOf(250)
    return listsTags(query => {
      const tags = after(all, query, 100)
      const link = `<${address(`?n=100&last=${tags.at(-1)}`)}>; rel="next"`
      return tags.at(-1) === all.at(-1) ? { tags } : { tags, link }
    })
  }

  test.each([
    { to: 'the same path', address: (query: string) => `/v2/${PATH}/tags/list${query}` },
    {
      to: 'a path of its own, as Artifactory',
      address: (query: string) => `/api/docker/x/v2/tags/list${query}`,
    },
    {
      to: 'the host behind a proxy',
      address: (query: string) => `http://10.0.0.7:8080/v2/other/tags/list${query}`,
    },
    { to: 'a query alone', address: (query: string) => query },
  ])('to $to is followed by its query, at our own address, until a page has none', async ({ address }) => {
    const { listed, asked } = await linked(address)
    expect(listed).toEqual(tagsOf(250))
    expect(asked).toEqual([
      `/v2/${PATH}/tags/list?n=1000`,
      `/v2/${PATH}/tags/list?n=100&last=1.0.0099`,
      `/v2/${PATH}/tags/list?n=100&last=1.0.0199`,
    ])
  })

  test.each([
    { what: 'no address', link: 'next, please' },
    { what: 'an address without a query', link: `</v2/${PATH}/tags/list>; rel="next"` },
    { what: 'an address that does not end', link: `</v2/${PATH}/tags/list?last=a; rel="next"` },
  ])('that is $what is an error', async ({ link }) => {
    const { listed, asked } = await listsTags(() => ({ tags: ['1.0.0'], link }))
    expect(listed).toMatchObject({ name: 'registry-unreadable' })
    expect(asked).toHaveLength(1)
  })

  test('that is not to a next page ends the list', async () => {
    const { listed } = await listsTags(() => ({
      tags: ['1.0.0'],
      link: '</first?n=1>; rel="first", </x>; rel=up',
    }))
    expect(listed).toEqual(['1.0.0'])
  })

  test('that leads back is an error', async () => {
    const { listed, asked } = await listsTags(() => ({ tags: ['1.0.0'], link: '<?n=1>; rel=next' }))
    expect(listed).toMatchObject({ name: 'registry-unreadable' })
    expect(asked).toHaveLength(2)
  })
})

test('a list whose second page is not there is not taken for whole', async () => {
  const { listed } = await listsTags(query => (query.has('last') ? { status: 404 } : { tags: tagsOf(1_000) }))
  expect(listed).toMatchObject({ name: 'registry-unreadable' })
})

test.each([{ link: true }, { link: false }])(
  'a list without end is an error, with Link: $link',
  async ({ link }) => {
    let page = 0
    const { listed, asked } = await listsTags(() => {
      page += 1
      const tags = Array.from({ length: 50 }, (_, index) => `${page}.0.${index}`)
      return link ? { tags, link: `<?n=50&last=${page}>; rel="next"` } : { tags }
    })
    expect(listed).toMatchObject({ name: 'registry-unreadable' })
    expect(asked.length).toBeLessThan(1_000)
  },
)
