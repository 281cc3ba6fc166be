import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { git, makeCheckout } from '../../sandbox/git-checkout.ts'
import { writeHostileFiles } from '../git/hostile-files.ts'
import { type CommandBench, startCommandBench } from './bench.ts'

let bench: CommandBench
let folder: string
let ran: string
beforeEach(async () => {
  bench = await startCommandBench()
  folder = await mkdtemp(join(tmpdir(), 'hostile-'))
  ran = join(folder, 'ran')
})
afterEach(async () => {
  await bench?.stop()
  await rm(folder, { recursive: true })
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

const status = ['status']
const places = [
  { where: 'a part of a sparse clone', make: sparseClone, context: 'docker/service', asks: status },
  { where: 'above a part of one', make: sparseClone, context: 'docker/service/below', asks: status },
  {
    where: 'outside of any checkout',
    make: (directory: string) => writeHostileFiles(directory, ran),
    context: '.',
    asks: status,
  },
  { where: 'bare', make: promisor, context: '.', asks: ['show', 'HEAD'] },
]

/** A workspace with the files, and the context in it. Its name is what git says where there is no repository. */
const prepare = async ({ make, context }: (typeof places)[number]) => {
  const workspace = join(folder, 'not a git repository')
  await make(workspace)
  return { workspace, context: join(workspace, context) }
}

describe.each(places)('files that are like a repository, $where', place => {
  test('have a plain git run a command', async () => {
    const { context } = await prepare(place)
    await git(context, ...place.asks).catch(() => {})
    expect(existsSync(ran)).toBe(true)
  })

  test.each([
    { command: 'release', run: '2.3.4' },
    { command: 'release', run: 'main' },
    { command: 'build', run: '2.3.4' },
  ])('run nothing, and are not built: $command of 2.3.4 in a run for $run', async ({ command, run }) => {
    const { context, workspace } = await prepare(place)
    const { error } = await bench.run({ command, context, tag: '2.3.4' }, { workspace, tag: run })
    expect(error).toMatchObject({ name: 'wrong-commit', what: expect.stringContaining('bareRepository') })
    expect(existsSync(ran)).toBe(false)
    expect(bench.written()).toEqual([])
  })
})
