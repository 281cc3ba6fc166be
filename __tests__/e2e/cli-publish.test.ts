import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags, readBlob, readTag } from '../../sandbox/storage.ts'
import { bundle } from '../cli/bundle.ts'
import { type Bench, startBench, withoutDocker } from './bench.ts'
import { type CommandLine, type Ended, stableRelease } from './command-line.ts'
import { type Exchange, type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { snapshot } from './files.ts'
import { imagesAt } from './image.ts'
import { listProcesses, withWatch } from './processes.ts'
import { writesTo } from './requests.ts'
import { CACHE_CONFIG, seed } from './seed.ts'

let bench: Bench
let folder: string
let noDocker: NodeJS.ProcessEnv
let service: string
let number = 0
beforeAll(async () => {
  bench = await startBench({ context: { lines: ['ARG TAG', 'ENV RELEASED=$TAG'] } })
  folder = await mkdtemp(join(tmpdir(), 'cli-'))
  noDocker = await withoutDocker(folder)
})
afterAll(async () => {
  await bench.stop()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  number += 1
  service = `service-${number}`
})

const call = (args: readonly string[], more: Partial<CommandLine> = {}): Promise<Ended> =>
  stableRelease(args, { env: bench.env, cwd: join(bench.workspace, 'service'), ...more })
const image = (): string => `${bench.registry.host}/cmsweb/${service}`
const digestOf = (tag: string) => readTag(bench.registry.storage, `cmsweb/${service}`, tag)
const published = () => listTags(bench.registry.storage, `cmsweb/${service}`)
const labelsOf = async (tag: string): Promise<Readonly<Record<string, string>>> => {
  const [stored] = await imagesAt(bench.registry.storage, (await digestOf(tag)) ?? '')
  return stored?.labels ?? {}
}

describe('release', () => {
  test('publishes the tag and the stable tag with one digest, and keeps them', async () => {
    const args = ['release', service, '2.3.4', bench.registry.host, 'cmsweb']
    const released = await call([...args, '--json'])
    expect(released, released.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
    const digest = await digestOf('2.3.4')
    expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])
    expect(await digestOf('2.3.4-stable')).toBe(digest)
    expect(JSON.parse(released.stdout)).toMatchObject({
      command: 'release',
      services: [{ digest, tags: [{ outcome: 'built' }, { outcome: 'copied' }] }],
    })
    expect(await labelsOf('2.3.4')).toEqual({
      'org.opencontainers.image.title': service,
      'org.opencontainers.image.version': '2.3.4',
      'org.opencontainers.image.ref.name': '2.3.4',
      'io.github.dmwm.stable-release.context.source': 'https://github.com/dmwm/cmskubernetes',
      'io.github.dmwm.stable-release.context.revision': expect.stringMatching(/^[0-9a-f]{40}$/),
    })

    const writes = await writesTo(bench.registry, `cmsweb/${service}`)
    expect(await call(args)).toMatchObject({ exitCode: 1, stdout: '' })
    const again = await call([...args, '--on-existing', 'reuse'])
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(`^${image()}@${digest}\n`) })
    expect(await writesTo(bench.registry, `cmsweb/${service}`)).toEqual(writes)
  })

  test('shows what docker says, with the debug lines that are asked for', async () => {
    const args = ['release', service, '2.3.5rc1', bench.registry.host, 'cmsweb', '--debug']
    const { exitCode, stdout, stderr } = await call(args)
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/^debug: docker buildx build /m)
    expect(stderr).toMatch(/^#\d+ .*pushing manifest for /m)
    expect(stdout).toMatch(/^\S+@sha256:[0-9a-f]{64}\n +2\.3\.5rc1 +built\n$/)
  })

  test('takes from a runner which repository the git tag is of, and tells it nothing', async () => {
    const files = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'].map(
      name => [name, join(folder, name)] as const,
    )
    for (const [, file] of files) await writeFile(file, '')
    const env = {
      ...bench.env,
      ...Object.fromEntries(files),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REF_NAME: '9.9.9',
      GITHUB_SHA: 'f'.repeat(40),
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_API_URL: 'http://127.0.0.1:1',
      GITHUB_REPOSITORY: 'dmwm/Other',
      GITHUB_TOKEN: 'some token',
      GITHUB_WORKSPACE: '/nowhere',
      RUNNER_TEMP: '/nowhere',
      RUNNER_DEBUG: '1',
      INPUT_TAG: '8.8.8',
      'INPUT_ON-EXISTING': 'nonsense',
    }
    for (const command of ['release', 'verify', 'promote']) {
      const ended = await call([command, service, '2.3.4', bench.registry.host, 'cmsweb'], { env })
      expect(ended, ended.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
      expect(ended.stdout + ended.stderr).not.toMatch(/^(?:::|debug:)/m)
    }
    expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])
    expect(Object.keys(await labelsOf('2.3.4'))).not.toContain('org.opencontainers.image.revision')
    expect(await labelsOf('2.3.4')).toMatchObject({
      'org.opencontainers.image.source': 'https://github.com/dmwm/Other',
    })
    for (const [, file] of files) expect(await readFile(file, 'utf8')).toBe('')
  })

  describe('through a door that misbehaves', () => {
    let door: FaultProxy
    beforeAll(async () => {
      door = await startFaultProxy({ registry: bench.registry.url, realm: 'http://127.0.0.1:1', service: '' })
    })
    afterAll(() => door?.stop())

    test.each([
      { call: 'put', fault: '403', says: '403' },
      { call: 'head again', fault: '429 for long', says: '429' },
    ] as const)('says what is published when $call fails', async ({ call: where, fault, says }) => {
      door.begin({ injection: { call: where, fault, times: 'always' } })
      const ended = await call(['release', service, '2.3.4', door.host, 'cmsweb'])
      expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      const first = `${door.host}/cmsweb/${service}:2\\.3\\.4`
      expect(ended.stderr).toMatch(new RegExp(`^Published by now: ${first}\nerror: .* ${says}`, 'm'))
      expect(await published()).toEqual(['2.3.4'])
    })

    /** Whenever docker has given the first tag to something, it is given to something else. */
    const afterEachPush = (replacement: (digest: string) => Promise<string>): void => {
      const tag = `docker/registry/v2/repositories/cmsweb/${service}/_manifests/tags/2.3.4`
      const written = async ({ asker, path }: Exchange): Promise<void> => {
        if (asker !== 'engine' || !path.endsWith('/manifests/2.3.4')) return
        const link = join(bench.registry.storage, tag, 'current/link')
        await writeFile(link, await replacement((await digestOf('2.3.4')) ?? ''))
      }
      door.begin({ watch: { written } })
    }

    test('an index of which docker pushed but a part is given the tag', async () => {
      let index = ''
      afterEachPush(async digest => {
        const { manifests } = JSON.parse((await readBlob(bench.registry.storage, digest)).toString())
        if (manifests === undefined) return digest
        index = digest
        return manifests[0].digest
      })
      const ended = await call(['release', service, '2.3.4', door.host, 'cmsweb'])
      expect(ended, ended.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
      expect(index).toMatch(/^sha256:/)
      for (const tag of ['2.3.4', '2.3.4-stable']) expect(await digestOf(tag)).toBe(index)
    })

    test('what is under the tag after the push is not taken for what was built', async () => {
      const other = await seed(bench.registry, `cmsweb/${service}`, 'other')
      afterEachPush(async () => other)
      const ended = await call(['release', service, '2.3.4', door.host, 'cmsweb'])
      expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      expect(ended.stderr).toMatch(
        new RegExp(`^error: .* was pushed as sha256:[0-9a-f]{64}, and the registry has ${other} there`, 'm'),
      )
      expect(await published()).toEqual(['2.3.4', 'other'])
    })

    test('says that the tag is there when it can not be read back', async () => {
      door.begin({ injection: { call: 'read back', fault: '403', times: 'always' } })
      const ended = await call(['release', service, '2.3.4', door.host, 'cmsweb'])
      expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      const first = `${door.host}/cmsweb/${service}:2\\.3\\.4`
      expect(ended.stderr).toMatch(
        new RegExp(`^In the registry now, not read back: ${first}\nerror: .* 403`, 'm'),
      )
      expect(ended.stderr).not.toContain('Published by now')
      expect(await published()).toEqual(['2.3.4'])
    })

    /** While the first tag is read back, the stable tag becomes what is under the tag `other`. */
    const whileReadBack = (): void => {
      const { storage } = bench.registry
      const tags = join(storage, `docker/registry/v2/repositories/cmsweb/${service}/_manifests/tags`)
      const answered = ({ call: which }: Exchange): boolean => {
        if (which === 'read back')
          cpSync(join(tags, 'other'), join(tags, '2.3.4-stable'), { recursive: true })
        return true
      }
      door.begin({ watch: { answered } })
    }

    test('gives the tag back to nothing that is not an image', async () => {
      const cache = await seed(bench.registry, `cmsweb/${service}`, 'other', { config: CACHE_CONFIG })
      whileReadBack()
      const ended = await call(['release', service, '2.3.4', door.host, 'cmsweb'])
      expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      expect(ended.stderr).toMatch(
        new RegExp(
          `^error: .*2\\.3\\.4-stable became ${cache} .* It is not an image, so 2\\.3\\.4 stays`,
          'm',
        ),
      )
      expect(ended.stderr).toMatch(/^Published by now: .*:2\.3\.4$/m)
      expect(await digestOf('2.3.4')).not.toBe(cache)
    })

    test('gives the tag back to a run that was faster while its own was read back', async () => {
      await seed(bench.registry, `cmsweb/${service}`, 'other')
      whileReadBack()
      const ended = await call(['release', service, '2.3.4', door.host, 'cmsweb'])
      expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      expect(ended.stderr).toMatch(
        /^error: .*2\.3\.4-stable became sha256:.* 2\.3\.4 was given back to it\./m,
      )
      expect(ended.stderr).not.toContain('Published by now')
      for (const tag of ['2.3.4', '2.3.4-stable']) expect(await digestOf(tag)).toBe(await digestOf('other'))
    })
  })
})

