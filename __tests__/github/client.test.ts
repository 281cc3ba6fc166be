import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openGitHub } from '../../src/github/client.ts'
import { GitHubError } from '../../src/github/failure.ts'
import { type GitHubApi, startGitHubApi } from '../gates/github-api.ts'
import { type ScriptedAnswer, startScriptedServer } from '../gates/index-server.ts'
import { surroundings } from '../gates/surroundings.ts'

let api: GitHubApi
beforeEach(async () => {
  api = await startGitHubApi()
})
afterEach(() => api.stop())

const open = ({ apiUrl = api.url, transport = surroundings().transport } = {}) => {
  const permissions = ['contents: read', 'checks: read']
  return openGitHub({ apiUrl, name: 'dmwm/WMCore', token: api.token }, { transport, permissions })
}

/** Uses a client of a server that gives these answers. */
const withAnswers = async <T>(
  answers: readonly ScriptedAnswer[],
  use: (client: Awaited<ReturnType<typeof open>>, paths: () => string[]) => Promise<T>,
): Promise<T> => {
  const server = await startScriptedServer(answers.map(answer => ({ type: 'application/json', ...answer })))
  try {
    return await use(await open({ apiUrl: server.url }), () => server.requests.map(({ path }) => path))
  } finally {
    await server.stop()
  }
}

const SHA = '0a'.repeat(20)

describe('the commit of a git tag', () => {
  test.each([
    { tag: '2.3.4', kind: {} },
    { tag: '2.3.4', kind: { annotated: true } },
    { tag: '2.3.4', kind: { nested: true } },
    { tag: 'release/2.3.4+x', kind: {} },
    { tag: 'no#2%20?a=b', kind: {} },
  ])('is found, $tag $kind', async ({ tag, kind }) => {
    const { commit } = api.tag(tag, kind)
    expect(await (await open()).commitOf(tag)).toBe(commit)
  })

  test.each(['tags/2.3.4', '2.3.4', '2.3.4.1'])('is not that of a branch %s', async branch => {
    api.branch(branch)
    await expect((await open()).commitOf('2.3.4')).rejects.toMatchObject({ name: 'invalid-input' })
  })

  test('is not known of an empty repository, nor of one that is not shown', async () => {
    api.refuse({ status: 409, message: 'Git Repository is empty.' })
    await expect((await open()).commitOf('2.3.4')).rejects.toMatchObject({ name: 'invalid-input' })
    await api.stop()
    api = await startGitHubApi({ permissions: [] })
    api.tag('2.3.4')
    await expect((await open()).commitOf('2.3.4')).rejects.toMatchObject({
      name: 'invalid-input',
      what: expect.stringMatching(/^dmwm\/WMCore does not have this git tag, .*: status 404, Not Found\.$/),
      remedy: expect.stringContaining('"permissions: contents: read, checks: read"'),
    })
  })

  test.each([401, 403, 429, 500])('is not readable when GitHub answers %s', async status => {
    api.tag('2.3.4')
    api.refuse({ status, message: 'x' }, { status, message: 'x' })
    const error = await (await open()).commitOf('2.3.4').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'github-unreadable', status })
    expect(String(error)).not.toContain(api.token)
  })

  test('is not readable when there is no server; an interruption is not taken for that', async () => {
    const silent = await open({ apiUrl: 'http://127.0.0.1:9' })
    await expect(silent.commitOf('2.3.4')).rejects.toMatchObject({ name: 'github-unreadable' })
    const cancelled = new Error('cancelled')
    const send = () => Promise.reject(cancelled)
    const { commitOf } = await open({ transport: Object.assign(surroundings().transport, { send }) })
    await expect(commitOf('2.3.4')).rejects.toBe(cancelled)
  })
})

const seconds = (from: number) => String(Math.ceil(Date.now() / 1000) + from)
const usedUp = (reset: string) => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset })
test.each([
  { what: 'retry-after', headers: () => ({ 'retry-after': '37' }), is: 37_000 },
  { what: 'retry-after 0, not at once', headers: () => ({ 'retry-after': '0' }), is: 1_000 },
  { what: 'a reset', headers: () => usedUp(seconds(90)), is: 90_000 },
  { what: 'a reset that is over', headers: () => usedUp(seconds(-90)), is: 1_000 },
  { what: 'a reset that is none', headers: () => usedUp('soon'), is: 60_000 },
  { what: 'no time: a minute', headers: () => ({}), is: 60_000 },
])('a refusal for the rate limit says how long to wait: $what', async ({ headers, is }) => {
  const refusal = { status: 403, message: 'You have exceeded a secondary rate limit.', headers: headers() }
  api.refuse(refusal, refusal)
  const error: unknown = await (await open()).commitOf('2.3.4').catch((reason: unknown) => reason)
  const wait = Number(error instanceof GitHubError && error.wait)
  // Of a reset, what has passed since then is not waited for.
  expect(wait).toBeLessThanOrEqual(is + 1_000)
  expect(wait).toBeGreaterThan(is - 20_000)
  expect(wait).toBeGreaterThanOrEqual(1_000)
})

