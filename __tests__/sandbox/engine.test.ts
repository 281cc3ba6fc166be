import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { type StartedEngine, startEngine } from '../../sandbox/engine.ts'
import { findEngine, withEngine } from '../../sandbox/found-engine.ts'
import { removeImages } from '../../sandbox/local-images.ts'
import { type Registry, startRegistry } from '../../sandbox/registry.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags, readBlob, readTag } from '../../sandbox/storage.ts'
import { startTokenServer } from '../../sandbox/token-server.ts'
import { runImage } from '../e2e/run-image.ts'

const patience = 300_000

const indexType = 'application/vnd.oci.image.index.v1+json'
const dockerManifestType = 'application/vnd.docker.distribution.manifest.v2+json'

let context: string
let registry: Registry
let containerd: StartedEngine
let classic: StartedEngine
let legacy: StartedEngine

beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'sample-'))
  await writeSampleContext(context, { lines: ['RUN ["/bin/busybox", "true"]'] })
  registry = await startRegistry()
  ;[containerd, classic, legacy] = await Promise.all([
    startEngine({ store: 'containerd' }),
    startEngine({ store: 'classic' }),
    startEngine({ store: 'classic', buildx: false }),
  ])
}, patience)

afterAll(async () => {
  await Promise.all([containerd, classic, legacy, registry].map(started => started?.stop()))
  await rm(context, { recursive: true, force: true })
}, patience)

const docker = (engine: StartedEngine, ...args: string[]) => run('docker', args, { env: engine.env })

const mediaTypeOf = async (repository: string, tag: string): Promise<unknown> => {
  const digest = await readTag(registry.storage, repository, tag)
  if (digest === undefined) throw new Error(`${repository}:${tag} is not in the registry`)
  return JSON.parse((await readBlob(registry.storage, digest)).toString()).mediaType
}

describe('engines side by side', { timeout: patience }, () => {
  test('the containerd store builds with buildx and pushes an index', async () => {
    const image = `${registry.host}/containerd/sample:1.0.0`
    await docker(containerd, 'buildx', 'build', '--network=host', '--push', '--tag', image, context)
    expect(await mediaTypeOf('containerd/sample', '1.0.0')).toBe(indexType)
  })

  test('the classic store builds with buildx and pushes a manifest', async () => {
    const image = `${registry.host}/classic/sample:1.0.0`
    await docker(classic, 'buildx', 'build', '--network=host', '--load', '--tag', image, context)
    await docker(classic, 'push', image)
    expect(await mediaTypeOf('classic/sample', '1.0.0')).toBe(dockerManifestType)
  })

  test('without buildx the legacy builder builds, in a container', async () => {
    await expect(docker(legacy, 'buildx', 'version')).rejects.toThrow("'buildx' is not a docker command")
    const image = `${registry.host}/legacy/sample:1.0.0`
    await docker(legacy, 'build', '--network=host', '--tag', image, context)
    await docker(legacy, 'push', image)
    expect(await mediaTypeOf('legacy/sample', '1.0.0')).toBe(dockerManifestType)
  })

  test('what was pushed can be pulled and run by another engine', async () => {
    const image = `${registry.host}/shared/sample:1.0.0`
    await docker(containerd, 'buildx', 'build', '--network=host', '--push', '--tag', image, context)
    const run = (...args: string[]) => docker(classic, ...args)
    expect(await runImage(run, image, 'echo', 'hello')).toBe('hello\n')
  })

  test('the storage lists what was pushed, and nothing else', async () => {
    const image = `${registry.host}/listed/sample`
    await docker(
      containerd,
      'buildx',
      'build',
      '--network=host',
      '--push',
      '--tag',
      `${image}:b`,
      '--tag',
      `${image}:a`,
      context,
    )
    expect(await listTags(registry.storage, 'listed/sample')).toEqual(['a', 'b'])
    expect(await listTags(registry.storage, 'unknown')).toEqual([])
    expect(await readTag(registry.storage, 'listed/sample', 'c')).toBeUndefined()
  })

  test.each(['containerd', 'classic'] as const)(
    'only the images of a prefix are removed (%s)',
    async store => {
      const engine = store === 'containerd' ? containerd : classic
      const names = ['one.example/ours/a:1', 'one.example/ours/b:1', 'two.example/ours/a:1']
      const tags = names.flatMap(name => ['--tag', name])
      await docker(engine, 'buildx', 'build', '--network=host', '--load', ...tags, context)
      await removeImages(engine, 'one.example/')
      const left = await docker(engine, 'image', 'ls', '--format', '{{.Repository}}:{{.Tag}}')
      expect(left.split('\n').filter(name => name.includes('.example/'))).toEqual(['two.example/ours/a:1'])
    },
  )

  test.each(['containerd', 'classic'] as const)('a registry that asks who is there (%s)', async store => {
    const engine = store === 'containerd' ? containerd : classic
    const users = { bob: 'secret' }
    const tokens = await startTokenServer({ users })
    const registries = await Promise.all([
      startRegistry({ auth: { kind: 'htpasswd', users } }),
      startRegistry({ auth: { kind: 'token', trust: tokens.trust } }),
      startRegistry({ auth: { kind: 'htpasswd', users }, tls: true }),
    ])
    try {
      for (const { host, storage } of registries) {
        const image = `${host}/guarded/sample:1.0.0`
        await docker(engine, 'buildx', 'build', '--network=host', '--load', '--tag', image, context)
        await expect(docker(engine, 'push', image)).rejects.toThrow(
          /authoriz|authentication|denied|credentials/,
        )
        expect(await listTags(storage, 'guarded/sample')).toEqual([])
        const login = ['login', '--username', 'bob', '--password-stdin', host]
        await run('docker', login, { env: engine.env, input: 'secret' })
        await docker(engine, 'push', image)
        expect(await listTags(storage, 'guarded/sample')).toEqual(['1.0.0'])
      }
    } finally {
      await Promise.all([tokens, ...registries].map(started => started.stop()))
    }
  })

  test('an engine is found where there is one with buildx, and stopping it leaves it running', async () => {
    const found = await findEngine(containerd.env)
    await found?.stop()
    expect(await findEngine(containerd.env)).toBeDefined()
    expect(await findEngine(legacy.env)).toBeUndefined()
    expect(await findEngine({ ...containerd.env, DOCKER_HOST: 'unix:///nowhere.sock' })).toBeUndefined()
  })

  describe('an engine that is here already', () => {
    beforeEach(() => {
      for (const name of ['PATH', 'DOCKER_HOST', 'DOCKER_CONFIG']) vi.stubEnv(name, containerd.env[name])
    })
    afterEach(() => vi.unstubAllEnvs())

    test('is used on demand, and stays', async () => {
      const used = await withEngine({ reuse: true }, async ({ env }) => env.DOCKER_HOST)
      expect(used).toBe(containerd.env.DOCKER_HOST)
      await docker(containerd, 'version')
    })

    test('is not used otherwise', async () => {
      const started = await withEngine({}, async ({ env }) => {
        await run('docker', ['version'], { env })
        return env
      })
      expect(started.DOCKER_HOST).not.toBe(containerd.env.DOCKER_HOST)
      await expect(run('docker', ['version'], { env: { ...containerd.env, ...started } })).rejects.toThrow()
    })
  })
})
