import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { findReleases } from '../../sandbox/debian.ts'
import { libraryPath } from '../../sandbox/libraries.ts'
import { fetchPackages } from '../../sandbox/packages.ts'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { COMMIT, runStep } from './action.ts'
import { type Ended, stableRelease } from './command-line.ts'
import { snapshot } from './files.ts'
import { imagesAt } from './image.ts'

const USERNAME = 'robot$project+name'
const PASSWORD = 'p\'a"s$s`id`;&|<>*?\\ %41'

/**
 * Puts this distribution's podman into a folder, under the name docker as its package podman-docker does, with
 * all its state and configuration there. Gives back the environment that leads to it.
 */
const installPodman = async (folder: string, insecure: readonly Registry[]): Promise<NodeJS.ProcessEnv> => {
  const { own } = findReleases()
  const root = await fetchPackages({ release: own, packages: ['podman'], dependencies: true })
  const at = (...parts: string[]): string => join(folder, ...parts)
  const home = at('home')
  for (const each of ['bin', 'home/.config/containers', 'runtime']) await mkdir(at(each), { recursive: true })
  await chmod(at('runtime'), 0o700)
  const files: Record<string, string> = {
    'home/.config/containers/policy.json': '{"default":[{"type":"insecureAcceptAnything"}]}',
    'containers.conf': [
      '[engine]',
      'cgroup_manager = "cgroupfs"',
      'events_logger = "file"',
      `conmon_path = ["${root}/usr/bin/conmon"]`,
      `helper_binaries_dir = ["${root}/usr/lib/podman"]`,
      'runtime = "crun"',
      '[engine.runtimes]',
      `crun = ["${root}/usr/bin/crun"]`,
      '[network]',
      `network_config_dir = "${at('networks')}"`,
    ].join('\n'),
    'storage.conf': `[storage]\ndriver = "vfs"\nrunroot = "${at('run')}"\ngraphroot = "${at('graph')}"\n`,
    'registries.conf': insecure
      .map(({ host }) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`)
      .join(''),
  }
  for (const [path, content] of Object.entries(files)) await writeFile(at(path), content)
  const libraries = await libraryPath(root)
  await writeFile(
    at('bin/docker'),
    [
      '#!/bin/sh',
      // As podman-docker does.
      'echo "Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg." >&2',
      `echo "$@" >> '${at('calls')}'`,
      `export LD_LIBRARY_PATH='${libraries}'`,
      // What it keeps outside of its storage is not for this machine: in its own mount namespace that ends with it.
      `exec unshare --mount -- sh -c 'for each in /run /dev/shm /var/lib; do mount --no-mtab -t tmpfs tmpfs $each || exit; done; exec "$@"' sh '${root}/usr/bin/podman' "$@"`,
    ].join('\n'),
    { mode: 0o755 },
  )
  return {
    PATH: `${at('bin')}:${process.env.PATH}`,
    HOME: home,
    XDG_RUNTIME_DIR: at('runtime'),
    CONTAINERS_CONF: at('containers.conf'),
    CONTAINERS_STORAGE_CONF: at('storage.conf'),
    CONTAINERS_REGISTRIES_CONF: at('registries.conf'),
    TMPDIR: tmpdir(),
  }
}

let folder: string
let open: Registry
let closed: Registry
let env: NodeJS.ProcessEnv
let workspace: string
let service: string
let number = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podman-'))
  open = await startRegistry()
  closed = await startRegistry({ auth: { kind: 'htpasswd', users: { [USERNAME]: PASSWORD } } })
  env = await installPodman(folder, [open, closed])
  workspace = join(folder, 'workspace')
  await writeSampleContext(workspace, { lines: ['ARG TAG', 'ENV RELEASED=$TAG'] })
}, 600_000)
afterAll(async () => {
  await Promise.all([open?.stop(), closed?.stop()])
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  number += 1
  service = `service-${number}`
})

const docker = (...args: string[]): Promise<string> => run('docker', args, { env })
const call = (args: readonly string[], input = ''): Promise<Ended> =>
  stableRelease(args, { env, cwd: workspace, input })
const expectPublished = async ({ storage }: Registry): Promise<string> => {
  const repository = `cmsweb/${service}`
  const tags = ['2.3.4', '2.3.4-stable']
  expect(await listTags(storage, repository)).toEqual(tags)
  const digests = await Promise.all(tags.map(tag => readTag(storage, repository, tag)))
  expect(new Set(digests).size).toBe(1)
  const digest = digests[0] ?? ''
  expect((await imagesAt(storage, digest))[0]?.env).toContain(`RELEASED=${tags[0]}`)
  return digest
}

test('the action releases, and goes on where it stopped', async () => {
  const inputs = { service, registry: open.host, project: 'cmsweb' }
  const step = () => runStep({ tag: '2.3.4', env, workspace, with: inputs })
  const released = await step()
  expect(released, released.log).toMatchObject({ exitCode: 0, leftBehind: [] })
  const digest = await expectPublished(open)
  expect(released.outputs).toMatchObject({ digest, reference: `${open.host}/cmsweb/${service}@${digest}` })
  const [stored] = await imagesAt(open.storage, digest)
  expect(stored?.labels).toMatchObject({ 'org.opencontainers.image.revision': COMMIT })
  const again = await step()
  expect(again, again.log).toMatchObject({ exitCode: 0, outputs: { digest } })
})

test('builds, and pushes what was built', async () => {
  const built = await call(['build', service, '2.3.4', open.host])
  expect(built, built.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
  expect(await listTags(open.storage, `cmsweb/${service}`)).toEqual([])
  const pushed = await call(['push', service, '2.3.4', open.host])
  expect(pushed, pushed.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
  expect(pushed.stdout).toContain(await expectPublished(open))
})

test('push finds nothing under names that only look alike', async () => {
  const image = `${open.host}/cmsweb/${service}`
  const expectRefused = async (exitCode: number, fact: string): Promise<void> => {
    const ended = await call(['push', service, '2.3.4', open.host])
    expect(ended, ended.stderr).toMatchObject({ exitCode, leftBehind: [] })
    expect(ended.stderr).toContain(fact)
  }
  for (const tag of ['2.3.4.1', '12.3.4'])
    expect(await call(['build', service, tag, open.host])).toMatchObject({ exitCode: 0 })
  await expectRefused(1, `${image}:2.3.4.`)
  await call(['build', service, '2.3.4', open.host])
  await docker('image', 'rm', `${image}:2.3.4-stable`)
  await expectRefused(2, `${image}:2.3.4-stable`)
  await docker('tag', `${image}:12.3.4`, `${image}:2.3.4-stable`)
  await expectRefused(1, '#images-differ')
  expect(await listTags(open.storage, `cmsweb/${service}`)).toEqual([])
})

describe('a registry with a login', () => {
  test('takes the password that is given, which nobody else sees and podman does not keep', async () => {
    const before = await snapshot(join(folder, 'home'))
    const account = ['--username', USERNAME, '--password-stdin']
    const order = ['release', service, '2.3.4', closed.host, 'cmsweb', '--debug']
    const released = await call([...order, ...account], PASSWORD)
    expect(released, released.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
    await expectPublished(closed)
    const calls = await readFile(join(folder, 'calls'), 'utf8')
    expect(calls).toContain(`login --username ${USERNAME} --password-stdin ${closed.host}\n`)
    expect(calls).not.toContain(PASSWORD)
    expect(released.stderr).not.toContain(PASSWORD)
    expect(await snapshot(join(folder, 'home'))).toEqual(before)
    expect(await snapshot(join(folder, 'runtime'))).not.toHaveProperty('containers/auth.json')
  })

  test("takes podman's own login, kept where docker keeps its", async () => {
    const config = join(folder, 'home/.docker')
    await mkdir(config)
    const file = join(config, 'config.json')
    const login = ['login', '--username', USERNAME, '--password-stdin', '--authfile', file, closed.host]
    await run('docker', login, { env, input: PASSWORD })
    expect(await readFile(file, 'utf8')).toContain(closed.host)
    const released = await call(['release', service, '2.3.4', closed.host, 'cmsweb'])
    await rm(config, { recursive: true })
    expect(released, released.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
    await expectPublished(closed)
  })
})
