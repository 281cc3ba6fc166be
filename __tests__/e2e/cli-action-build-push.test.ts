import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { COMMIT, type Step, type StepResult } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { imagesAt } from './image.ts'
import { writesTo } from './requests.ts'
import { runImage } from './run-image.ts'

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: true },
  { store: 'classic', buildx: false },
] as const)('build, test and push in one job, store $store, buildx: $buildx', engine => {
  let bench: Bench
  let service: string
  let number = 0
  beforeAll(async () => {
    const lines = ['ARG TAG', 'ENV RELEASED=$TAG', 'ARG CONTENT=none', 'ENV CONTENT=$CONTENT']
    bench = await startBench({ engine, context: { lines } })
  })
  afterAll(() => bench?.stop())
  beforeEach(() => {
    number += 1
    service = `service-${number}`
  })

  const docker = (...args: string[]): Promise<string> => run('docker', args, { env: bench.env })
  const step = async (command: string, inputs: Step['with'] = {}, more: Partial<Step> = {}) => {
    const ended = await bench.step({ tag: '2.3.4', ...more, with: { command, service, ...inputs } })
    expect(ended.leftBehind, ended.log).toEqual([])
    return ended
  }
  const succeed = async (...args: Parameters<typeof step>): Promise<StepResult> => {
    const ended = await step(...args)
    expect(ended, ended.log).toMatchObject({ exitCode: 0, annotations: [] })
    return ended
  }
  const image = (): string => `${bench.registry.host}/cmswmcore/${service}`
  const published = () => listTags(bench.registry.storage, `cmswmcore/${service}`)
  const digestOf = (tag: string) => readTag(bench.registry.storage, `cmswmcore/${service}`, tag)
  const storedAs = async (tag: string) =>
    (await imagesAt(bench.registry.storage, (await digestOf(tag)) ?? ''))[0]

  test('what was tested is what is published', async () => {
    const built = await succeed('build')
    expect(built.outputs).toMatchObject({ image: image(), tag: '2.3.4', 'is-stable': 'false', digest: '' })
    expect(await published()).toEqual([])
    // The next step of the job finds the image by what the build says of it.
    const reference = `${built.outputs.image}:${built.outputs.tag}`
    expect(await runImage(docker, reference, 'sh', '-c', 'echo $RELEASED')).toBe('2.3.4\n')

    const pushed = await succeed('push')
    const digest = await digestOf('2.3.4')
    expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])
    expect(await digestOf('2.3.4-stable')).toBe(digest)
    expect(pushed.outputs).toMatchObject({
      digest,
      reference: `${image()}@${digest}`,
      'stable-tags': `${image()}:2.3.4-stable`,
    })
    expect((await storedAs('2.3.4'))?.labels).toMatchObject({ 'org.opencontainers.image.revision': COMMIT })
  })

  test('moving tags are not on the machine, and are published; stable ones can wait', async () => {
    const policy = 'final: X.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable'
    await succeed('build', { policy })
    const names = (await docker('image', 'ls', '--format={{.Repository}}:{{.Tag}}')).split('\n')
    const fixed = ['2.3.4', '2.3.4-stable'].map(tag => `${image()}:${tag}`)
    expect(names.filter(name => name.startsWith(`${image()}:`)).toSorted()).toEqual(fixed)
    const waiting = await step('push', { policy, stable: 'on-promotion' })
    expect(waiting, waiting.log).toMatchObject({ exitCode: 0, outputs: { withheld: fixed[1] } })
    expect(await published()).toEqual(['2.3', '2.3.4', 'latest'])
    await succeed('push', { policy })
    expect(await published()).toEqual(['2.3', '2.3.4', '2.3.4-stable', 'latest'])
    expect(new Set(await Promise.all((await published()).map(digestOf))).size).toBe(1)
  })

  test('what is published stays, and is replaced as a whole where that is asked for', async () => {
    await succeed('build', { 'build-args': 'CONTENT=one' })
    await succeed('push')
    const [digest, writes] = [await digestOf('2.3.4'), await writesTo(bench.registry, `cmswmcore/${service}`)]
    const sha = 'b'.repeat(40)
    await succeed('build', { 'build-args': 'CONTENT=two' }, { sha })
    expect(await step('push', {}, { sha })).toMatchObject({ exitCode: 1, outputs: {} })
    expect((await step('push', { 'on-existing': 'reuse' }, { sha })).outputs).toMatchObject({ digest })
    expect(await writesTo(bench.registry, `cmswmcore/${service}`)).toEqual(writes)
    // What was built from another commit than the git tag is never pushed.
    expect(await step('push', { 'on-existing': 'overwrite' })).toMatchObject({ exitCode: 1 })
    expect(await digestOf('2.3.4')).toBe(digest)

    expect(await step('push', { 'on-existing': 'overwrite' }, { sha })).toMatchObject({ exitCode: 0 })
    expect((await storedAs('2.3.4'))?.env).toContain('CONTENT=two')
    expect(await digestOf('2.3.4-stable')).toBe(await digestOf('2.3.4'))
  })
})
