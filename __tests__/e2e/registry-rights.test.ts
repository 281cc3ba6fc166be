import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { startTokenServer, type TokenServer } from '../../sandbox/token-server.ts'
import type { Step } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { expectFailure } from './expect-failure.ts'

const BOB = { username: 'bob', password: 'right' }
const USERS = { bob: 'right' }
const BASE = 'secret/base'
const READ_ONLY = 'cmswmcore/read-only'
const WITHOUT_PROJECT = 'without-project'

let tokens: TokenServer
let other: Registry
beforeAll(async () => {
  const allows = (repository: string, action: string): boolean =>
    repository !== BASE && !([READ_ONLY, WITHOUT_PROJECT].includes(repository) && action === 'push')
  tokens = await startTokenServer({ users: USERS, allows })
  other = await startRegistry({ auth: { kind: 'htpasswd', users: USERS } })
})
afterAll(() => Promise.all([tokens?.stop(), other?.stop()]))

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: true },
  { store: 'classic', buildx: false },
] as const)('with an engine, store $store, buildx: $buildx', ({ store, buildx }) => {
  let bench: Bench
  beforeAll(async () => {
    bench = await startBench({
      engine: { store, buildx },
      registry: { auth: { kind: 'token', trust: tokens.trust } },
    })
  })
  afterAll(() => bench?.stop())

  const release = async (service: string, dockerfile: string, inputs: Step['with'] = {}) => {
    const context = join(bench.workspace, service)
    await mkdir(context, { recursive: true })
    await writeFile(join(context, 'Dockerfile'), dockerfile)
    await writeFile(join(context, 'file'), '')
    return bench.step({ tag: '2.3.4', with: { ...BOB, service, context: service, ...inputs } })
  }

  test('a base image that the account may not pull', async () => {
    const { host } = bench.registry
    expectFailure(await release('private-base', `FROM ${host}/${BASE}:1\n`), 'The build failed', [
      `${host}/cmswmcore/private-base:2.3.4 was not built: docker could not pull the base image ${host}/${BASE}:1`,
      'private or does not exist',
      'the account of this run must be allowed to pull it',
    ])
  })

  test('a base image at a registry that docker is not logged in to', async () => {
    const base = `${other.host}/${BASE}:1`
    const dockerfile = `FROM scratch\nCOPY file /\nFROM ${base}\nCOPY --from=0 /file /\n`
    expectFailure(await release('other-base', dockerfile), 'The build failed', [
      `docker could not pull the base image ${base}`,
      'docker/login-action',
    ])
  })

  test('a repository that the account may only read', async () => {
    const dockerfile = 'FROM scratch\nCOPY file /\n'
    expectFailure(await release('read-only', dockerfile), 'The push failed', [
      `${bench.registry.host}/${READ_ONLY}:2.3.4 failed: docker ended with exit status 1`,
      'Check that the account may push there',
    ])
  })

  test('without a project, it is asked whether that is missing', async () => {
    const step = await release(WITHOUT_PROJECT, 'FROM scratch\nCOPY file /\n', { project: '' })
    expectFailure(step, 'The push failed', [
      `${bench.registry.host}/${WITHOUT_PROJECT}:2.3.4 failed`,
      'Is the input project missing?',
    ])
  })

  // Only BuildKit writes caches to a registry, and of the stores only that of containerd lets it.
  if (store !== 'containerd') return
  test('a cache that may not be written', async () => {
    const { host } = bench.registry
    const step = await release('cached', 'FROM scratch\nCOPY file /\n', {
      'build-options': `--cache-to=type=registry,ref=${host}/${READ_ONLY}:cache`,
    })
    expectFailure(step, 'The build cache was not written', [
      `${host}/cmswmcore/cached:2.3.4 was not written:`,
      'ignore-error=true',
    ])
    // BuildKit of before 0.28 has pushed it by then, and the registry shows that.
    expect(step.summary).toContain('**In the registry now, not read back.**')
    const again = await release('cached', 'FROM scratch\nCOPY file /\n')
    expect(again, again.log).toMatchObject({ exitCode: 0, annotations: [] })
  })
})
