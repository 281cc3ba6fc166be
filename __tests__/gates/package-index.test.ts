import { afterEach, describe, expect, test } from 'vitest'
import { PackageIndex } from '../../src/gates/package-index.ts'
import { type ScriptedAnswer, type ScriptedServer, startScriptedServer } from './index-server.ts'
import { surroundings } from './surroundings.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const HTML_TYPE = 'application/vnd.pypi.simple.v1+html'

let server: ScriptedServer | undefined
afterEach(() => server?.stop())

/** The index of reqmgr2 on a server that gives these answers. */
const indexWith = async (answers: readonly (ScriptedAnswer | 'silent')[], project = 'reqmgr2') => {
  server = await startScriptedServer(answers)
  const { transport } = surroundings()
  const index = new PackageIndex({ transport, index: new URL(`${server.url}/simple/`), project })
  return { index, requests: server.requests, url: server.url }
}

const look = async (answer: ScriptedAnswer) => (await indexWith([answer])).index.look(60_000)

const json = (files: readonly unknown[], others: object = {}): ScriptedAnswer => ({
  type: JSON_TYPE,
  body: JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'reqmgr2', files, ...others }),
})
const wheel = (version: string) => `reqmgr2-${version}-py3-none-any.whl`
const file = (version: string, others: object = {}) => ({
  filename: wheel(version),
  url: 'x',
  hashes: {},
  ...others,
})
const versions = (...of: string[]) => ({ kind: 'versions', versions: new Set(of) })

describe('JSON (PEP 691)', () => {
  test.each([
    { what: 'no files', files: [], is: [] },
    {
      what: 'wheel and sdist',
      files: [file('2.3.4'), { filename: 'reqmgr2-2.3.3.tar.gz' }],
      is: ['2.3.4', '2.3.3'],
    },
    { what: 'not yanked', files: [file('2.3.4', { yanked: false })], is: ['2.3.4'] },
    { what: 'yanked', files: [file('2.3.4', { yanked: true }), file('2.3.3')], is: ['2.3.3'] },
    { what: 'yanked with a reason', files: [file('2.3.4', { yanked: 'broken' })], is: [] },
    {
      what: 'yanked with an empty reason, as pip has it',
      files: [file('2.3.4', { yanked: '' })],
      is: ['2.3.4'],
    },
    { what: 'yanked null', files: [file('2.3.4', { yanked: null })], is: ['2.3.4'] },
    {
      what: 'one of two files yanked',
      files: [file('2.3.4', { yanked: true }), { filename: 'reqmgr2-2.3.4.tar.gz', yanked: false }],
      is: ['2.3.4'],
    },
    {
      what: 'what is no file, or of no use',
      files: [null, 7, 'x', {}, { filename: 7 }, file('2.3.4'), { filename: 'other-1.0.tar.gz' }],
      is: ['2.3.4'],
    },
  ])('$what', async ({ files, is }) => {
    expect(await look(json(files))).toEqual(versions(...is))
  })

  test.each(['', '{', 'null', '[]', '{}', '{"files":{}}', '"files"'])('%j is of no use', async body => {
    expect(await look({ type: JSON_TYPE, body })).toMatchObject({
      kind: 'no-answer',
      why: expect.stringContaining('not the list of a package index'),
    })
  })

  test('parameters and case of the content type do not matter', async () => {
    const answer = { ...json([file('2.3.4')]), type: 'Application/vnd.PyPI.simple.v1+JSON; charset=utf-8' }
    expect(await look(answer)).toEqual(versions('2.3.4'))
  })
})

