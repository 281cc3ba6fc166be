import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readTag } from '../../sandbox/storage.ts'
import { COMMIT, type Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { requestsTo } from './requests.ts'
import { seed } from './seed.ts'

// As root: nothing is read-only for these tests, so that files stand in the place of directories, and the other way round.
let bench: Bench
let folder: string
let service: string
let repository: string
let digest: string
let number = 0
const at = (path: string): string => join(folder, path)
beforeAll(async () => {
  bench = await startBench({ engine: 'none' })
  folder = await mkdtemp(join(tmpdir(), 'runner-'))
  await writeFile(at('file'), '')
})
afterAll(async () => {
  await bench?.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  number += 1
  service = `service-${number}`
  repository = `cmswmcore/${service}`
  digest = await seed(bench.registry, repository, '2.3.4', { revision: COMMIT })
})

const promote = (step: Partial<Step>) =>
  bench.step({ tag: '2.3.4', with: { service, command: 'promote' }, ...step })

test.each([
  { variable: 'GITHUB_STATE', value: () => at('none'), why: 'Missing file at path' },
  { variable: 'GITHUB_STATE', value: () => '/dev/full', why: 'ENOSPC' },
  { variable: 'RUNNER_TEMP', value: () => at('file'), why: 'ENOTDIR' },
  { variable: 'RUNNER_TEMP', value: () => at('none'), why: 'ENOENT' },
])('a runner whose $variable can not be used: $why', async ({ variable, value, why }) => {
  const before = await requestsTo(bench.registry, repository)

  const step = await promote({ runner: { [variable]: value() } })

  expectFailure(step, 'runner-unusable', [why])
  expect(step.summary).toContain('runner-unusable')
  const post = await promote({ state: step.state })
  expect(post).toMatchObject({ exitCode: 0, log: '', leftBehind: [] })
  expect(await requestsTo(bench.registry, repository)).toEqual(before)
})

test('outputs that can not be written after all is published', async () => {
  const step = await promote({ runner: { GITHUB_OUTPUT: '/dev/full' } })

  expect(await readTag(bench.registry.storage, repository, '2.3.4-stable')).toBe(digest)
  const image = `${bench.registry.host}/${repository}`
  expectFailure(step, 'outputs-not-written', [`Published: ${image}:2.3.4-stable.`, 'ENOSPC'])
  expect(step.summary).toContain(`${image}:2.3.4-stable`)
  expect(await promote({})).toMatchObject({ exitCode: 0, annotations: [], outputs: { digest } })
})

test('what fails before the outputs is what is reported', async () => {
  const order = { service, command: 'verify' }
  const step = await promote({ with: order, runner: { GITHUB_OUTPUT: '/dev/full' } })
  expectFailure(step, 'not-as-planned')
})

test('the post step removes what is left, and says so if it can not', async () => {
  const left = at('left')
  await mkdir(left)
  expect(await promote({ state: { temporary: left } })).toMatchObject({ exitCode: 0, log: '' })
  expect(existsSync(left)).toBe(false)
  const step = await promote({ state: { temporary: at('x'.repeat(300)) } })
  expectFailure(step, 'runner-unusable', ['ENAMETOOLONG'])
})
