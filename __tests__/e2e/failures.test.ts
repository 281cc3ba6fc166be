import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags } from '../../sandbox/storage.ts'
import { startTokenServer, type TokenServer } from '../../sandbox/token-server.ts'
import type { ErrorName } from '../../src/errors.ts'
import type { Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'

const BOB = { username: 'bob', password: 'right' }
const BASE = 'secret/base'
const READ_ONLY = 'cmswmcore/read-only'

let tokens: TokenServer
beforeAll(async () => {
  const allows = (repository: string, action: string): boolean =>
    repository !== BASE && !(repository === READ_ONLY && action === 'push')
  tokens = await startTokenServer({ users: { bob: 'right' }, allows })
})
afterAll(() => tokens?.stop())

const failing = ['RUN ["/bin/busybox", "sh", "-c", "echo ::error::why it failed >&2; exit 3"]']

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: true },
  { store: 'classic', buildx: false },
] as const)('with an engine, store $store, buildx: $buildx', ({ store, buildx }) => {
  let bench: Bench
  beforeAll(async () => {
    const registry = { auth: { kind: 'token', trust: tokens.trust } } as const
    bench = await startBench({ engine: { store, buildx }, registry })
    await writeSampleContext(join(bench.workspace, 'failing'), { lines: failing })
    await writeFile(join(bench.workspace, 'failing/::error::not ours'), '')
  })
  afterAll(() => bench?.stop())

  const cases: {
    name: string
    with: Step['with']
    env?: () => NodeJS.ProcessEnv
    error: ErrorName
    facts: (string | RegExp)[]
  }[] = [
    {
      name: 'a step of the Dockerfile that fails, and prints what a runner would obey',
      with: { context: 'failing', 'build-options': '--network=host' },
      error: 'build-failed',
      facts: ['cmswmcore/failure:2.3.4', '/bin/busybox', ...(buildx ? ['why it failed\n'] : [])],
    },
    {
      name: 'an option that docker does not have',
      with: { 'build-options': '--no-such-option=1' },
      error: 'invalid-input',
      facts: ['build-options', 'unknown flag: --no-such-option'],
    },
    {
      name: 'an engine that is not there',
      with: {},
      env: () => ({ ...bench.env, DOCKER_HOST: `unix://${join(bench.workspace, 'no.sock')}` }),
      error: 'docker-missing',
      facts: ['no.sock', 'DOCKER_HOST'],
    },
  ]

  test.each(cases)('$name', async ({ with: inputs, env, error, facts }) => {
    const step = await bench.step({
      tag: '2.3.4',
      env: env?.() ?? bench.env,
      with: { ...BOB, service: 'failure', ...inputs },
    })
    expectFailure(step, error, facts)
    if (inputs.context === 'failing') expect(step.log).toContain('::error::why it failed')
    expect(await listTags(bench.registry.storage, 'cmswmcore/failure')).toEqual([])
  })

  const release = async (service: string, dockerfile: string, inputs: Step['with'] = {}) => {
    const context = join(bench.workspace, service)
    await mkdir(context, { recursive: true })
    await writeFile(join(context, 'Dockerfile'), dockerfile)
    await writeFile(join(context, 'file'), '')
    return bench.step({ tag: '2.3.4', with: { ...BOB, service, context: service, ...inputs } })
  }

  test('a base image that the account may not pull', async () => {
    const { host } = bench.registry
    expectFailure(await release('private-base', `FROM ${host}/${BASE}:1\n`), 'build-failed', [
      `${host}/cmswmcore/private-base:2.3.4`,
      `base image ${host}/${BASE}:1`,
    ])
  })

  // Only BuildKit writes caches to a registry, and of the stores only that of containerd lets it.
  if (store !== 'containerd') return
  test('a repository that the account may only read, before anything is built', async () => {
    const step = await release('read-only', 'FROM scratch\nRUN never\n')
    expectFailure(step, 'registry-denied', [`${bench.registry.host}/${READ_ONLY}`])
  })

  test('a cache that may not be written', async () => {
    const { host } = bench.registry
    const step = await release('cached', 'FROM scratch\nCOPY file /\n', {
      'build-options': `--cache-to=type=registry,ref=${host}/${READ_ONLY}:cache`,
    })
    expectFailure(step, 'cache-not-written', [`${host}/cmswmcore/cached:2.3.4`, 'ignore-error=true'])
    // BuildKit of before 0.28 has pushed it by then, and the registry shows that.
    expect(step.summary).toContain('In the registry now, not read back')
    const again = await release('cached', 'FROM scratch\nCOPY file /\n')
    expect(again, again.log).toMatchObject({ exitCode: 0, annotations: [] })
  })
})