test.each([403, 429])(
  'a refusal for the secondary rate limit, with retry-after, is waited for: %s',
  async status => {
    const { commit } = api.tag('2.3.4')
    api.refuse({
      status,
      message: 'You have exceeded a secondary rate limit.',
      headers: { 'retry-after': '60' },
    })
    const { clock, transport } = surroundings()
    expect(await (await open({ transport })).commitOf('2.3.4')).toBe(commit)
    expect(clock.slept).toEqual([60_000])
  },
)

test('what GitHub was told becomes one line, which the runner does not obey', async () => {
  const evil = 'x\n::error::y ##[error]z\u001b[2K\u2028\u202e'
  const harmless = String.raw`x\u000a::error::y ##\u005berror]z\u001b[2K\u2028\u202e`
  const run = { id: 1, name: evil, status: evil, conclusion: evil, html_url: evil, details_url: evil }
  const body = JSON.stringify({
    check_runs: [{ ...run, app: { slug: evil } }],
    statuses: [{ context: evil, state: evil, target_url: evil }],
  })
  await withAnswers([{ body }], async ({ checkRunsOf, statusesOf }) => {
    const texts = { name: harmless, app: harmless, status: harmless, conclusion: harmless }
    expect(await checkRunsOf(SHA)).toEqual([{ id: 1, ...texts, url: harmless, detailsUrl: harmless }])
    expect(await statusesOf(SHA)).toEqual([{ context: harmless, state: harmless, url: harmless }])
  })
  const refusal = { status: 422, body: JSON.stringify({ message: evil }) }
  const error = await withAnswers([refusal], ({ commitOf }) => commitOf('2.3.4')).catch(String)
  expect(error).toContain(harmless)
})

test.each([
  ...['<html>', '[]', 'null', '7', '{"statuses":{}}', '{"statuses":[{"context":"testbed"}]}'],
  ...[{ type: 'commit' }, { sha: SHA }].map(object => JSON.stringify({ object })),
  ...[7, '0a', '../../user'].map(sha => JSON.stringify({ object: { type: 'commit', sha } })),
])('something that is not the API is no answer: %s', async body => {
  const unreadable = { name: 'github-unreadable', remedy: expect.stringContaining('GITHUB_API_URL') }
  for (const type of ['application/json', 'text/html'])
    await withAnswers([{ body, type }], async ({ commitOf, statusesOf }) => {
      await expect(commitOf('2.3.4')).rejects.toMatchObject(unreadable)
      await expect(statusesOf(SHA)).rejects.toMatchObject(unreadable)
    })
})

test('a list without an end is none, and the token goes to no host that an answer names', async () => {
  const headers = { link: `<${api.url}/elsewhere>; rel="next"` }
  await withAnswers([{ body: '{"check_runs":[]}', headers }], async ({ checkRunsOf }, paths) => {
    await expect(checkRunsOf(SHA)).rejects.toMatchObject({ name: 'github-unreadable' })
    expect(paths()).toHaveLength(51)
  })
  expect(api.requests).toEqual([])
})

test('importing octokit and using it prints and changes nothing', async () => {
  const url = JSON.stringify(new URL('../../src/github/octokit.ts', import.meta.url).href)
  const code = `
    const { env } = process
    const { openOctokit } = await import(${url})
    const headers = { deprecation: 'Sat, 01 Jan 2028 00:00:00 GMT' }
    const { request } = await openOctokit('t', 'http://x', async () => ({ status: 200, headers, body: [] }))
    await request('GET /')
    console.log(process.env === env, env.GITHUB_EVENT_PATH, env.GITHUB_API_URL)`
  const [proxy, path] = ['http://::', import.meta.filename]
  for (const event of ['/nowhere/event.json', path]) {
    const env = {
      GITHUB_EVENT_PATH: event,
      GITHUB_API_URL: 'nonsense',
      https_proxy: proxy,
      HTTPS_PROXY: proxy,
    }
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { env })
    expect(`${stdout}${stderr}`).toBe(`true ${event} nonsense\n`)
  }
})
