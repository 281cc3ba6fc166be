import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { type StartedEngine, startEngine } from '../../sandbox/engine.ts'
import { listTags, readTag } from '../../sandbox/storage.ts'
import { type Bench, startBench } from './bench.ts'
import { snapshot } from './files.ts'
import { imagesAt } from './image.ts'

const LOGIN = { username: 'robot$project+name', password: 'p\'a"s$s' }

let bench: Bench
let other: StartedEngine
let folder: string
let config: string
let env: NodeJS.ProcessEnv
let service: string
let number = 0
// The engine of the runner, and another one that does the building.
beforeAll(async () => {
  ;[bench, other] = await Promise.all([
    startBench({
      registry: { auth: { kind: 'htpasswd', users: { [LOGIN.username]: LOGIN.password } } },
      context: { lines: ['ARG TAG', 'RUN ["/bin/busybox", "touch", "/built"]', 'ENV RELEASED=$TAG'] },
    }),
    startEngine(),
  ])
  folder = await mkdtemp(join(tmpdir(), 'remote-'))
  config = join(folder, 'config')
  await cp(bench.engine.config, config, { recursive: true, verbatimSymlinks: true })
  env = { ...bench.env, DOCKER_CONFIG: config }
})
afterAll(async () => {
  await Promise.all([bench?.stop(), other?.stop()])
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  number += 1
  service = `service-${number}`
})

const repository = (): string => `cmswmcore/${service}`
/** What an engine has built and keeps for the next build, one description for each step. */
const stepsOf = async (engine: NodeJS.ProcessEnv): Promise<string[]> => {
  const listing = await run('docker', ['system', 'df', '--verbose', '--format={{json .BuildCache}}'], {
    env: engine,
  })
  const caches: { Description: string }[] = JSON.parse(listing) ?? []
  return caches.map(({ Description }) => Description)
}
const imagesOf = async (engine: NodeJS.ProcessEnv): Promise<string[]> => {
  const listing = await run('docker', ['image', 'ls', '--format={{.Repository}}:{{.Tag}}'], { env: engine })
  return listing.split('\n').filter(name => name.includes(`${repository()}:`))
}
const references = (): string[] =>
  ['2.3.4', '2.3.4-stable'].map(tag => `${bench.registry.host}/${repository()}:${tag}`)
const expectPublished = async (): Promise<void> => {
  const { storage } = bench.registry
  expect(await listTags(storage, repository())).toEqual(['2.3.4', '2.3.4-stable'])
  const digest = (await readTag(storage, repository(), '2.3.4')) ?? ''
  expect(await readTag(storage, repository(), '2.3.4-stable')).toBe(digest)
  expect((await imagesAt(storage, digest))[0]?.env).toContain('RELEASED=2.3.4')
}
const step = (command: string, buildOptions: string, more: NodeJS.ProcessEnv = env) =>
  bench.step({
    tag: '2.3.4',
    env: more,
    with: { command, service, ...LOGIN, ...(command === 'push' ? {} : { 'build-options': buildOptions }) },
  })
const NETWORK = '--network=host'

describe('a builder of the remote driver', () => {
  const ON_BUILDER = `--builder=elsewhere\n${NETWORK}`
  let close: () => Promise<void>

  /** The BuildKit of an engine, on a socket of its own, as buildkitd serves it. */
  const serveBuildKit = async (engine: string, socket: string): Promise<() => Promise<void>> => {
    const open = new Set<Socket>()
    const link = (one: Socket, another: Socket): void => {
      for (const each of [one, another]) open.add(each)
      one.pipe(another).on('error', () => one.destroy())
      another.pipe(one).on('error', () => another.destroy())
    }
    const server = createServer(client => {
      // Docker Engine API, "Initialize interactive session" and its sibling /grpc.
      const headers = { Connection: 'Upgrade', Upgrade: 'h2c' }
      request({ socketPath: engine, method: 'POST', path: '/grpc', headers })
        .on('upgrade', (_, upgraded, head) => {
          client.write(head)
          link(client, upgraded)
        })
        .on('error', () => client.destroy())
        .end()
    })
    server.listen(socket)
    await once(server, 'listening')
    return async () => {
      for (const each of open) each.destroy()
      server.close()
      await once(server, 'close')
    }
  }

  beforeAll(async () => {
    const socket = join(folder, 'buildkit.sock')
    close = await serveBuildKit(other.socket, socket)
    const create = ['buildx', 'create', '--name=elsewhere', '--driver=remote', `unix://${socket}`]
    await run('docker', create, { env })
  })
  afterAll(() => close?.())

  test('builds and pushes with the login of the action, and is there afterwards', async () => {
    const instance = await snapshot(join(config, 'buildx/instances'))
    const ended = await step('release', ON_BUILDER)
    expect(ended, ended.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    await expectPublished()
    expect(ended.outputs.digest).toBe(await readTag(bench.registry.storage, repository(), '2.3.4'))

    expect((await stepsOf(other.env)).join('\n')).toContain('touch')
    expect(await stepsOf(env)).toEqual([])
    expect(await imagesOf(env)).toEqual([])
    expect(await snapshot(join(config, 'buildx/instances'))).toEqual(instance)
  })

  test('builds for the engine here, which tests and pushes it', async () => {
    const built = await step('build', ON_BUILDER)
    expect(built, built.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    expect(await stepsOf(env)).toEqual([])
    expect(await imagesOf(other.env)).toEqual([])
    expect((await imagesOf(env)).toSorted()).toEqual(references())
    const pushed = await step('push', ON_BUILDER)
    expect(pushed, pushed.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    await expectPublished()
  })
})

test('DOCKER_CONTEXT leads to the engine that builds, and keeps the image from build to push', async () => {
  await run('docker', ['context', 'create', 'far', '--docker', `host=unix://${other.socket}`], { env })
  // DOCKER_HOST would come before the context.
  const { DOCKER_HOST: _, ...rest } = env
  for (const command of ['build', 'push']) {
    const ended = await step(command, NETWORK, { ...rest, DOCKER_CONTEXT: 'far' })
    expect(ended, ended.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
  }
  await expectPublished()
  expect((await imagesOf(other.env)).toSorted()).toEqual(references())
  expect(await imagesOf(env)).toEqual([])
})
