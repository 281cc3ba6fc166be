import { afterEach, beforeEach, expect, test } from 'vitest'
import { CACHE_CONFIG } from '../e2e/seed.ts'
import { COMMIT, type CommandBench, startCommandBench } from './bench.ts'

const [TAG, STABLE] = ['2.3.4', '2.3.4-stable']

let bench: CommandBench
beforeEach(async () => {
  bench = await startCommandBench()
})
afterEach(() => bench?.stop())

/** The whole message of the error, with short names for what differs from run to run. */
const messageOf = async (inputs: Parameters<CommandBench['run']>[0]): Promise<string> => {
  const { error } = await bench.run(inputs)
  if (!(error instanceof Error)) throw new Error('there is no error')
  const names = Object.entries(bench.tags()).map(([tag, digest]) => [digest, `<${tag}>`] as const)
  return names
    .reduce((text, [digest, name]) => text.replaceAll(digest, name), error.message)
    .replaceAll(/sha256:[0-9a-f]{64}/g, '<new>')
    .replaceAll(bench.registry.host, '<registry>')
}

test('before anything: nothing was built or written', async () => {
  await bench.seed(TAG, { revision: 'abc' })
  expect(await messageOf({ command: 'release' })).toBe(
    `In <registry>/cmswmcore/reqmgr2, ${TAG} is there already, as <${TAG}>, built from revision abc; this run is for revision ${COMMIT}. Nothing was built or written. If it is the right image, set on-existing: reuse; if not, release a new version, or set on-existing: overwrite to replace what is there.`,
  )
})

test('all that is against it is told, once', async () => {
  await bench.seed(TAG, { revision: COMMIT })
  for (const tag of [STABLE, '2.3.4-b']) await bench.seed(tag)
  const policy = 'final: X.Y.Z -> X.Y.Z X.Y.Z-b | X.Y.Z-stable'
  expect(await messageOf({ command: 'release', policy })).toBe(
    `In <registry>/cmswmcore/reqmgr2, ${TAG} is <${TAG}>, but 2.3.4-b is there already, as <2.3.4-b>; ${TAG} is <${TAG}>, but ${STABLE} is there already, as <${STABLE}>. Nothing was built or written. Find out which is right: delete the wrong tag in the registry, and no image that another tag has, set on-existing: overwrite to replace what is there, or release a new version.`,
  )
})

test('a promotion builds nothing anyway', async () => {
  expect(await messageOf({ command: 'promote' })).toBe(
    `In <registry>/cmswmcore/reqmgr2, ${TAG} is not in the registry. Nothing was written. Release ${TAG} first; what is promoted is the published image.`,
  )
})

test('after the build: no other tag was written', async () => {
  bench.engine.tries.push({ meanwhile: () => bench.seed(STABLE) })
  expect(await messageOf({ command: 'release' })).toBe(
    `In <registry>/cmswmcore/reqmgr2, ${STABLE} became <${TAG}> while this run built <new>, so ${TAG} was given back to it. No other tag was written. Two runs published this version at once, and the other run's image was kept. Keep two runs apart with a concurrency group.`,
  )
  expect(bench.tags()[TAG]).toBe(bench.tags()[STABLE])
})

test('what is no image does not get the first tag', async () => {
  bench.engine.tries.push({ meanwhile: () => bench.seed(STABLE, { config: CACHE_CONFIG }) })
  expect(await messageOf({ command: 'release' })).toBe(
    `<registry>/cmswmcore/reqmgr2:${STABLE} became <${STABLE}> while this run built <${TAG}>. It is not an image, so ${TAG} stays as it was built. No other tag was written. Find out what writes ${STABLE}, such as an option --cache-to, and delete it in the registry; then run it again.`,
  )
  expect(bench.written()).toEqual([`build ${TAG}`])
})