describe('the commit that is built', () => {
  const git = (cwd: string, ...args: string[]): Promise<string> =>
    run('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.ch', ...args], { cwd })
  /** A checkout of a repository whose folder `service` can be built, at its git tag 2.3.4. */
  const checkout = async (): Promise<{ root: string; commit: string }> => {
    const root = await mkdtemp(join(folder, 'checkout-'))
    await writeSampleContext(join(root, 'service'), { files: { '.gitignore': 'ignored\n' } })
    await writeFile(join(root, 'notes'), 'one\n')
    await git(root, 'init', '--quiet')
    await git(root, 'add', '.')
    await git(root, 'commit', '--quiet', '--message=one')
    // Annotated: what counts is the commit, not the object of the tag.
    await git(root, 'tag', '--annotate', '--message=release', '2.3.4')
    return { root, commit: (await git(root, 'rev-parse', 'HEAD')).trim() }
  }
  const release = (cwd: string, tag = '2.3.4', ...args: string[]): Promise<Ended> =>
    call(['release', service, tag, bench.registry.host, 'cmsweb', ...args], { cwd })
  const revision = async (tag = '2.3.4') => (await labelsOf(tag))['org.opencontainers.image.revision']

  test('is that of a checkout at the git tag, so that the release can be run again', async () => {
    const { root, commit } = await checkout()
    await writeFile(join(root, 'notes'), 'two, which is not built\n')
    await writeFile(join(root, 'service/ignored'), '')
    const released = await release(join(root, 'service'))
    expect(released, released.stderr).toMatchObject({ exitCode: 0 })
    expect(released.stderr).not.toContain('warning:')
    expect(await revision()).toBe(commit)
    const again = await release(root, '2.3.4', '--context=service')
    expect(again, again.stderr).toMatchObject({ exitCode: 0 })
  })

  test.each([
    {
      title: 'has changes, which are named',
      change: (root: string) =>
        writeFile(join(root, 'service/Dockerfile'), 'FROM scratch\nCOPY busybox /b\n'),
      says: 'warning: Files were changed after the checkout: They are built as they are now, not as the commit has them: service/Dockerfile.',
    },
    {
      title: 'has a new file',
      change: (root: string) => writeFile(join(root, 'service/new'), ''),
      says: undefined,
    },
    {
      title: 'has a changed Dockerfile outside of what is built',
      change: (root: string) => writeFile(join(root, 'notes'), 'FROM scratch\nCOPY busybox /b\n'),
      args: ['--file=../notes'],
      says: 'not as the commit has them: notes.',
    },
  ])('is that of the git tag when the checkout $title', async ({ change, says, args = [] }) => {
    const { root, commit } = await checkout()
    await change(root)
    const released = await release(join(root, 'service'), '2.3.4', ...args)
    expect(released, released.stderr).toMatchObject({ exitCode: 0 })
    if (says === undefined) expect(released.stderr).not.toContain('warning:')
    else expect(released.stderr).toContain(says)
    expect(await revision()).toBe(commit)
  })

  test('is not known to a checkout without the git tag, as one of another repository', async () => {
    const { root } = await checkout()
    const released = await release(join(root, 'service'), '2.3.5')
    expect(released, released.stderr).toMatchObject({ exitCode: 0 })
    expect(released.stderr).toContain('warning: The commit of the git tag is not known:')
    expect(await revision('2.3.5')).toBeUndefined()
  })
})

