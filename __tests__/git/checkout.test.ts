import { mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { commitAll, git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { inspectCheckout } from '../../src/git/checkout.ts'

const { signal } = new AbortController()

let folder: string
let first: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkout-'))
  await mkdir(join(folder, 'service'))
  await writeFile(join(folder, 'service/Dockerfile'), 'FROM scratch\n')
  await writeFile(join(folder, 'README'), 'read me\n')
  first = await makeCheckout(folder, 'https://github.com/dmwm/WMCore')
})
afterEach(() => rm(folder, { recursive: true }))

const inspect = ({ directory = join(folder, 'service'), path = '.', env = process.env } = {}) =>
  inspectCheckout({ directory, path, gitTag: '2.3.4' }, { env, signal })

test('its commit and the repositories of its remotes, which are not on this machine', async () => {
  await git(folder, 'remote', 'add', 'upstream', 'git@github.com:someone/WMCore.git')
  await git(folder, 'remote', 'add', 'local', '/srv/git/WMCore')
  expect(await inspect()).toEqual({
    kind: 'checkout',
    head: first,
    remotes: ['github.com/dmwm/wmcore', 'github.com/someone/wmcore'],
    tagCommit: undefined,
    changed: [],
  })
})

test('remotes under other names, as they are written and as git reads them', async () => {
  await git(folder, 'remote', 'set-url', 'origin', 'gh:dmwm/WMCore')
  await git(folder, 'config', 'url.https://github.com/.insteadOf', 'gh:')
  await git(folder, 'config', 'remote.origin.partialclonefilter', 'blob:none')
  expect(await inspect()).toMatchObject({ remotes: ['gh/dmwm/wmcore', 'github.com/dmwm/wmcore'] })
})

test.each([
  { kind: 'annotated', options: ['--annotate', '--message=2.3.4'] },
  { kind: 'lightweight', options: [] },
])('the commit of an $kind tag', async ({ options }) => {
  await git(folder, 'tag', ...options, '2.3.4')
  const second = await commitAll(folder)
  expect(await inspect()).toMatchObject({ head: second, tagCommit: first })
})

test('nothing of a branch with the name of the tag', async () => {
  await git(folder, 'branch', '2.3.4')
  expect(await inspect()).toMatchObject({ tagCommit: undefined })
})

test('changed files are those that git tracks, below the directory, or one alone', async () => {
  await writeFile(join(folder, 'service/Dockerfile'), 'FROM scratch\n')
  expect(await inspect()).toMatchObject({ changed: [] })
  await writeFile(join(folder, 'service/Dockerfile'), 'FROM other\n')
  await writeFile(join(folder, 'README'), 'changed\n')
  await writeFile(join(folder, 'service/downloaded'), 'untracked\n')
  expect(await inspect()).toMatchObject({ changed: ['service/Dockerfile'] })
  expect(await inspect({ directory: folder })).toMatchObject({ changed: ['README', 'service/Dockerfile'] })
  expect(await inspect({ directory: folder, path: 'README' })).toMatchObject({ changed: ['README'] })
})

test('so are those that are staged, removed, renamed, with spaces and newlines in their names', async () => {
  for (const name of ['a b', 'line\nbreak', 'gone', 'old name'])
    await writeFile(join(folder, 'service', name), `${name}, long enough to be found again\n`)
  await commitAll(folder)
  await writeFile(join(folder, 'service/a b'), 'staged\n')
  await rename(join(folder, 'service/old name'), join(folder, 'service/new name'))
  await git(folder, 'add', '--all')
  await writeFile(join(folder, 'service/line\nbreak'), 'changed\n')
  await rm(join(folder, 'service/gone'))
  const found = await inspect()
  const names = ['a b', 'gone', 'line\nbreak', 'new name', 'old name']
  expect(found.kind === 'checkout' && found.changed.toSorted()).toEqual(names.map(name => `service/${name}`))
})

test('variables do not lead git elsewhere', async () => {
  const env = { ...process.env, GIT_DIR: '/nowhere', GIT_WORK_TREE: '/nowhere', GIT_INDEX_FILE: '/nowhere' }
  expect(await inspect({ env })).toMatchObject({ kind: 'checkout', head: first })
})

test("a filter of the checkout's own settings gets nothing of the environment that may be secret", async () => {
  const got = join(folder, 'got')
  await writeFile(join(folder, '.git/info/attributes'), '* filter=own\n')
  await git(folder, 'config', 'filter.own.clean', `env > '${got}'; cat`)
  await utimes(join(folder, 'service/Dockerfile'), 1, 1)
  const names =
    'INPUT_PASSWORD STABLE_RELEASE_PASSWORD GITHUB_TOKEN CI_JOB_TOKEN ACTIONS_RUNTIME_TOKEN DOCKER_AUTH_CONFIG HTTPS_PROXY'
  const secrets = Object.fromEntries(names.split(' ').map(name => [name, 'a secret']))
  await inspect({ env: { ...process.env, ...secrets } })
  const text = await readFile(got, 'utf8')
  expect(text).toContain('PATH=')
  expect(text).not.toContain('secret')
})

test('there is none outside of one, without a commit, and without git', async () => {
  expect(await inspect({ directory: tmpdir() })).toMatchObject({ kind: 'unknown' })
  const empty = join(folder, 'empty')
  await mkdir(empty)
  await git(empty, 'init', '--quiet')
  expect(await inspect({ directory: empty })).toMatchObject({ kind: 'unknown' })
  vi.stubEnv('PATH', '/nowhere')
  try {
    expect(await inspect()).toMatchObject({ kind: 'unknown' })
  } finally {
    vi.unstubAllEnvs()
  }
})

test('one that git can not read is an error: it may be at any commit', async () => {
  await writeFile(join(folder, '.git/index'), 'not an index')
  await expect(inspect()).rejects.toMatchObject({
    name: 'commit-unreadable',
    what: expect.stringMatching(/git ended with exit status 128: .*index/),
  })
})
