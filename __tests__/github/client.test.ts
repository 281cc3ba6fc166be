import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openGitHub } from '../../src/github/client.ts'
import { type GitHubApi, type GitHubApiOptions, startGitHubApi } from '../gates/github-api.ts'
import { type ScriptedAnswer, startScriptedServer } from '../gates/index-server.ts'
import { surroundings } from '../gates/surroundings.ts'

let api: GitHubApi
beforeEach(async () => {
  api = await startGitHubApi()
})
afterEach(() => api.stop())

const open = ({
  url = api.url,
  token = api.token,
  permissions = ['contents: read'],
}: {
  url?: string
  token?: string
  permissions?: readonly string[]
} = {}) => openGitHub({ apiUrl: url, name: 'dmwm/WMCore', token }, { ...surroundings(), permissions })

const withApi = async (options: GitHubApiOptions): Promise<void> => {
  await api.stop()
  api = await startGitHubApi(options)
}

/** Uses a client of a server that gives these answers, and the paths that it was asked for. */
const withAnswers = async <T>(
  answers: readonly ScriptedAnswer[],
  use: (client: Awaited<ReturnType<typeof open>>, paths: () => string[]) => Promise<T>,
): Promise<T> => {
  const json = answers.map(answer => ({ type: 'application/json', ...answer }))
  const server = await startScriptedServer(json)
  try {
    return await use(await open({ url: server.url }), () => server.requests.map(({ path }) => path))
  } finally {
    await server.stop()
  }
}

const SHA = '0a'.repeat(20)

describe('the commit of a git tag', () => {
  test.each([{}, { annotated: true }, { nested: true }])('is found, %o', async kind => {
    const { commit } = api.tag('2.3.4', kind)
    expect(await (await open()).commitOf('2.3.4')).toEqual({ kind: 'found', sha: commit })
  })

  test.each([
    { what: 'a repository without it', refusals: [], status: 404 },
    {
      what: 'an empty repository',
      refusals: [{ status: 409, message: 'Git Repository is empty.' }],
      status: 409,
    },
  ])('is absent in $what, which may also be one that is not shown', async ({ refusals, status }) => {
    api.refuse(...refusals)
    const commit = await (await open()).commitOf('2.3.4')
    expect(commit).toMatchObject({
      kind: 'absent',
      error: {
        name: 'invalid-input',
        what: expect.stringMatching(
          new RegExp(
            `^dmwm/WMCore does not have this git tag, or does not show it: GET .*: status ${status}, `,
          ),
        ),
        remedy: expect.stringContaining('push the git tag first'),
      },
    })
  })

  test('in a private repository needs a permission', async () => {
    await withApi({ permissions: [] })
    api.tag('2.3.4')
    const commit = await (await open()).commitOf('2.3.4')
    expect(commit).toMatchObject({
      kind: 'absent',
      error: { remedy: expect.stringContaining('"permissions: contents: read"') },
    })
  })

  test.each(['tags/2.3.4', '2.3.4', '2.3.4.1'])('is not that of a branch %s', async branch => {
    api.branch(branch)
    expect(await (await open()).commitOf('2.3.4')).toMatchObject({ kind: 'absent' })
  })

  test.each([
    {
      status: 401,
      what: 'GitHub does not accept the token: GET ',
      remedy: 'Give a token that has not expired',
    },
    {
      status: 403,
      what: 'GitHub refused access to dmwm/WMCore: GET ',
      remedy: 'Give the token "permissions: contents: read".',
    },
    { status: 500, what: 'The GitHub API gave no usable answer: GET ', remedy: 'Run it again' },
    { status: 429, what: 'The rate limit of the GitHub API is used up.', remedy: 'Run it again later' },
  ])('is not readable when GitHub answers $status, and the remedy is for this request', async answer => {
    const { status, what, remedy } = answer
    api.refuse({ status, message: 'no' }, { status, message: 'no' })
    expect(await (await open()).commitOf('2.3.4')).toMatchObject({
      kind: 'unreadable',
      error: {
        name: 'github-unreadable',
        what: expect.stringContaining(what),
        remedy: expect.stringContaining(remedy),
      },
    })
  })

  test('is not readable when there is no server', async () => {
    expect(await (await open({ url: 'http://127.0.0.1:9' })).commitOf('2.3.4')).toMatchObject({
      kind: 'unreadable',
      error: { what: expect.stringContaining('The GitHub API did not answer') },
    })
  })

  test('an interruption is not taken for silence', async () => {
    const cancelled = new Error('cancelled')
    const { loadGitHub } = surroundings()
    const transport = { send: () => Promise.reject(cancelled) }
    const repository = { apiUrl: api.url, name: 'dmwm/WMCore', token: 'a' }
    const ports = { loadGitHub, permissions: [], transport }
    // @ts-expect-error: what is called of the transport
    await expect((await openGitHub(repository, ports)).commitOf('2.3.4')).rejects.toBe(cancelled)
  })
})