describe('promote and verify need no docker', () => {
  const later = ['--stable', 'on-promotion']

  test('a published image is promoted, by its digest', async () => {
    const digest = await seed(bench.registry, `cmsweb/${service}`, '2.3.4')
    const order = [service, '2.3.4', bench.registry.host, 'cmsweb']
    const withoutIt = { env: noDocker }
    expect(await call(['verify', ...order], withoutIt)).toMatchObject({ exitCode: 1 })
    expect(await call(['verify', ...order, ...later], withoutIt)).toMatchObject({ exitCode: 0 })

    const other = `sha256:${'0'.repeat(64)}`
    const refused = await call(['promote', ...order, '--digest', other], withoutIt)
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' })
    expect(await published()).toEqual(['2.3.4'])

    const promoted = await call(['promote', ...order, '--digest', digest, '--json'], withoutIt)
    expect(promoted, promoted.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
    expect(JSON.parse(promoted.stdout)).toMatchObject({
      command: 'promote',
      services: [{ digest, tags: [{ outcome: 'kept' }, { tag: '2.3.4-stable', outcome: 'copied' }] }],
    })
    expect(await digestOf('2.3.4-stable')).toBe(digest)
    const verified = await call(['verify', ...order], withoutIt)
    expect(verified).toMatchObject({ exitCode: 0, leftBehind: [] })
    expect(verified.stdout).toMatch(/ 2\.3\.4 +as planned\n +2\.3\.4-stable .*as planned/)
  })

  test('what is not as planned is printed all the same, and is a failure', async () => {
    await seed(bench.registry, `cmsweb/${service}`, '2.3.4')
    const other = await seed(bench.registry, `cmsweb/${service}`, '2.3.4-stable')
    const order = ['verify', service, '2.3.4', bench.registry.host, 'cmsweb']
    const verified = await call(order, { env: noDocker })
    expect(verified).toMatchObject({ exitCode: 1, leftBehind: [] })
    expect(verified.stdout).toMatch(/ 2\.3\.4 +as planned\n +2\.3\.4-stable .*different/)
    expect(verified.stdout).toContain(other)
    expect(verified.stderr).toMatch(/^error: .* is not as planned for 2\.3\.4/m)
    const json = await call([...order, '--json'], { env: noDocker })
    expect(json.exitCode).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({
      services: [{ tags: [{ outcome: 'kept' }, { outcome: 'different' }] }],
    })
  })

  test('what is not there is printed too', async () => {
    const verified = await call(['verify', service, '2.3.4', bench.registry.host, 'cmsweb'], {
      env: noDocker,
    })
    expect(verified).toMatchObject({ exitCode: 1, leftBehind: [] })
    expect(verified.stdout).toMatch(/ 2\.3\.4 +missing\n +2\.3\.4-stable .*missing/)
  })

  test('the others say that there is none', async () => {
    for (const command of ['release', 'build', 'push']) {
      const ended = await call([command, service, '2.3.4', bench.registry.host, 'cmsweb'], { env: noDocker })
      expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      expect(ended.stderr).toContain('error: There is no docker command')
    }
  })
})

describe('Ctrl-C', () => {
  const duration = `${process.pid}.25`
  const patience = { timeout: 30_000, interval: 50 }
  const building = () => ({
    docker: listProcesses().filter(({ command }) => command.includes(`/cmsweb/${service}:`)),
    step: listProcesses().filter(({ command }) => command.endsWith(`sleep ${duration}`)),
  })
  let sleeper: string
  beforeAll(async () => {
    sleeper = join(folder, 'sleeper')
    await writeSampleContext(sleeper, { lines: [`RUN ["/bin/busybox", "sleep", "${duration}"]`] })
  })

  test.each([
    { command: 'build', signal: 'SIGINT' },
    { command: 'release', signal: 'SIGINT' },
    { command: 'release', signal: 'SIGTERM' },
  ] as const)('$signal ends $command, and everything with it', async ({ command, signal }) => {
    let sent = Promise.resolve()
    const ended = await call(
      [command, service, '2.3.4', bench.registry.host, 'cmsweb', '--build-options=--network=host'],
      {
        cwd: sleeper,
        onStart: ({ kill }) => {
          sent = vi
            .waitFor(() => {
              expect(building().docker).not.toEqual([])
              expect(building().step).not.toEqual([])
            }, patience)
            .finally(() => kill(signal))
        },
      },
    )
    await sent
    // By the signal itself: a shell's loop around it ends, too.
    expect(ended, ended.stderr).toMatchObject({ exitCode: null, signal, stdout: '', leftBehind: [] })
    expect(ended.stderr).toMatch(new RegExp(`^error: .*interrupted by ${signal}\\. Run it again`, 'm'))
    expect(building().docker.filter(({ command }) => !command.includes('vitest'))).toEqual([])
    await vi.waitFor(() => expect(building().step).toEqual([]), patience)
    expect(await published()).toEqual([])
  })

  test('a wait for a password ends at once', async () => {
    const order = [
      'verify',
      service,
      '2.3.4',
      bench.registry.host,
      'cmsweb',
      '--username=bob',
      '--password-stdin',
    ]
    const child = spawn(process.execPath, [bundle, ...order], { env: bench.env })
    // It says nothing while it waits; sent earlier, the signal ends it just the same.
    setTimeout(() => child.kill('SIGINT'), 2_000)
    expect(await once(child, 'close')).toEqual([null, 'SIGINT'])
  })

  test('explain ends at once', async () => {
    const child = spawn(process.execPath, [bundle, 'explain', '--json'], { env: bench.env })
    child.stdin.write('1.2.3\n')
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([null, 'SIGINT'])
  })
})

describe('the password', () => {
  const username = 'robot$project+name'
  const password = 'p\'a"s$s`id`;&|<>*?\\ %41 ünd'
  let closed: Bench
  beforeAll(async () => {
    closed = await startBench({
      registry: { auth: { kind: 'htpasswd', users: { [username]: password } } },
      context: { lines: ['RUN ["/bin/busybox", "sleep", "0.2"]'] },
    })
  })
  afterAll(() => closed?.stop())

  const SECRETS = [password, Buffer.from(password), Buffer.from(`${username}:${password}`)].map(secret =>
    secret.toString('base64').replace(/=+$/, ''),
  )
  const shown = (text: string): string[] => [password, ...SECRETS].filter(secret => text.includes(secret))
  const variable = 'STABLE_RELEASE_PASSWORD'

  test.each([
    { title: 'standard input', args: ['--password-stdin'], input: password, env: {} },
    { title: 'a line of standard input', args: ['--password-stdin'], input: `${password}\n`, env: {} },
    { title: 'the environment', args: [], input: '', env: { [variable]: password } },
    {
      title: 'standard input, which is more than the environment',
      args: ['--password-stdin'],
      input: password,
      env: { [variable]: 'another' },
    },
  ])('from $title is taken, and never shown', async ({ args, input, env }) => {
    const { host, storage } = closed.registry
    const home = await mkdtemp(join(folder, 'home-'))
    const given = ['--username', username, ...args]
    const ends: Ended[] = []
    const { seen } = await withWatch(async () => {
      for (const command of [['release', '--build-options=--network=host'], ['verify'], ['promote']]) {
        const [name = '', ...options] = command
        ends.push(
          await stableRelease([name, service, '2.3.4', host, 'cmsweb', ...options, ...given, '--debug'], {
            env: { ...closed.env, HOME: home, ...env },
            cwd: join(closed.workspace, 'service'),
            input,
          }),
        )
      }
    })
    for (const ended of ends) {
      expect(ended, ended.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
      expect(shown(ended.stdout + ended.stderr)).toEqual([])
    }
    expect(await listTags(storage, `cmsweb/${service}`)).toEqual(['2.3.4', '2.3.4-stable'])
    // The watch was awake: it saw the build.
    expect(seen.some(command => command.includes('--build-arg=TAG=2.3.4'))).toBe(true)
    expect(seen.filter(command => shown(command).length > 0)).toEqual([])
    for (const place of [home, closed.workspace, closed.engine.config]) {
      const files = Object.entries(await snapshot(place))
      expect(
        files.filter(([, content]) => shown(Buffer.from(content, 'latin1').toString()).length > 0),
      ).toEqual([])
    }
  })

  test('is not in the environment of docker', async () => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    const seen = join(bin, 'environment')
    await writeFile(join(bin, 'docker'), `#!/bin/sh\nenv >> '${seen}'\nexit 1\n`, { mode: 0o755 })
    const env = { ...closed.env, PATH: `${bin}:${closed.env.PATH}`, [variable]: password }
    const ended = await call(['build', service, '2.3.4', closed.registry.host, '--username', username], {
      env,
    })
    expect(ended).toMatchObject({ exitCode: 1, leftBehind: [] })
    expect(await readFile(seen, 'utf8')).toContain('DOCKER_CONFIG=')
    expect(shown(await readFile(seen, 'utf8'))).toEqual([])
  })

  test('that is wrong is a failure which does not show it', async () => {
    const ended = await call(
      [
        'release',
        service,
        '2.3.4',
        closed.registry.host,
        'cmsweb',
        '--username',
        username,
        '--password-stdin',
      ],
      { env: closed.env, input: `${password}!` },
    )
    expect(ended).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
    expect(shown(ended.stderr)).toEqual([])
  })
})
