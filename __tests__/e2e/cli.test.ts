import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type Bench, startBench } from './bench.ts'
import { type Ended, stableRelease } from './command-line.ts'
import { imagesAt } from './image.ts'
import { writesTo } from './requests.ts'

let number = 0
const newService = (): string => {
  number += 1
  return `service-${number}`
}

// Whoever called docker.sh changes the name of the program, and nothing else.
describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: false },
] as const)(
  'in place of docker.sh, an engine with the $store store, buildx: $buildx',
  ({ store, buildx }) => {
    let bench: Bench
    let folder: string
    let service: string
    beforeAll(async () => {
      bench = await startBench({
        engine: { store, buildx },
        context: { lines: ['ARG TAG', 'ENV RELEASED=$TAG'] },
      })
      folder = await mkdtemp(join(tmpdir(), 'cli-'))
    })
    afterAll(async () => {
      await bench.stop()
      await rm(folder, { recursive: true })
    })
    beforeEach(() => {
      service = newService()
    })

    const docker = (...args: string[]): Promise<string> => run('docker', args, { env: bench.env })
    const call = (...args: string[]): Promise<Ended> => callIn(join(bench.workspace, 'service'), ...args)
    const callIn = (cwd: string, ...args: string[]): Promise<Ended> =>
      stableRelease(args, { env: bench.env, cwd })
    const image = (project = 'cmsweb'): string => `${bench.registry.host}/${project}/${service}`
    const published = (project = 'cmsweb'): Promise<string[]> =>
      listTags(bench.registry.storage, `${project}/${service}`)
    const idOf = (reference: string): Promise<string> =>
      docker('image', 'inspect', '--format={{.Id}}', reference)
    const localTags = async (): Promise<string[]> =>
      (await docker('image', 'ls', '--format={{.Repository}}:{{.Tag}}'))
        .split('\n')
        .filter(name => name.startsWith(`${image()}:`))
        .map(name => name.slice(image().length + 1))
        .toSorted()

    test('a build that can not print its result does not say that anything is published', async () => {
      const cwd = join(bench.workspace, 'service')
      const args = ['build', service, '2.3.4', bench.registry.host]
      const ended = await stableRelease(args, { env: bench.env, cwd, stdout: '/dev/full' })
      expect(ended).toMatchObject({ exitCode: 1, leftBehind: [] })
      expect(ended.stderr).toContain('no space left on device')
      expect(ended.stderr).not.toContain('Published')
      expect(await published()).toEqual([])
    })

    test('build and push: the tag and the stable tag are one image', async () => {
      const { host, storage } = bench.registry
      const built = await call('build', service, '2.3.4', host)
      expect(built, built.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
      expect(built.stdout).toMatch(/^\S+\n +2\.3\.4 +built.*\n +2\.3\.4-stable .*\n$/)
      expect(built.stdout.startsWith(`${image()}\n`)).toBe(true)
      expect(await localTags()).toEqual(['2.3.4', '2.3.4-stable'])
      expect(await idOf(`${image()}:2.3.4-stable`)).toBe(await idOf(`${image()}:2.3.4`))
      expect(await published()).toEqual([])

      const pushed = await call('push', service, '2.3.4', host)
      expect(pushed, pushed.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
      expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])
      const digest = await readTag(storage, `cmsweb/${service}`, '2.3.4')
      expect(await readTag(storage, `cmsweb/${service}`, '2.3.4-stable')).toBe(digest)
      expect(pushed.stdout).toMatch(/^\S+\n +2\.3\.4 +\S.*\n +2\.3\.4-stable .*copied.*\n$/)
      expect(pushed.stdout.startsWith(`${image()}@${digest}\n`)).toBe(true)
      expect((await imagesAt(storage, digest ?? ''))[0]?.env).toContain('RELEASED=2.3.4')

      const writes = await writesTo(bench.registry, `cmsweb/${service}`)
      const again = await call('push', service, '2.3.4', host)
      expect(again, again.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
      expect(again.stdout).not.toMatch(/built|pushed|copied/)
      expect(await writesTo(bench.registry, `cmsweb/${service}`)).toEqual(writes)
    })

    test('a push that stopped halfway goes on, and another build of the version does not', async () => {
      const { host } = bench.registry
      await call('build', service, '2.3.4', host)
      await docker('push', `${image()}:2.3.4`)
      expect(await published()).toEqual(['2.3.4'])
      const pushed = await call('push', service, '2.3.4', host)
      expect(pushed, pushed.stderr).toMatchObject({ exitCode: 0 })
      expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])

      const other = await call('build', service, '2.3.4', host, '--build-args', 'OTHER=1', '--labels', 'a=b')
      expect(other, other.stderr).toMatchObject({ exitCode: 0 })
      const refused = await call('push', service, '2.3.4', host)
      expect(refused).toMatchObject({ exitCode: 1, stdout: '' })
      expect(refused.stderr).toContain('2.3.4 is there already')
      expect(refused.stderr).toMatch(/--on-existing (?:reuse|overwrite)/)
      expect(refused.stderr).not.toContain('on-existing:')
      expect(refused.stderr).toContain('without the label of its revision')
    })

    test.each([
      { tag: '2.3.5rc1', tags: ['2.3.5rc1'] },
      { tag: '1.4.0.pre2', tags: ['1.4.0.pre2'] },
      { tag: '2.3.4.1', tags: ['2.3.4.1', '2.3.4.1-stable'] },
    ])('$tag is published as $tags, in the project that is given', async ({ tag, tags }) => {
      for (const command of ['build', 'push']) {
        const ended = await call(command, service, tag, bench.registry.host, 'cmswmcore')
        expect(ended, ended.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
      }
      expect(await published('cmswmcore')).toEqual(tags)
      expect(await published()).toEqual([])
    })

    test('a build that fails is a failure, and leaves nothing to push', async () => {
      const broken = join(folder, 'broken')
      await writeSampleContext(broken, { lines: ['COPY nowhere /'] })
      const { host } = bench.registry
      const built = await callIn(broken, 'build', service, '2.3.4', host)
      expect(built).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      // Docker's own words, and ours below them.
      expect(built.stderr).toMatch(/nowhere[\s\S]*\nerror: .*2\.3\.4 failed/)
      expect(await localTags()).toEqual([])
      const pushed = await callIn(broken, 'push', service, '2.3.4', host)
      expect(pushed).toMatchObject({ exitCode: 1, stdout: '' })
      expect(await published()).toEqual([])
    })

    test('2.3.4 is found neither in 2.3.4.1 nor in 12.3.4', async () => {
      const { host } = bench.registry
      for (const tag of ['2.3.4.1', '12.3.4', '2.3.4rc1']) {
        expect(await call('build', service, tag, host)).toMatchObject({ exitCode: 0 })
      }
      const pushed = await call('push', service, '2.3.4', host)
      expect(pushed).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      expect(pushed.stderr).toContain(`The engine has no image ${image()}:2.3.4.`)
      expect(await published()).toEqual([])
    })

    test('without the stable tag the exit status is 2, and nothing is pushed', async () => {
      const { host } = bench.registry
      await call('build', service, '2.3.4', host)
      await docker('image', 'rm', `${image()}:2.3.4-stable`)
      const pushed = await call('push', service, '2.3.4', host)
      expect(pushed).toMatchObject({ exitCode: 2, stdout: '', leftBehind: [] })
      expect(pushed.stderr).toContain(`The engine has no image ${image()}:2.3.4-stable.`)
      expect(await published()).toEqual([])
    })

    test('local tags that are two images are refused', async () => {
      const { host } = bench.registry
      await call('build', service, '2.3.4', host)
      await call('build', service, '2.3.5', host)
      await docker('tag', `${image()}:2.3.5`, `${image()}:2.3.4-stable`)
      const pushed = await call('push', service, '2.3.4', host)
      expect(pushed).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      expect(pushed.stderr).toContain('they are not the same image')
      expect(await published()).toEqual([])
    })

    test('another directory and another Dockerfile can be built', async () => {
      const place = join(folder, 'place')
      await writeSampleContext(join(place, 'docker'), {
        lines: ['ENV FILE=usual'],
        files: { 'Other.dockerfile': 'FROM scratch\nARG MORE\nENV FILE=other MORE=$MORE\nCOPY busybox /\n' },
      })
      const { host, storage } = bench.registry
      const options = [
        '--context',
        'docker',
        '--file=docker/Other.dockerfile',
        '--build-args',
        'MORE=than one',
      ]
      expect(await callIn(place, 'build', service, '2.3.4', host, ...options)).toMatchObject({ exitCode: 0 })
      expect(await callIn(place, 'push', service, '2.3.4', host)).toMatchObject({ exitCode: 0 })
      const digest = (await readTag(storage, `cmsweb/${service}`, '2.3.4')) ?? ''
      expect((await imagesAt(storage, digest))[0]?.env).toEqual(
        expect.arrayContaining(['FILE=other', 'MORE=than one']),
      )
    })

    test('--json is what machines read, and standard error has the rest', async () => {
      const { host, storage } = bench.registry
      const built = await call('build', service, '2.3.4', host, '--json')
      expect(JSON.parse(built.stdout)).toMatchObject({
        command: 'build',
        services: [
          {
            image: image(),
            tags: [
              { tag: '2.3.4', outcome: 'built' },
              { tag: '2.3.4-stable', outcome: 'built', stable: true },
            ],
          },
        ],
      })
      const pushed = await call('push', service, '2.3.4', host, '--json')
      expect(JSON.parse(pushed.stdout)).toMatchObject({
        command: 'push',
        services: [
          {
            digest: await readTag(storage, `cmsweb/${service}`, '2.3.4'),
            tags: [{ outcome: 'built' }, { outcome: 'copied', reference: `${image()}:2.3.4-stable` }],
          },
        ],
      })
      for (const { stdout, stderr } of [built, pushed]) {
        expect(stdout.trimEnd()).not.toContain('\n')
        expect(stderr).toContain('2.3.4 is matched by rule final')
        expect(stderr).not.toMatch(/^(?:::|debug:)/m)
        expect(stderr).not.toContain('\u001b')
      }
    })

    test('a place without a Dockerfile is a wrong call', async () => {
      const empty = join(folder, 'empty')
      await mkdir(empty, { recursive: true })
      await writeFile(join(empty, 'other'), '')
      const built = await callIn(empty, 'build', service, '2.3.4', bench.registry.host)
      expect(built).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
      expect(built.stderr).toMatch(/^error: --context is "\.": it has no Dockerfile\. .*--file\.\n$/)
    })
  },
)
