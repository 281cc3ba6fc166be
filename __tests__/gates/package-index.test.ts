import { afterEach, describe, expect, test, vi } from 'vitest'
import { packageIndex } from '../../src/gates/package-index.ts'
import { type ScriptedAnswer, type ScriptedServer, startScriptedServer } from './index-server.ts'
import { surroundings } from './surroundings.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const HTML_TYPE = 'application/vnd.pypi.simple.v1+html'

let server: ScriptedServer | undefined
afterEach(() => server?.stop())

/** The index of a project on a server that gives these answers. */
const indexWith = async (answers: readonly ScriptedAnswer[], project = 'reqmgr2') => {
  server = await startScriptedServer(answers)
  const { transport } = surroundings()
  return { ...packageIndex(new URL(`${server.url}/simple/`), project, transport), requests: server.requests }
}

const look = async (answer: ScriptedAnswer) => (await indexWith([answer])).look()

const json = (files: readonly unknown[]): ScriptedAnswer => ({
  type: JSON_TYPE,
  body: JSON.stringify({ files }),
})
const wheel = (version: string) => `reqmgr2-${version}-py3-none-any.whl`
const file = (version: string, others: object = {}) => ({ filename: wheel(version), url: 'x', ...others })
const versions = (...of: string[]) => ({ kind: 'versions', versions: new Set(of) })

describe('JSON (PEP 691)', () => {
  test.each([
    { what: 'no files', files: [], is: [] },
    {
      what: 'two files',
      files: [file('2.3.4'), { filename: 'reqmgr2-2.3.3.tar.gz' }],
      is: ['2.3.4', '2.3.3'],
    },
    {
      what: 'yanked',
      files: [file('2.3.4', { yanked: true }), file('2.3.3', { yanked: false })],
      is: ['2.3.3'],
    },
    { what: 'yanked with a reason', files: [file('2.3.4', { yanked: 'broken' })], is: [] },
    { what: 'an empty reason, as pip has it', files: [file('2.3.4', { yanked: '' })], is: ['2.3.4'] },
    { what: 'one of two yanked', files: [file('2.3.4', { yanked: true }), file('2.3.4')], is: ['2.3.4'] },
    { what: 'of no use', files: [null, 7, {}, { filename: 7 }, { filename: 'other-1.0.tar.gz' }], is: [] },
  ])('$what', async ({ files, is }) => {
    expect(await look(json(files))).toEqual(versions(...is))
  })

  test.each(['', '{', 'null', '[]', '{}', '{"files":{}}'])('%j is no list', async body => {
    expect(await look({ type: JSON_TYPE, body })).toMatchObject({ kind: 'unusable' })
  })
})

describe('HTML (PEP 503, PEP 592)', () => {
  const href = (version: string) => `href="../../files/${wheel(version)}#sha256=0123"`
  test.each([
    { what: 'nothing', body: '', is: [] },
    { what: 'an anchor', body: `<a ${href('2.3.4')}><b>download</b></a>`, is: ['2.3.4'] },
    { what: 'capitals', body: `<A HREF='${wheel('2.3.4')}'>x</A>`, is: ['2.3.4'] },
    { what: 'without quotes', body: `<a href=${wheel('2.3.4')}>x</a>`, is: ['2.3.4'] },
    { what: 'over lines', body: `<a\n  rel="internal"\n  ${href('2.3.4')}\n>\nx\n</a>`, is: ['2.3.4'] },
    { what: 'escaped', body: `<a ${href('2.3.4')} data-requires-python="&gt;=3.8">x</a>`, is: ['2.3.4'] },
    { what: 'not escaped', body: `<a data-requires-python=">=3.8" ${href('2.3.4')}>x</a>`, is: ['2.3.4'] },
    { what: 'yanked', body: `<a ${href('2.3.4')} data-yanked="">x</a>`, is: [] },
    { what: 'yanked without a value', body: `<a data-yanked ${href('2.3.4')}>x</a>`, is: [] },
    { what: 'yanked with a reason', body: `<a ${href('2.3.4')} data-yanked="a > b">x</a>`, is: [] },
    {
      what: 'other attributes',
      body: `<a ${href('2.3.4')} title="data-yanked" a-data-yanked>x</a>`,
      is: ['2.3.4'],
    },
    {
      what: 'an escaped plus',
      body: '<a href="reqmgr2-2.3.4&#43;local.1.tar.gz">x</a>',
      is: ['2.3.4+local.1'],
    },
    { what: 'an escaped address', body: '<a href="reqmgr2-2%2E3.4.tar.gz?a=b&amp;c#x">x</a>', is: ['2.3.4'] },
    { what: 'a broken address', body: `<a href="/f/%E0%A4%A">x</a><a ${href('2.3.4')}>x</a>`, is: ['2.3.4'] },
    { what: 'a comment', body: `<!-- <a ${href('2.3.5')}> --><a ${href('2.3.4')}>x</a>`, is: ['2.3.4'] },
    { what: 'other elements', body: `<abbr ${href('2.3.5')}>x</abbr><link ${href('2.3.6')}>`, is: [] },
    { what: 'no address', body: `<a name="x">${wheel('2.3.4')}</a>`, is: [] },
  ])('$what', async ({ body, is }) => {
    const page = `<!DOCTYPE html>\n<html><body>\n${body}\n</body></html>\n`
    for (const type of [HTML_TYPE, 'Text/HTML; charset=utf-8'])
      expect(await look({ type, body: page })).toEqual(versions(...is))
  })
})

