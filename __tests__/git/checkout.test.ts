import { mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { commitAll, git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { inspectCheckout } from '../../src/git/checkout.ts'

const REMOTE = 'https://github.com/dmwm/WMCore'
const { signal } = new AbortController()

let folder: string
let first: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkout-'))
  await mkdir(join(folder, 'service'))
  await writeFile(join(folder, 'service/Dockerfile'), 'FROM scratch\n')
  await writeFile(join(folder, 'README'), 'read me\n')
  first = await makeCheckout(folder, REMOTE)
})
afterEach(() => rm(folder, { recursive: true }))

const inspect = (directory = join(folder, 'service'), env: NodeJS.ProcessEnv = process.env) =>
  inspectCheckout({ directory, path: '.', gitTag: '2.3.4' }, { env, signal })

describe('what a checkout says', () => {
  test('its commit and the repository of its remote', async () => {
    expect(await inspect()).toEqual({
      kind: 'checkout',
      head: first,
      remotes: ['github.com/dmwm/wmcore'],
      tagCommit: undefined,
      changed: [],
    })
  })

  test('several remotes, one of them of this machine', async () => {
    await git(folder, 'remote', 'add', 'upstream', 'git@github.com:someone/WMCore.git')
    await git(folder, 'remote', 'add', 'local', '/srv/git/WMCore')
    expect(await inspect()).toMatchObject({
      remotes: ['github.com/dmwm/wmcore', 'github.com/someone/wmcore'],
    })
  })

  test('remotes under other names, as they are written and as git reads them', async () => {
    await git(folder, 'remote', 'set-url', 'origin', 'gh:dmwm/WMCore')
    await git(folder, 'config', 'url.https://github.com/.insteadOf', 'gh:')
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
})

describe('changed files', () => {
  test('those that git tracks, below the directory', async () => {
    await writeFile(join(folder, 'service/Dockerfile'), 'FROM other\n')
    await writeFile(join(folder, 'README'), 'changed\n')
    await writeFile(join(folder, 'service/downloaded'), 'untracked\n')
    expect(await inspect()).toMatchObject({ changed: ['service/Dockerfile'] })
    expect(await inspect(folder)).toMatchObject({ changed: ['README', 'service/Dockerfile'] })
  })

  test('one file alone', async () => {
    await writeFile(join(folder, 'service/Dockerfile'), 'FROM other\n')
    await writeFile(join(folder, 'README'), 'changed\n')
    const seen = await inspectCheckout(
      { directory: folder, path: 'README', gitTag: '2.3.4' },
      { env: process.env, signal },
    )
    expect(seen).toMatchObject({ changed: ['README'] })
  })

  test('one that is only touched is not changed', async () => {
    await writeFile(join(folder, 'service/Dockerfile'), 'FROM scratch\n')
    expect(await inspect()).toMatchObject({ changed: [] })
  })

  test('staged, removed, renamed, with spaces and newlines in their names', async () => {
    for (const name of ['a b', 'line\nbreak', 'gone', 'old name'])
      await writeFile(join(folder, 'service', name), `${name}, long enough to be found again\n`)
    await commitAll(folder)
    await writeFile(join(folder, 'service/a b'), 'staged\n')
    await rename(join(folder, 'service/old name'), join(folder, 'service/new name'))
    await git(folder, 'add', '--all')
    await writeFile(join(folder, 'service/line\nbreak'), 'changed\n')
    await rm(join(folder, 'service/gone'))
    const found = await inspect()
    expect(found.kind === 'checkout' ? found.changed.toSorted() : found).toEqual([
      'service/a b',
      'service/gone',
      'service/line\nbreak',
      'service/new name',
    ])
  })
})

describe('what does not keep it from looking', () => {
  test('variables that lead git elsewhere', async () => {
    const env = { ...process.env, GIT_DIR: '/nowhere', GIT_WORK_TREE: '/nowhere', GIT_INDEX_FILE: '/nowhere' }
    expect(await inspect(undefined, env)).toMatchObject({ kind: 'checkout', head: first })
  })
})

test("a filter of the checkout's own settings gets nothing of the environment that may be secret", async () => {
  const got = join(folder, 'got')
  await writeFile(join(folder, '.git/info/attributes'), '* filter=own\n')
  await git(folder, 'config', 'filter.own.clean', `env > '${got}'; cat`)
  await utimes(join(folder, 'service/Dockerfile'), 1, 1)
  const names = ['INPUT_PASSWORD', 'STABLE_RELEASE_PASSWORD', 'GITHUB_TOKEN', 'GH_TOKEN', 'CI_JOB_TOKEN']
  const more = [
    'ACTIONS_RUNTIME_TOKEN',
    'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    'DOCKER_AUTH_CONFIG',
    'HTTPS_PROXY',
  ]
  const secrets = Object.fromEntries([...names, ...more].map(name => [name, 'a secret']))
  await inspect(undefined, { ...process.env, ...secrets })
  const text = await readFile(got, 'utf8')
  expect(text).toContain('PATH=')
  expect(text).not.toContain('secret')
})

describe('no checkout', () => {
  test('a directory outside of one', async () => {
    expect(await inspect(tmpdir())).toEqual({ kind: 'none', why: `${tmpdir()} is not in a git checkout` })
  })

  test('a repository without a commit', async () => {
    const empty = join(folder, 'empty')
    await mkdir(empty)
    await git(empty, 'init', '--quiet')
    expect(await inspect(empty)).toEqual({ kind: 'none', why: `the git checkout of ${empty} has no commit` })
  })

  test('one that git can not read is an error: it may be at any commit', async () => {
    await writeFile(join(folder, '.git/index'), 'not an index')
    await expect(inspect()).rejects.toMatchObject({
      name: 'wrong-commit',
      what: expect.stringMatching(/can't be told: git ended with exit status 128: .*index/),
    })
  })

  test('no git', async () => {
    vi.stubEnv('PATH', '/nowhere')
    try {
      expect(await inspect()).toEqual({ kind: 'none', why: 'there is no git on this machine' })
    } finally {
      vi.unstubAllEnvs()
    }
  })
})
