import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { inspectCheckout } from '../../src/git/checkout.ts'

const OTHER = 1

let folder: string
let ran: string
let head: string
/** A checkout of another user, whose settings have git run a command for the file Dockerfile. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkout-owner-'))
  ran = join(folder, '.git/ran')
  await mkdir(join(folder, 'service'))
  await writeFile(join(folder, 'service/Dockerfile'), 'FROM scratch\n')
  head = await makeCheckout(folder, 'https://github.com/dmwm/WMCore')
  await writeFile(join(folder, '.git/info/attributes'), '* filter=theirs\n')
  await git(folder, 'config', 'filter.theirs.clean', `touch '${ran}'; cat`)
  await utimes(join(folder, 'service/Dockerfile'), 1, 1)
  for (const path of [folder, join(folder, '.git')]) await chown(path, OTHER, OTHER)
})
afterEach(() => rm(folder, { recursive: true }))

const inspect = (env: NodeJS.ProcessEnv = {}) =>
  inspectCheckout(
    { directory: join(folder, 'service'), path: '.', gitTag: '2.3.4' },
    { env: { PATH: process.env.PATH, HOME: folder, ...env }, signal: new AbortController().signal },
  )

test('a checkout of another user around the directory is refused, and git names the way', async () => {
  await expect(inspect()).rejects.toMatchObject({
    name: 'commit-unreadable',
    what: expect.stringContaining(`: git config --global --add safe.directory ${folder}.`),
  })
  expect(existsSync(ran)).toBe(false)
})

test('one that the settings of git name is looked at', async () => {
  await git(folder, 'config', '--file', join(folder, '.gitconfig'), 'safe.directory', folder)
  expect(await inspect()).toMatchObject({ kind: 'checkout', head })
})

test('so is one of the user who called sudo', async () => {
  expect(await inspect({ SUDO_UID: String(OTHER) })).toMatchObject({ kind: 'checkout', head })
})

test('so is one in the workspace of a job, as in a container, and not one above it', async () => {
  const job = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder }
  expect(await inspect(job)).toMatchObject({ kind: 'checkout', head })
  await expect(inspect({ ...job, GITHUB_WORKSPACE: join(folder, 'service') })).rejects.toMatchObject({
    name: 'commit-unreadable',
  })
})