test.each(['<!--', '<a ', '<a href="', '<a "\'', '<a x=', ' ', '<a href="a-', '-'])(
  'a long page is read in one pass, whatever it repeats: %s',
  async part => {
    const [many, filename] = [part.repeat(5e5 / part.length), `reqmgr2-${'-'.repeat(5e5)}.tar.gz`]
    const started = performance.now()
    for (const body of [many, `<a href="${many}.tar.gz">`, `<a href="${filename}">`])
      expect(await look({ type: HTML_TYPE, body })).toMatchObject({ kind: 'versions' })
    expect(performance.now() - started).toBeLessThan(20_000)
  },
)

describe('other answers', () => {
  test.each([
    { answer: { status: 404 }, is: { kind: 'no project' } },
    { answer: { status: 503, headers: { 'retry-after': '7' } }, is: { kind: 'unusable', notBefore: 7_000 } },
    { answer: { type: 'text/plain', body: 'please log in' }, is: { kind: 'unusable' } },
    { answer: { body: '{"files":[]}' }, is: { kind: 'unusable' } },
    ...[400, 429, 500].map(status => ({ answer: { status }, is: { kind: 'unusable' } })),
    ...[401, 403, 410].map(status => ({ answer: { status }, is: { kind: 'refused' } })),
  ])('$answer', async ({ answer, is }) => {
    const { look, requests } = await indexWith([answer])
    expect(await look()).toMatchObject(is)
    // The wait has its own intervals.
    expect(requests).toHaveLength(1)
  })

  test('a proxy that can not be used: refused, and not asked again', async () => {
    vi.stubEnv('https_proxy', 'socks5://127.0.0.1:9')
    const { look } = packageIndex(new URL('https://pypi.invalid/simple/'), 'x', surroundings().transport)
    expect(await look()).toMatchObject({ kind: 'refused', why: expect.stringContaining('https_proxy') })
    vi.unstubAllEnvs()
  })

  test('no server', async () => {
    const { transport } = surroundings()
    const { look } = packageIndex(new URL('http://127.0.0.1:9/simple/'), 'x', transport)
    expect(await look()).toMatchObject({ kind: 'unusable', why: expect.stringContaining('ECONNREFUSED') })
  })
})

describe('requests', () => {
  test('are those that pip sends, and name us', async () => {
    const { look, requests } = await indexWith([json([])], 'ReqMgr2MS._unmerged')
    await look()
    const accept = `${JSON_TYPE}, ${HTML_TYPE};q=0.2, text/html;q=0.01`
    const agent = expect.stringMatching(/^stable-release-action\/[0-9.]+ \(\+https:/)
    const headers = { accept, 'cache-control': 'max-age=0', 'user-agent': agent }
    expect(requests).toMatchObject([{ path: '/simple/reqmgr2ms-unmerged/', headers }])
  })

  test.each(['/simple', '/simple/', '/api/pypi/cms%20all/simple/'])('go below the index %s', async path => {
    const { requests } = await indexWith([json([])])
    await packageIndex(new URL(path, server?.url), 'a_b', surroundings().transport).look()
    expect(requests.map(request => request.path)).toEqual([`${path.replace(/\/$/, '')}/a-b/`])
  })

  test('carry the credentials of the address, which messages do not', async () => {
    const { requests } = await indexWith([{ status: 403 }])
    const { transport, log } = surroundings()
    const address = new URL('/simple/', server?.url.replace('//', '//user:geheim@'))
    const index = packageIndex(address, 'x', transport)
    const listing = await index.look()
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:geheim').toString('base64')}`)
    expect(JSON.stringify([listing, index.address, log.lines])).not.toContain('geheim')
  })
})
