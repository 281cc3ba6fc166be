import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { writeHostileFiles } from '../git/hostile-files.ts'
import { temporaryFolder } from '../inputs/order.ts'
import { benchOfEach, TAG } from './bench.ts'

const bench = benchOfEach()
let folder: string
let ran: string
beforeEach(() => {
  folder = temporaryFolder()
  ran = join(folder, 'ran')
})

/** A sparse clone of a repository that has such files in the folder `service`. */
const sparseClone = async (directory: string): Promise<void> => {
  const origin = join(folder, 'origin')
  await writeHostileFiles(join(origin, 'docker/service'), ran)
  await makeCheckout(origin, 'https://github.com/dmwm/CMSKubernetes')
  await git(folder, 'clone', '--quiet', '--no-local', '--sparse', '--filter=blob:none', origin, directory)
  await git(directory, 'sparse-checkout', 'set', 'docker/service')
}

/** A bare repository that fetches what it lacks, such as its only commit, by a command. */
const promisor = async (directory: string): Promise<void> => {
  await mkdir(directory)
  await git(directory, 'init', '--quiet', '--bare', '--initial-branch=main')
  const settings = {
    'core.repositoryFormatVersion': '1',
    'extensions.partialClone': 'origin',
    'remote.origin.promisor': 'true',
    'remote.origin.url': `ext::touch ${ran}`,
    'protocol.ext.allow': 'always',
  }
  for (const [name, value] of Object.entries(settings)) await git(directory, 'config', name, value)
  for (const ref of ['refs/heads/main', 'refs/tags/2.3.4'])
    await writeFile(join(directory, ref), `${'1'.repeat(40)}\n`)
  await writeFile(join(directory, 'Dockerfile'), 'FROM scratch\n')
}

test.each([
  { where: 'a part of a sparse clone', make: sparseClone, in: 'docker/service', asks: ['status'] },
  { where: 'above a part of one', make: sparseClone, in: 'docker/service/below', asks: ['status'] },
  { where: 'outside of any checkout', make: writeHostileFiles, in: '.', asks: ['status'] },
  { where: 'bare', make: promisor, in: '.', asks: ['show', 'HEAD'] },
])('files that are like a repository, $where, run nothing, and are not built', async place => {
  // Its name is what git says where there is no repository.
  const workspace = join(folder, 'not a git repository')
  const context = join(workspace, place.in)
  await place.make(workspace, ran)
  for (const { command = 'release', tag } of [
    { tag: TAG },
    { tag: 'main' },
    { command: 'build', tag: TAG },
  ]) {
    const { error } = await bench.run({ command, context, tag: TAG }, { workspace, tag })
    expect(error).toMatchObject({
      name: 'commit-unreadable',
      what: expect.stringContaining('bareRepository'),
    })
  }
  expect(bench.written()).toEqual([])
  expect(existsSync(ran)).toBe(false)
  // They have a plain git run a command.
  await git(context, ...place.asks).catch(() => {})
  expect(existsSync(ran)).toBe(true)
})
