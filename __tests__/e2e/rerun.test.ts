import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type Bench, startBench, withoutDocker } from './bench.ts'
import { writesTo } from './requests.ts'

describe.each(['containerd', 'classic'] as const)('an engine with the %s store', store => {
  let bench: Bench
  let engineless: NodeJS.ProcessEnv
  beforeAll(async () => {
    bench = await startBench({ engine: { store } })
    engineless = await withoutDocker(bench.workspace)
  })
  afterAll(() => bench?.stop())

  const tags = (service: string) => listTags(bench.registry.storage, `cmswmcore/${service}`)
  const digestOf = (service: string, tag: string) =>
    readTag(bench.registry.storage, `cmswmcore/${service}`, tag)

  /** Takes a tag away, as if a run had stopped before it was written. */
  const removeTag = (service: string, tag: string) =>
    rm(
      join(
        bench.registry.storage,
        'docker/registry/v2/repositories/cmswmcore',
        service,
        '_manifests/tags',
        tag,
      ),
      { recursive: true },
    )

  test('a second identical run writes nothing, needs no docker, and says the same', async () => {
    const order = { tag: '2.3.4', with: { service: 'twice' } }
    const first = await bench.step(order)
    expect(first, first.log).toMatchObject({ exitCode: 0, annotations: [] })
    const before = await writesTo(bench.registry, 'cmswmcore/twice')

    const second = await bench.step({ ...order, env: engineless })

    expect(second, second.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    expect(await writesTo(bench.registry, 'cmswmcore/twice')).toEqual(before)
    const { json, 'record-path': _, ...outputs } = second.outputs
    expect(first.outputs).toMatchObject(outputs)
    const outcomes = JSON.parse(json ?? '').services[0].tags.map(
      ({ outcome }: { outcome: string }) => outcome,
    )
    expect(outcomes).toEqual(['kept', 'kept'])
  })

  test('a release that stopped before the stable tag goes on without building', async () => {
    const order = { tag: '2.3.4', with: { service: 'stopped' } }
    await bench.step(order)
    const digest = await digestOf('stopped', '2.3.4')
    await removeTag('stopped', '2.3.4-stable')
    const before = await writesTo(bench.registry, 'cmswmcore/stopped')

    const second = await bench.step({ ...order, env: engineless })

    expect(second, second.log).toMatchObject({ exitCode: 0, annotations: [] })
    expect(second.outputs.digest).toBe(digest)
    expect(await digestOf('stopped', '2.3.4-stable')).toBe(digest)
    expect((await writesTo(bench.registry, 'cmswmcore/stopped')).slice(before.length)).toEqual([
      'PUT /v2/cmswmcore/stopped/manifests/2.3.4-stable',
    ])
  })

  test('stable: on-promotion withholds the stable tag, and promote adds it', async () => {
    const service = 'later'
    const image = `${bench.registry.host}/cmswmcore/${service}`
    const order = { tag: '2.3.4', with: { service, stable: 'on-promotion' } }
    const released = await bench.step(order)
    expect(released, released.log).toMatchObject({
      exitCode: 0,
      leftBehind: [],
      annotations: [{ level: 'notice', title: 'Stable tags wait' }],
      outputs: {
        withheld: `${image}:2.3.4-stable`,
        tags: `${image}:2.3.4`,
        'stable-tags': '',
        'is-stable': 'false',
      },
    })
    expect(released.annotations[0]?.message).toContain('2.3.4-stable')
    expect(await bench.step({ ...order, env: engineless })).toMatchObject({ exitCode: 0 })
    expect(await tags(service)).toEqual(['2.3.4'])

    const digest = released.outputs.digest ?? ''
    const promotion = { tag: '2.3.4', env: engineless, with: { service, command: 'promote', digest } }
    const promoted = await bench.step(promotion)
    expect(promoted, promoted.log).toMatchObject({ exitCode: 0, annotations: [] })
    expect(await digestOf(service, '2.3.4-stable')).toBe(digest)

    // Once promoted, nothing is withheld any more.
    const again = await bench.step({ ...order, env: engineless })
    expect(again.outputs).toMatchObject({ withheld: '', 'stable-tags': `${image}:2.3.4-stable` })
  })
})
