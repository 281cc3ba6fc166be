import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listTags } from '../../sandbox/storage.ts'
import type { ErrorName } from '../../src/errors.ts'
import type { Step } from './action.ts'
import { type Bench, startBench, withoutDocker } from './bench.ts'
import { expectFailure } from './expect-failure.ts'
import { requestsTo } from './requests.ts'

let bench: Bench
let service: string
let repository: string
let number = 0
beforeAll(async () => {
  bench = await startBench({ engine: 'none' })
})
afterAll(() => bench?.stop())
beforeEach(() => {
  number += 1
  service = `service-${number}`
  repository = `cmswmcore/${service}`
})

const cases: { name: string; step: Step; error: ErrorName; facts: string[] }[] = [
  {
    name: 'a git tag with the name of a stable tag',
    step: { tag: '7.7.7-stable', with: { 'on-existing': 'overwrite' } },
    error: 'tag-refused',
    facts: ['7.7.7-stable', 'rule final', 'git tag 7.7.7'],
  },
  {
    name: 'a secret in an address',
    step: { tag: '2.3.4', with: { service: 'https://bob:s3cret@x.ch/a', registry: 'bob:s3cret@x.ch' } },
    error: 'invalid-input',
    facts: ['registry', 'service'],
  },
  {
    name: 'mistakes in inputs, in the policy and of the run at once',
    step: {
      with: { policy: 'final: X.Y => X.Y', 'on-existing': 'overwite', 'build-options': '--push' },
      unknown: { pasword: 's3cret' },
    },
    error: 'invalid-input',
    facts: ['pasword', 'branch main', '=>', '"overwite"', '"--push"'],
  },
  {
    name: 'docker told to write into the repository',
    step: {
      tag: '2.3.4',
      with: {
        registry: 'ghcr.io',
        service: 'a',
        'build-options': '--cache-to=type=registry,ref=ghcr.io/cmswmcore/a:2.3.4',
      },
    },
    error: 'invalid-input',
    facts: ['ghcr.io/cmswmcore/a'],
  },
]

test.each(cases)('$name', async ({ step, error, facts }) => {
  const result = await bench.step({ ...step, with: { service, ...step.with } })
  expectFailure(result, error, facts)
  expect(result.log + result.summary).not.toContain('s3cret')
  expect(result.annotations).toHaveLength(1)
  for (const fact of facts) expect(result.summary.replaceAll('\\', '')).toContain(fact)
  expect(await requestsTo(bench.registry, repository)).toEqual([])
})

test('no docker command', async () => {
  expectFailure(await bench.step({ tag: '2.3.4', with: { service } }), 'docker-missing')
  expect(await listTags(bench.registry.storage, repository)).toEqual([])
})

test('a docker that can not log in', async () => {
  await mkdir(join(bench.workspace, 'empty'))
  const env = await withoutDocker(join(bench.workspace, 'empty'))
  const why = 'Error response from daemon: Get "https://x/v2/": x509: certificate signed by unknown authority'
  const docker = `#!/bin/sh\necho '${why}' >&2\nexit 1\n`
  await writeFile(join(env.PATH ?? '', 'docker'), docker, { mode: 0o755 })
  const login = { username: 'bob', password: 'right' }
  const step = await bench.step({ tag: '2.3.4', env, with: { service, ...login } })
  expectFailure(step, 'login-failed', [`${bench.registry.host} as bob`, 'x509'])
  expect(await listTags(bench.registry.storage, repository)).toEqual([])
})