describe.each([HTML_TYPE, 'text/html', 'text/html; charset=utf-8'])('HTML (PEP 503, PEP 592) as %s', type => {
  const href = (version: string) => `href="../../files/${wheel(version)}#sha256=0123"`
  test.each([
    { what: 'nothing', body: '', is: [] },
    { what: 'an anchor', body: `<a ${href('2.3.4')}>${wheel('2.3.4')}</a>`, is: ['2.3.4'] },
    { what: 'capitals', body: `<A HREF='${wheel('2.3.4')}'>x</A>`, is: ['2.3.4'] },
    { what: 'without quotes', body: `<a href=${wheel('2.3.4')}>x</a>`, is: ['2.3.4'] },
    {
      what: 'over lines',
      body: `<a\n  rel="internal"\n  ${href('2.3.4')}\n>\n ${wheel('2.3.4')}\n</a>`,
      is: ['2.3.4'],
    },
    {
      what: 'an escaped requirement',
      body: `<a ${href('2.3.4')} data-requires-python="&gt;=3.8">x</a>`,
      is: ['2.3.4'],
    },
    {
      what: 'a requirement that is not escaped, before the address',
      body: `<a data-requires-python=">=3.8,<4" ${href('2.3.4')}>x</a>`,
      is: ['2.3.4'],
    },
    {
      what: 'another text than the file name',
      body: `<a ${href('2.3.4')}><b>download</b></a>`,
      is: ['2.3.4'],
    },
    { what: 'yanked', body: `<a ${href('2.3.4')} data-yanked="">x</a>`, is: [] },
    { what: 'yanked without a value', body: `<a data-yanked ${href('2.3.4')}>x</a>`, is: [] },
    { what: 'yanked with a reason', body: `<a ${href('2.3.4')} data-yanked="a > b">x</a>`, is: [] },
    {
      what: 'one of two files yanked',
      body: `<a ${href('2.3.4')} data-yanked="">x</a><a href="/f/reqmgr2-2.3.4.tar.gz">y</a>`,
      is: ['2.3.4'],
    },
    {
      what: 'the word in another attribute',
      body: `<a ${href('2.3.4')} title="data-yanked" data-yanked-by="x">x</a>`,
      is: ['2.3.4'],
    },
    {
      what: 'an escaped plus',
      body: '<a href="/f/reqmgr2-2.3.4&#43;local.1.tar.gz">x</a>',
      is: ['2.3.4+local.1'],
    },
    {
      what: 'an escaped address',
      body: '<a href="/f/reqmgr2-2.3.4%2Blocal.1.tar.gz?a=b&amp;c#x">x</a>',
      is: ['2.3.4+local.1'],
    },
    { what: 'a broken address', body: `<a href="/f/%E0%A4%A">x</a><a ${href('2.3.4')}>x</a>`, is: ['2.3.4'] },
    { what: 'a comment', body: `<!-- <a ${href('2.3.5')}>x</a> --><a ${href('2.3.4')}>x</a>`, is: ['2.3.4'] },
    { what: 'other elements', body: `<abbr ${href('2.3.5')}>x</abbr><link ${href('2.3.6')}>`, is: [] },
    { what: 'no address', body: `<a name="x">${wheel('2.3.4')}</a>`, is: [] },
  ])('$what', async ({ body, is }) => {
    const page = `<!DOCTYPE html>\n<html><body>\n${body}\n</body></html>\n`
    expect(await look({ type, body: page })).toEqual(versions(...is))
  })
})

describe('other answers', () => {
  test.each([
    { what: 'no such project', answer: { status: 404 }, is: { kind: 'unknown-project' } },
    { what: 'forbidden', answer: { status: 403 }, is: { kind: 'refused', why: 'URL answered 403' } },
    { what: 'unauthorized', answer: { status: 401 }, is: { kind: 'refused', why: 'URL answered 401' } },
    { what: 'gone', answer: { status: 410 }, is: { kind: 'refused', why: 'URL answered 410' } },
    ...[400, 408, 418, 429, 500, 502, 503, 504].map(status => ({
      what: 'passing',
      answer: { status },
      is: { kind: 'no-answer', why: `URL answered ${status}`, retryAfter: undefined },
    })),
    {
      what: 'a wish to be left alone',
      answer: { status: 503, headers: { 'retry-after': '7' } },
      is: { kind: 'no-answer', why: 'URL answered 503', retryAfter: '7' },
    },
    {
      what: 'a page of somebody between',
      answer: { type: 'text/plain', body: 'please log in' },
      is: {
        kind: 'no-answer',
        why: 'URL answered with text/plain, not the list of a package index',
        retryAfter: undefined,
      },
    },
    {
      what: 'no content type',
      answer: { body: '{}' },
      is: {
        kind: 'no-answer',
        why: 'URL answered with no content type, not the list of a package index',
        retryAfter: undefined,
      },
    },
    {
      what: 'not modified, of which nothing was known',
      answer: { status: 304 },
      is: { kind: 'no-answer', why: 'URL answered 304', retryAfter: undefined },
    },
  ])('$what: $answer', async ({ answer, is }) => {
    const { index, requests, url } = await indexWith([answer])
    const listing = await index.look(60_000)
    expect(JSON.parse(JSON.stringify(listing).replaceAll(`${url}/simple/reqmgr2/`, 'URL'))).toEqual(
      JSON.parse(JSON.stringify(is)),
    )
    // One attempt a look: the wait has its own intervals.
    expect(requests).toHaveLength(1)
  })

  test('no server', async () => {
    const { transport } = surroundings()
    const index = new PackageIndex({ transport, index: new URL('http://127.0.0.1:9/simple/'), project: 'x' })
    expect(await index.look(60_000)).toMatchObject({
      kind: 'no-answer',
      why: expect.stringContaining('GET http://127.0.0.1:9/simple/x/: connect ECONNREFUSED'),
    })
  })

  test('a silent server, for not much longer than there is time', async () => {
    const { index } = await indexWith(['silent'])
    const listing = await index.look(10)
    expect(listing).toMatchObject({ kind: 'no-answer', why: expect.stringContaining('no answer within 3 s') })
  })
})

