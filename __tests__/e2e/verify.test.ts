import { afterAll, beforeAll, expect, test } from 'vitest'
import { listTags } from '../../sandbox/storage.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { writesTo } from './requests.ts'
import { KINDS, mediaTypeOf, seed } from './seed.ts'

// No docker command is in the PATH of these steps.
let bench: Bench
beforeAll(async () => {
  bench = await startBench({ engine: 'none' })
})
afterAll(() => bench?.stop())

/** What the stable tag is, and what `verify` finds of 2.3.4 and of that. */
const FINDINGS = {
  equal: ['kept', 'kept'],
  absent: ['kept', 'missing'],
  different: ['kept', 'different'],
} as const

const rows = KINDS.flatMap(kind =>
  (['equal', 'absent', 'different'] as const).map(stable => ({ kind, stable })),
).map((row, index) => ({ ...row, service: `service-${index}` }))

test.each(rows)('$kind, and a stable tag that is $stable', async ({ kind, stable, service }) => {
  const repository = `cmswmcore/${service}`
  const { registry } = bench
  await seed(registry, repository, '2.3.4', { kind })
  if (stable === 'different') await seed(registry, repository, '2.3.4-stable', { kind })
  if (stable === 'equal') {
    const manifests = `${registry.url}/v2/${repository}/manifests`
    const type = mediaTypeOf(kind)
    const body = await (await fetch(`${manifests}/2.3.4`, { headers: { Accept: type } })).arrayBuffer()
    const headers = { 'Content-Type': type }
    expect((await fetch(`${manifests}/2.3.4-stable`, { method: 'PUT', headers, body })).status).toBe(201)
  }
  const stateOf = async () => [
    await writesTo(registry, repository),
    await listTags(registry.storage, repository),
  ]
  const before = await stateOf()

  const step = await bench.step({ tag: '2.3.4', with: { service, command: 'verify' } })

  if (stable === 'equal') expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [] })
  else expectFailure(step, 'not-as-planned', ['2.3.4-stable'])
  // The result is an output, red or green.
  const { services } = JSON.parse(step.outputs.json ?? '')
  expect(services[0].tags.map(({ outcome }: { outcome: string }) => outcome)).toEqual(FINDINGS[stable])
  expect(await stateOf()).toEqual(before)
})
