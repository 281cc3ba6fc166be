import { expect, test } from 'vitest'
import { makeClient, PATH } from './client-of.ts'
import { serve } from './serve.ts'

const tagsOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `1.0.${String(index).padStart(4, '0')}`)

/** A page of tags as a server gives it out, from the query of the request, and how it says that more follow. */
type Page = (query: URLSearchParams) => { status?: number; tags?: unknown; link?: string }

const listTags = async (page: Page) => {
  const server = await serve((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost')
    const { status = 200, tags, link } = page(searchParams)
    response.writeHead(status, link === undefined ? {} : { link }).end(JSON.stringify({ name: PATH, tags }))
  })
  using client = makeClient(server.host)
  const listed = await client.listTags().catch((error: Error) => error.name)
  return { listed, asked: server.asked.map(({ line }) => line.replace(`GET /v2/${PATH}/tags/list?`, '')) }
}

const after = (tags: readonly string[], query: URLSearchParams, size: number): readonly string[] =>
  tags.filter(tag => tag > (query.get('last') ?? '')).slice(0, size)

test.each([
  { server: 'Nexus, which gives what was asked for', count: 1_001, size: 1_000, requests: 2 },
  { server: 'one that gives 50 whatever is asked for', count: 120, size: 50, requests: 3 },
  { server: 'one whose last page is full', count: 100, size: 50, requests: 3 },
  { server: 'one with fewer than are ever cut', count: 49, size: 49, requests: 1 },
])('a list that is cut without a Link is read on: $server', async ({ count, size, requests }) => {
  const all = tagsOf(count)
  const { listed, asked } = await listTags(query => ({ tags: after(all, query, size) }))
  expect(listed).toEqual(all)
  expect(asked).toHaveLength(requests)
  expect(asked[0]).toBe('n=1000')
})

test('a registry that gives all each time, as distribution 2.8, is asked once more', async () => {
  const { listed, asked } = await listTags(() => ({ tags: tagsOf(300) }))
  expect(listed).toEqual(tagsOf(300))
  expect(asked).toHaveLength(2)
})

test.each([
  { to: 'the same path', address: `/v2/${PATH}/tags/list` },
  { to: 'a path of its own, as Artifactory', address: '/api/docker/x/v2/tags/list' },
  { to: 'the host behind a proxy', address: 'http://10.0.0.7:8080/v2/other/tags/list' },
  { to: 'a query alone', address: '' },
])('a Link to $to is followed by its query, at our own address', async ({ address }) => {
  const all = tagsOf(250)
  const { listed, asked } = await listTags(query => {
    const tags = after(all, query, 100)
    const link = `<${address}?n=100&last=${tags.at(-1)}>; rel="next"`
    return tags.at(-1) === all.at(-1) ? { tags } : { tags, link }
  })
  expect(listed).toEqual(all)
  expect(asked).toEqual(['n=1000', 'n=100&last=1.0.0099', 'n=100&last=1.0.0199'])
})

test.each([
  { what: 'no address', link: 'next, please', requests: 1 },
  { what: 'an address without a query', link: `</v2/${PATH}/tags/list>; rel="next"`, requests: 1 },
  { what: 'an address that does not end', link: '</v2/x?last=a; rel="next"', requests: 1 },
  { what: 'one that leads back', link: '<?n=1>; rel=next', requests: 2 },
])('a Link to $what is an error', async ({ link, requests }) => {
  const { listed, asked } = await listTags(() => ({ tags: ['1.0.0'], link }))
  expect(listed).toBe('registry-unreadable')
  expect(asked).toHaveLength(requests)
})

test('a Link that is not to a next page ends the list', async () => {
  const link = '</first?n=1>; rel="first", </x>; rel=up'
  expect((await listTags(() => ({ tags: ['1.0.0'], link }))).listed).toEqual(['1.0.0'])
})

test.each([
  { answer: { status: 404 }, is: [] },
  { answer: { tags: null }, is: [] },
  { answer: { tags: [] }, is: [] },
  { answer: { status: 405 }, is: 'registry-unreadable' },
  { answer: { status: 400 }, is: 'registry-unreadable' },
  { answer: { status: 403 }, is: 'registry-denied' },
  { answer: { tags: [7] }, is: 'registry-unreadable' },
  { answer: {}, is: 'registry-unreadable' },
])('the first page answers $answer: $is', async ({ answer, is }) => {
  expect((await listTags(() => answer)).listed).toEqual(is)
})

test('a list whose second page is not there is not taken for whole', async () => {
  const page: Page = query => (query.has('last') ? { status: 404 } : { tags: tagsOf(1_000) })
  expect((await listTags(page)).listed).toBe('registry-unreadable')
})

test.each([{ link: true }, { link: false }])('a list without end, with Link: $link', async ({ link }) => {
  let page = 0
  const { listed, asked } = await listTags(() => {
    page += 1
    const tags = Array.from({ length: 50 }, (_, index) => `${page}.0.${index}`)
    return link ? { tags, link: `<?n=50&last=${page}>; rel="next"` } : { tags }
  })
  expect(listed).toBe('registry-unreadable')
  expect(asked.length).toBeLessThan(1_000)
})
