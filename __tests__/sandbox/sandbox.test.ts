import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { type EngineOptions, startEngine } from '../../sandbox/engine.ts'
import { startRegistry } from '../../sandbox/registry.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags, readBlob, readTag } from '../../sandbox/storage.ts'
import { startTokenServer } from '../../sandbox/token-server.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'

test.each<{ what: string; options: EngineOptions; mediaType: string }>([
  { what: 'the containerd store', options: { store: 'containerd' }, mediaType: INDEX },
  { what: 'the classic store', options: { store: 'classic' }, mediaType: MANIFEST },
  { what: 'no buildx', options: { store: 'classic', buildx: false }, mediaType: MANIFEST },
])(
  'an engine with $what builds, and pushes to whoever asks for a password or a token',
  { timeout: 300_000 },
  async ({ options, mediaType }) => {
    const users = { 'robot$project+name': 'pä ss:"\'\\$1' }
    const [[user, input]] = Object.entries(users) as [[string, string]]
    const context = await mkdtemp(join(tmpdir(), 'sample-'))
    const tokens = await startTokenServer({ users })
    const engine = await startEngine(options)
    const registries = await Promise.all([
      startRegistry({ auth: { kind: 'htpasswd', users } }),
      startRegistry({ auth: { kind: 'token', trust: tokens.trust } }),
      startRegistry({ auth: { kind: 'htpasswd', users }, tls: true }),
    ])
    const docker = (args: readonly string[], given = {}) => run('docker', args, { env: engine.env, ...given })
    try {
      await writeSampleContext(context, { lines: ['RUN ["/bin/busybox", "true"]'] })
      for (const { host, storage } of registries) {
        const image = `${host}/guarded/sample:1.0.0`
        await docker(['build', '--network=host', '--tag', image, context])
        await expect(docker(['push', image])).rejects.toThrow()
        expect(await listTags(storage, 'guarded/sample')).toEqual([])
        await docker(['login', '--username', user, '--password-stdin', host], { input })
        await docker(['push', image])
        const digest = await readTag(storage, 'guarded/sample', '1.0.0')
        expect(JSON.parse(`${await readBlob(storage, digest ?? '')}`).mediaType).toBe(mediaType)
      }
    } finally {
      await Promise.all([tokens, engine, ...registries].map(started => started.stop()))
      await rm(context, { recursive: true, force: true })
    }
  },
)
