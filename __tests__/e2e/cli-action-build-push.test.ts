import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { COMMIT, type Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { imagesAt } from './image.ts'
import { runImage } from './run-image.ts'

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: true },
  { store: 'classic', buildx: false },
] as const)('build, test and push in one job, store $store, buildx: $buildx', engine => {
  let bench: Bench
  let service: string
  let image: string
  let number = 0
  beforeAll(async () => {
    bench = await startBench({ engine, context: { lines: ['ARG TAG', 'ENV RELEASED=$TAG'] } })
  })
  afterAll(() => bench?.stop())
  beforeEach(() => {
    number += 1
    service = `service-${number}`
    image = `${bench.registry.host}/cmswmcore/${service}`
  })
  const docker = (...args: string[]) => run('docker', args, { env: bench.env })
  const step = (command: string, inputs: Step['with'] = {}, tag = '2.3.4') =>
    bench.step({ tag, with: { command, service, ...inputs } })
  const published = () => listTags(bench.registry.storage, `cmswmcore/${service}`)
  const digestOf = (tag: string) => readTag(bench.registry.storage, `cmswmcore/${service}`, tag)

  test('what was tested is what is published', async () => {
    const built = await step('build')
    expect(built, built.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    expect(built.outputs).toMatchObject({
      image,
      tag: '2.3.4',
      rule: 'final',
      'is-stable': 'false',
      digest: '',
      reference: '',
    })
    expect(await published()).toEqual([])

    // The next step of the job finds the image by what the build says of it.
    const reference = `${built.outputs.image}:${built.outputs.tag}`
    expect(await runImage(docker, reference, 'sh', '-c', 'echo $RELEASED')).toBe('2.3.4\n')

    const pushed = await step('push')
    expect(pushed, pushed.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])
    const digest = await digestOf('2.3.4')
    expect(await digestOf('2.3.4-stable')).toBe(digest)
    expect(pushed.outputs).toMatchObject({
      digest,
      reference: `${image}@${digest}`,
      tags: `${image}:2.3.4\n${image}:2.3.4-stable`,
      'stable-tags': `${image}:2.3.4-stable`,
      withheld: '',
    })
    const [stored] = await imagesAt(bench.registry.storage, digest ?? '')
    expect(stored?.labels).toMatchObject({ 'org.opencontainers.image.revision': COMMIT })
  })

  test('moving tags are not on the machine, and are published', async () => {
    const policy = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable'
    await step('build', { policy })
    const names = (await docker('image', 'ls', '--format={{.Repository}}:{{.Tag}}')).split('\n')
    const built = [`${image}:2.3.4`, `${image}:2.3.4-stable`]
    expect(names.filter(name => name.startsWith(`${image}:`)).toSorted()).toEqual(built)
    const pushed = await step('push', { policy })
    expect(pushed, pushed.log).toMatchObject({ exitCode: 0 })
    expect(await published()).toEqual(['2.3', '2.3.4', '2.3.4-stable', 'latest'])
    expect(new Set(await Promise.all((await published()).map(digestOf))).size).toBe(1)
  })

  test('a push without its build, and one of another version, find nothing', async () => {
    await step('build', {}, '2.3.4.1')
    expectFailure(await step('push'), 'image-missing')
    expect(await published()).toEqual([])
  })
})
