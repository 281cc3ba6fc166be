import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import type { EngineOptions } from '../../sandbox/engine.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { COMMIT, type Step, type StepResult } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { imagesAt } from './image.ts'
import { writesTo } from './requests.ts'
import { runImage } from './run-image.ts'

/** Another commit than the one that steps are for. */
const OTHER = 'b'.repeat(40)

interface Scene {
  readonly bench: Bench
  readonly service: string
  docker(...args: string[]): Promise<string>
  step(command: string, inputs?: Step['with'], more?: Partial<Step>): Promise<StepResult>
  image(): string
  published(): Promise<string[]>
  digestOf(tag: string): Promise<string | undefined>
}

/** A bench of its own for the tests of a block, and a service of its own for each of them. */
const useBench = (engine: EngineOptions): Scene => {
  let bench: Bench
  let service: string
  let number = 0
  beforeAll(async () => {
    bench = await startBench({
      engine,
      context: { lines: ['ARG TAG', 'ENV RELEASED=$TAG', 'ARG CONTENT=none', 'ENV CONTENT=$CONTENT'] },
    })
  })
  afterAll(() => bench?.stop())
  beforeEach(() => {
    number += 1
    service = `service-${number}`
  })
  return {
    get bench() {
      return bench
    },
    get service() {
      return service
    },
    docker: (...args) => run('docker', args, { env: bench.env }),
    step: (command, inputs = {}, more = {}) =>
      bench.step({ tag: '2.3.4', ...more, with: { command, service, ...inputs } }),
    image: () => `${bench.registry.host}/cmswmcore/${service}`,
    published: () => listTags(bench.registry.storage, `cmswmcore/${service}`),
    digestOf: tag => readTag(bench.registry.storage, `cmswmcore/${service}`, tag),
  }
}

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: true },
  { store: 'classic', buildx: false },
] as const)('build, test and push in one job, store $store, buildx: $buildx', engine => {
  const scene = useBench(engine)
  const { docker, step, image, published, digestOf } = scene

  test('what was tested is what is published', async () => {
    const built = await step('build')
    expect(built, built.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    expect(built.outputs).toMatchObject({
      image: image(),
      tag: '2.3.4',
      rule: 'final',
      'is-stable': 'false',
      digest: '',
      reference: '',
    })
    expect(await published()).toEqual([])

    // The next step of the job finds the image by what the build says of it.
    const reference = `${built.outputs.image}:${built.outputs.tag}`
    const said = await runImage(docker, reference, 'sh', '-c', 'echo $RELEASED')
    expect(said).toBe('2.3.4\n')

    const pushed = await step('push')
    expect(pushed, pushed.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])
    const digest = await digestOf('2.3.4')
    expect(await digestOf('2.3.4-stable')).toBe(digest)
    expect(pushed.outputs).toMatchObject({
      digest,
      reference: `${image()}@${digest}`,
      tags: `${image()}:2.3.4\n${image()}:2.3.4-stable`,
      'stable-tags': `${image()}:2.3.4-stable`,
      withheld: '',
    })
    const [stored] = await imagesAt(scene.bench.registry.storage, digest ?? '')
    expect(stored?.labels).toMatchObject({ 'org.opencontainers.image.revision': COMMIT })
  })

  test('moving tags are not on the machine, and are published', async () => {
    const policy = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable'
    await step('build', { policy })
    const names = (await docker('image', 'ls', '--format={{.Repository}}:{{.Tag}}')).split('\n')
    expect(names.filter(name => name.startsWith(`${image()}:`)).toSorted()).toEqual([
      `${image()}:2.3.4`,
      `${image()}:2.3.4-stable`,
    ])
    const pushed = await step('push', { policy })
    expect(pushed, pushed.log).toMatchObject({ exitCode: 0 })
    expect(await published()).toEqual(['2.3', '2.3.4', '2.3.4-stable', 'latest'])
    expect(new Set(await Promise.all((await published()).map(digestOf))).size).toBe(1)
  })

  test('a push without its build, and one of another version, find nothing', async () => {
    await step('build', {}, { tag: '2.3.4.1' })
    const pushed = await step('push')
    expectFailure(pushed, 'image-missing')
    expect(await published()).toEqual([])
  })
})

describe('a push of a version that is published already', () => {
  const scene = useBench({ store: 'containerd' })
  const { step, digestOf } = scene

  /** Publishes content `one`, then builds content `two` for another commit. */
  const rebuilt = async (): Promise<string> => {
    await step('build', { 'build-args': 'CONTENT=one' })
    await step('push')
    const built = await step('build', { 'build-args': 'CONTENT=two' }, { sha: OTHER })
    expect(built, built.log).toMatchObject({ exitCode: 0 })
    return (await digestOf('2.3.4')) ?? 'none'
  }

  test('an image from another commit is refused, whatever it may overwrite', async () => {
    const digest = await rebuilt()
    const before = await writesTo(scene.bench.registry, `cmswmcore/${scene.service}`)
    expectFailure(await step('push', {}, { sha: OTHER }), 'already-published')
    expectFailure(await step('push', { 'on-existing': 'overwrite' }), 'wrong-origin')
    expect(await digestOf('2.3.4')).toBe(digest)
    expect(await writesTo(scene.bench.registry, `cmswmcore/${scene.service}`)).toEqual(before)
  })

  test('overwrite replaces all of it', async () => {
    const digest = await rebuilt()
    const pushed = await step('push', { 'on-existing': 'overwrite' }, { sha: OTHER })
    expect(pushed, pushed.log).toMatchObject({ exitCode: 0, leftBehind: [] })
    expect(await digestOf('2.3.4')).not.toBe(digest)
    expect(await digestOf('2.3.4-stable')).toBe(await digestOf('2.3.4'))
    const [stored] = await imagesAt(scene.bench.registry.storage, (await digestOf('2.3.4')) ?? '')
    expect(stored?.env).toContain('CONTENT=two')
  })
})
