import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type Bench, startBench } from './bench.ts'
import { type Ended, stableRelease } from './command-line.ts'
import { imagesAt } from './image.ts'
import { writesTo } from './requests.ts'

// Whoever called docker.sh changes the name of the program, and nothing else.
describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: false },
] as const)('in place of docker.sh, an engine with the $store store, buildx: $buildx', engine => {
  let bench: Bench
  let service: string
  let number = 0
  beforeAll(async () => {
    bench = await startBench({ engine, context: { lines: ['ARG TAG', 'ENV RELEASED=$TAG', 'ARG MORE'] } })
  })
  afterAll(() => bench?.stop())
  beforeEach(() => {
    number += 1
    service = `service-${number}`
  })

  const docker = (...args: string[]): Promise<string> => run('docker', args, { env: bench.env })
  const call = (command: string, tag: string, ...more: string[]): Promise<Ended> =>
    stableRelease([command, service, tag, bench.registry.host, ...more], {
      env: bench.env,
      cwd: join(bench.workspace, 'service'),
    })
  const succeed = async (command: string, tag: string, ...more: string[]): Promise<Ended> => {
    const ended = await call(command, tag, ...more)
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0, leftBehind: [] })
    return ended
  }
  const image = (): string => `${bench.registry.host}/cmsweb/${service}`
  const published = () => listTags(bench.registry.storage, `cmsweb/${service}`)
  const digestOf = (tag: string) => readTag(bench.registry.storage, `cmsweb/${service}`, tag)
  const localTags = async (): Promise<string[]> =>
    (await docker('image', 'ls', '--format={{.Repository}}:{{.Tag}}'))
      .split('\n')
      .flatMap(name => (name.startsWith(`${image()}:`) ? [name.slice(image().length + 1)] : []))
      .toSorted()

  /** A push that ends so, after which nothing is published. */
  const expectRefused = async (exitCode: number, error: string): Promise<void> => {
    const pushed = await call('push', '2.3.4')
    expect(pushed).toMatchObject({ exitCode, stdout: '', leftBehind: [] })
    expect(pushed.stderr).toContain('error: Nothing was written.\n')
    expect(pushed.stderr).toContain(`#${error}\n`)
    expect(await published()).toEqual([])
  }

  test('build and push: the tag and the stable tag are one image', async () => {
    const built = await succeed('build', '2.3.4')
    expect(built.stdout).toMatch(
      /^\S+\n +2\.3\.4 +built.*\n +2\.3\.4-stable +built.*\n\nBuilt from:\n {2}Dockerfile at .*\n$/,
    )
    expect(built.stdout.startsWith(`${image()}\n`)).toBe(true)
    expect(await localTags()).toEqual(['2.3.4', '2.3.4-stable'])
    expect(await published()).toEqual([])

    const pushed = await succeed('push', '2.3.4')
    expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])
    const digest = await digestOf('2.3.4')
    expect(await digestOf('2.3.4-stable')).toBe(digest)
    expect(pushed.stdout).toMatch(
      /^\S+\n +2\.3\.4 +\S.*\n +2\.3\.4-stable +copied.*\n(?:\nBuilt from:\n.*\n)?$/,
    )
    expect(pushed.stdout.startsWith(`${image()}@${digest}\n`)).toBe(true)
    const [stored] = await imagesAt(bench.registry.storage, digest ?? '')
    expect(stored?.env).toContain('RELEASED=2.3.4')

    const writes = await writesTo(bench.registry, `cmsweb/${service}`)
    const again = await succeed('push', '2.3.4')
    expect(again.stdout).not.toMatch(/built|pushed|copied/)
    expect(await writesTo(bench.registry, `cmsweb/${service}`)).toEqual(writes)
  })

  test('a push that stopped halfway goes on, and another build of the version does not', async () => {
    await succeed('build', '2.3.4')
    await docker('push', `${image()}:2.3.4`)
    expect(await published()).toEqual(['2.3.4'])
    await succeed('push', '2.3.4')
    const digest = await digestOf('2.3.4')
    expect(await digestOf('2.3.4-stable')).toBe(digest)

    await succeed('build', '2.3.4', '--build-args', 'MORE=1', '--labels', 'a=b')
    const refused = await call('push', '2.3.4')
    expect(refused).toMatchObject({ exitCode: 1, stdout: '', leftBehind: [] })
    expect(refused.stderr).toContain('#already-published\n')
    expect(refused.stderr).toContain('on-existing')
    expect(await digestOf('2.3.4')).toBe(digest)
  })

  test('without the stable tag alone the exit status is 2, and local tags that are two images are refused', async () => {
    await succeed('build', '2.3.4')
    await docker('image', 'rm', `${image()}:2.3.4-stable`)
    await expectRefused(2, 'stable-image-missing')
    await succeed('build', '2.3.5')
    await docker('tag', `${image()}:2.3.5`, `${image()}:2.3.4-stable`)
    await expectRefused(1, 'images-differ')
  })
})