test('the permissions that are advised are those of all that is asked for', async () => {
  await withApi({ permissions: ['contents'] })
  const { commit } = api.tag('2.3.4')
  const client = await open({ permissions: ['contents: read', 'checks: read'] })
  await expect(client.checkRunsOf(commit)).rejects.toMatchObject({
    remedy: expect.stringContaining(
      '"permissions: contents: read, checks: read"; this request needs checks: read.',
    ),
  })
})

test('what GitHub was told becomes one line, which the runner does not obey', async () => {
  const evil = 'x\n::error::y ##[error]z\u001b[2K\u2028\u202e'
  const harmless = String.raw`x\u000a::error::y ##\u005berror]z\u001b[2K\u2028\u202e`
  const run = { id: 1, name: evil, status: evil, conclusion: evil, html_url: evil, details_url: evil }
  const body = JSON.stringify({ total_count: 1, check_runs: [{ ...run, app: { slug: evil } }] })
  const [found] = await withAnswers([{ body }], client => client.checkRunsOf(SHA))
  expect(found).toEqual({
    id: 1,
    name: harmless,
    app: harmless,
    status: harmless,
    conclusion: harmless,
    url: harmless,
    detailsUrl: harmless,
  })
  const statuses = JSON.stringify({
    url: '',
    total_count: 1,
    statuses: [{ context: evil, state: evil, target_url: evil }],
  })
  expect(await withAnswers([{ body: statuses }], client => client.statusesOf(SHA))).toEqual([
    { context: harmless, state: harmless, url: harmless },
  ])
  const refusal = { status: 422, body: JSON.stringify({ message: evil }) }
  expect(await withAnswers([refusal], client => client.commitOf('2.3.4'))).toMatchObject({
    error: { what: expect.stringContaining(`status 422, ${harmless}.`) },
  })
})

describe('pages', () => {
  const runs = JSON.stringify({
    total_count: 1e9,
    check_runs: [{ id: 1, name: 'testbed', status: 'queued', conclusion: null }],
  })

  test('no more than 50 are read', async () => {
    const next = { link: '<HOST/endless?page=2>; rel="next"' }
    const server = createServer((request, response) => {
      const link = next.link.replace('HOST', `http://${request.headers.host}`)
      response.writeHead(200, { 'content-type': 'application/json', link }).end(runs)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const client = await open({ url: `http://127.0.0.1:${port}` })
      expect(await client.checkRunsOf(SHA)).toHaveLength(50)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('the token does not go to another host that an answer names', async () => {
    const headers = { link: `<${api.url}/elsewhere>; rel="next"` }
    await withAnswers([{ body: runs, headers }], async client => {
      await expect(client.checkRunsOf(SHA)).rejects.toMatchObject({
        name: 'github-unreadable',
        what: expect.stringContaining('can not be used'),
      })
    })
    expect(api.requests).toEqual([])
  })

  test('that GitHub knows no such commit is not an empty list', async () => {
    const refusal = { status: 409, body: '{"message":"Git Repository is empty."}' }
    await withAnswers([refusal], client =>
      expect(client.checkRunsOf(SHA)).rejects.toMatchObject({ name: 'github-unreadable' }),
    )
  })
})

test('octokit writes nothing, also of what is deprecated', async () => {
  const written = (['warn', 'error', 'info', 'log', 'debug'] as const).map(name =>
    vi.spyOn(console, name).mockImplementation(() => {}),
  )
  try {
    const headers = { deprecation: 'Sat, 01 Jan 2028 00:00:00 GMT', sunset: 'Sun, 02 Jan 2028 00:00:00 GMT' }
    const body = JSON.stringify({ ref: 'refs/tags/2.3.4', object: { type: 'commit', sha: SHA } })
    expect(await withAnswers([{ headers, body }], client => client.commitOf('2.3.4'))).toEqual({
      kind: 'found',
      sha: SHA,
    })
    expect(written.flatMap(({ mock }) => mock.calls)).toEqual([])
  } finally {
    vi.restoreAllMocks()
  }
})

const module = JSON.stringify(new URL('../../src/github/index.ts', import.meta.url).href)
const PRINT = `
  await import(${module})
  const { GITHUB_EVENT_PATH = 'none', GITHUB_API_URL = 'none' } = process.env
  console.log(GITHUB_EVENT_PATH, GITHUB_API_URL)`

test.each([
  { what: 'that there are none', env: {}, leaves: 'none none' },
  {
    what: 'an event that is not there',
    env: { GITHUB_EVENT_PATH: '/nowhere/event.json', GITHUB_API_URL: 'https://api.example.org' },
    leaves: '/nowhere/event.json https://api.example.org',
  },
  {
    what: 'an event that is no JSON, and an API that is no address',
    env: { GITHUB_EVENT_PATH: import.meta.filename, GITHUB_API_URL: 'nonsense' },
    leaves: `${import.meta.filename} nonsense`,
  },
  {
    what: 'a proxy that is no address',
    env: { https_proxy: 'http://::', HTTPS_PROXY: 'http://::' },
    leaves: 'none none',
  },
])('importing octokit prints and changes nothing: $what', ({ env, leaves }) => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', PRINT], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  })
  expect({ stdout, stderr }).toEqual({ stdout: `${leaves}\n`, stderr: '' })
})