describe('requests', () => {
  test('are those that pip sends, and name us', async () => {
    const { index, requests } = await indexWith([json([])], 'ReqMgr2MS._unmerged')
    await index.look(60_000)
    expect(requests).toMatchObject([
      {
        path: '/simple/reqmgr2ms-unmerged/',
        headers: {
          accept: `${JSON_TYPE}, ${HTML_TYPE};q=0.2, text/html;q=0.01`,
          'cache-control': 'max-age=0',
          'user-agent': expect.stringMatching(/^stable-release-action\/[0-9.]+ \(\+https:/),
        },
      },
    ])
    expect(requests[0]?.headers['if-none-match']).toBeUndefined()
  })

  test('are conditional once there is a list, which a 304 confirms; it survives a bad answer', async () => {
    const { index, requests } = await indexWith([
      { ...json([file('2.3.3')]), headers: { etag: '"one"' } },
      { status: 304 },
      { status: 503 },
      { status: 304 },
      { ...json([file('2.3.4')]), headers: { etag: 'W/"two"' } },
      { status: 304 },
      { status: 404 },
      json([file('2.3.5')]),
      json([file('2.3.6')]),
    ])
    const looks = []
    for (let number = 0; number < 9; number += 1) looks.push(await index.look(60_000))
    expect(looks).toMatchObject([
      versions('2.3.3'),
      versions('2.3.3'),
      { kind: 'no-answer' },
      versions('2.3.3'),
      versions('2.3.4'),
      versions('2.3.4'),
      { kind: 'unknown-project' },
      versions('2.3.5'),
      versions('2.3.6'),
    ])
    expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      '"one"',
      '"one"',
      '"one"',
      '"one"',
      'W/"two"',
      'W/"two"',
      undefined,
      undefined,
    ])
  })

  test.each(['/simple', '/simple/', '/root/pypi/+simple', '/api/pypi/cms%20all/simple/'])(
    'go below the address of the index, %s',
    async path => {
      const { url, requests } = await indexWith([json([])])
      const { transport } = surroundings()
      await new PackageIndex({ transport, index: new URL(path, url), project: 'a_b' }).look(60_000)
      expect(requests.map(request => request.path)).toEqual([`${path.replace(/\/$/, '')}/a-b/`])
    },
  )

  test('carry the credentials of the address, which messages do not', async () => {
    const { url, requests } = await indexWith([{ status: 403 }])
    const { transport, log } = surroundings()
    const address = new URL('/simple/', url.replace('//', '//user:geheim@'))
    const index = new PackageIndex({ transport, index: address, project: 'x' })
    const listing = await index.look(60_000)
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:geheim').toString('base64')}`)
    expect(JSON.stringify([listing, index.address, log.lines])).not.toContain('geheim')
  })

  test('follow a redirect', async () => {
    const { index, requests } = await indexWith([
      { status: 301, headers: { location: '/elsewhere/reqmgr2/' } },
      json([file('2.3.4')]),
    ])
    expect(await index.look(60_000)).toEqual(versions('2.3.4'))
    expect(requests.map(({ path }) => path)).toEqual(['/simple/reqmgr2/', '/elsewhere/reqmgr2/'])
  })
})
