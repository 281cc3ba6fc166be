import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { COMMIT, type StepResult } from './action.ts'
import { type Bench, startBench } from './bench.ts'

const POLICY = `
final:      X.Y.Z    -> X.Y.Z X.Y latest | X.Y.Z-stable
patch:      X.Y.Z.P  -> X.Y.Z.P X.Y latest | X.Y.Z.P-stable
candidate:  X.Y.ZrcN -> X.Y.ZrcN
nightly:    nightly  -> nightly
`

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench?.stop())

let service: string
let number = 0
beforeEach(() => {
  number += 1
  service = `service-${number}`
})

const at = (tag: string) => readTag(bench.registry.storage, `cmswmcore/${service}`, tag)
const release = (tag: string, sha = COMMIT) =>
  bench.step({ tag, sha, with: { service, policy: POLICY, 'build-args': `VERSION=${tag}` } })
const outcomesOf = (step: StepResult): Record<string, string> =>
  Object.fromEntries(
    JSON.parse(step.outputs.json ?? '').services[0].tags.map(({ tag, outcome }: Record<string, string>) => [
      tag,
      outcome,
    ]),
  )

test('moving tags follow the newest version, and never go back', async () => {
  const old = await release('2.3.8')
  expect(outcomesOf(old)).toEqual({
    '2.3.8': 'built',
    '2.3.8-stable': 'copied',
    '2.3': 'moved',
    latest: 'moved',
  })
  const newest = await release('2.4.0')
  expect(await at('2.3')).toBe(old.outputs.digest)
  expect(await at('2.4')).toBe(newest.outputs.digest)
  expect(await at('latest')).toBe(newest.outputs.digest)

  const fix = await release('2.3.10')
  expect(outcomesOf(fix)).toMatchObject({ '2.3.10-stable': 'copied', '2.3': 'moved', latest: 'stayed' })
  expect(fix.outputs.tags).not.toContain(':latest')
  expect(await at('2.3')).toBe(fix.outputs.digest)
  expect(await at('latest')).toBe(newest.outputs.digest)

  // A patch of an old version, by number, is older than that; a candidate of the next one does not count.
  expect(outcomesOf(await release('2.3.9.1'))).toMatchObject({ '2.3': 'stayed', latest: 'stayed' })
  await release('2.5.0rc1')
  expect(outcomesOf(await release('2.4.1'))).toMatchObject({ '2.4': 'moved', latest: 'moved' })
  expect(await at('2.3')).toBe(fix.outputs.digest)
})

test('promote moves them too', async () => {
  const policy = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable stable'
  const order = (tag: string, command: string) =>
    bench.step({ tag, with: { service, policy, command, stable: 'on-promotion' } })
  const [old, newer] = [await order('1.0.0', 'release'), await order('1.1.0', 'release')]
  expect(await listTags(bench.registry.storage, `cmswmcore/${service}`)).toEqual(['1.0.0', '1.1.0'])
  // 1.1.0 is published, but not promoted: it does not hold back 1.0.0.
  expect(outcomesOf(await order('1.0.0', 'promote'))).toMatchObject({ stable: 'moved' })
  expect(await at('stable')).toBe(old.outputs.digest)
  expect(outcomesOf(await order('1.1.0', 'promote'))).toMatchObject({ stable: 'moved' })
  expect(outcomesOf(await order('1.0.0', 'promote'))).toMatchObject({ stable: 'stayed' })
  expect(await at('stable')).toBe(newer.outputs.digest)
  const verified = await order('1.0.0', 'verify')
  expect(verified.exitCode, verified.log).toBe(0)
  expect(outcomesOf(verified)).toMatchObject({ '1.0.0-stable': 'kept', stable: 'stayed' })
})

test('a first tag that moves is built anew every time', async () => {
  const first = await release('nightly', 'a'.repeat(40))
  const second = await release('nightly', 'b'.repeat(40))
  expect(second, second.log).toMatchObject({ exitCode: 0, annotations: [] })
  expect(second.outputs.digest).not.toBe(first.outputs.digest)
  expect(await at('nightly')).toBe(second.outputs.digest)
})
