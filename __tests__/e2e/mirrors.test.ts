import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type CopyBench, startCopyBench } from './copied.ts'
import { seed } from './seed.ts'

const TAGS = ['2.3.4', '2.3.4-stable']
const BOTH = ['registry', 'closed'] as const

describe.each(['containerd', 'classic'] as const)('mirrors of what the %s store has built', store => {
  let bench: CopyBench
  beforeAll(async () => {
    bench = await startCopyBench(store)
  })
  afterAll(() => bench?.stop())

  /** One in another project of the registry, and one in another registry, which wants docker's login. */
  const mirrorsOf = (service: string) => BOTH.map(at => `${bench[at].host}/mirror/${service}`)
  const start = (service: string, inputs = {}, env = bench.withSkopeo) => {
    const mirrors = mirrorsOf('{service}').join('\n')
    return bench.step({ tag: '2.3.4', env, with: { service, mirrors, ...inputs } })
  }
  const tagsAt = (at: (typeof BOTH)[number], service: string) =>
    Promise.all(TAGS.map(tag => readTag(bench[at].storage, `mirror/${service}`, tag)))
  const writes = () => {
    const all = BOTH.flatMap(at => bench[at].requests())
    return all.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/')).length
  }

  test('get the tags with the digest, once; a promotion completes them', async () => {
    const waiting = await start('waiting', { stable: 'on-promotion' })
    expect(waiting, waiting.log).toMatchObject({ exitCode: 0, leftBehind: [] })
    const { digest = '' } = waiting.outputs
    for (const at of BOTH) expect(await tagsAt(at, 'waiting')).toEqual([digest, undefined])
    const images = [`${bench.registry.host}/cmswmcore/waiting`, ...mirrorsOf('waiting')]
    const [first, stable] = TAGS.map(tag => images.map(image => `${image}:${tag}`).join('\n'))
    expect(waiting.outputs).toMatchObject({ tags: first, withheld: stable, 'is-stable': 'false' })
    const promoted = await start('waiting', { command: 'promote' })
    expect(promoted, promoted.log).toMatchObject({ exitCode: 0, annotations: [] })
    expect(promoted.outputs).toMatchObject({ digest, 'stable-tags': stable, 'is-stable': 'true' })
    const [service] = JSON.parse(promoted.outputs.json ?? '').services
    expect(service.mirrors).toMatchObject(mirrorsOf('waiting').map(image => ({ image, digest })))
    expect(promoted.summary).toContain(`| tag | ${images.join(' | ')} |`)
    for (const image of images)
      for (const tag of TAGS) expect(await bench.digestAt(`${image}:${tag}`)).toBe(digest)
    const before = writes()
    for (const command of ['release', 'promote', 'verify'])
      expect(await start('waiting', { command })).toMatchObject({ exitCode: 0, annotations: [] })
    expect(writes()).toBe(before)
  })

  test('verify finds what is missing, and what is another image', async () => {
    const released = await bench.step({ tag: '2.3.4', with: { service: 'compared' } })
    expect(released).toMatchObject({ exitCode: 0 })
    const other = await seed(bench.registry, 'mirror/compared', '2.3.4')
    const { exitCode, log, outputs } = await start('compared', { command: 'verify' })
    expect(exitCode).toBe(1)
    const [own, elsewhere] = mirrorsOf('compared')
    expect(log).toContain(`${own}: 2.3.4 is ${other}, and should be ${released.outputs.digest}`)
    expect(log).toContain(`${elsewhere}: 2.3.4 is not in the registry`)
    expect(log).toContain('Then release again with the same inputs and mirrors')
    const [{ mirrors }] = JSON.parse(outputs.json ?? '').services
    const outcomes = mirrors.map(({ tags }: { tags: { outcome: string }[] }) => tags.map(tag => tag.outcome))
    expect(outcomes).toEqual([
      ['different', 'missing'],
      ['missing', 'missing'],
    ])
  })

  test.each([
    { why: 'has another image', service: 'taken', error: 'already-published' },
    { why: 'wants a login that docker does not have', service: 'denied', error: 'registry-denied' },
    { why: 'needs skopeo, which is not there', service: 'without', error: 'skopeo-missing' },
  ])('nothing is built where one $why', async ({ service, error }) => {
    if (service === 'taken') await seed(bench.registry, 'mirror/taken', '2.3.4')
    const envs: Record<string, NodeJS.ProcessEnv> = {
      without: { ...bench.env, PATH: '/nowhere' },
      denied: { ...bench.withSkopeo, DOCKER_CONFIG: '/nowhere' },
    }
    const before = writes()
    const { log, exitCode, leftBehind } = await start(service, {}, envs[service])
    expect(exitCode).toBe(1)
    expect(log).toContain(`failed with ${error}`)
    expect(log).toContain('Nothing was written.')
    expect(leftBehind).toEqual([])
    expect(writes()).toBe(before)
    expect(await listTags(bench.registry.storage, `cmswmcore/${service}`)).toEqual([])
  })

  test('overwrite counts there, too', async () => {
    const before = [await seed(bench.registry, 'mirror/again', '2.3.4')]
    const { exitCode, annotations, outputs } = await start('again', { 'on-existing': 'overwrite' })
    expect(exitCode).toBe(0)
    expect(annotations.map(({ message }) => message)).toEqual(
      before.map(old => `${mirrorsOf('again')[0]}:2.3.4 was ${old} before.`),
    )
    expect(await tagsAt('registry', 'again')).toEqual([outputs.digest, outputs.digest])
  })

  test('push gives them what was built, and promote those of several services', async () => {
    const services = ['one', 'two']
    for (const service of services) {
      for (const command of ['build', 'push']) {
        const inputs = { command, ...(command === 'build' ? { mirrors: '' } : { stable: 'on-promotion' }) }
        const step = await start(service, inputs)
        expect(step, step.log).toMatchObject({ exitCode: 0, leftBehind: [] })
      }
      for (const at of BOTH) expect(await tagsAt(at, service)).toEqual([expect.anything(), undefined])
    }
    const promoted = await start(services.join(','), { command: 'promote' })
    expect(promoted, promoted.log).toMatchObject({ exitCode: 0, annotations: [] })
    const digests = promoted.outputs.digest?.split('\n') ?? []
    for (const [index, service] of services.entries())
      for (const at of BOTH) expect(await tagsAt(at, service)).toEqual(TAGS.map(() => digests[index]))
  })
})
