import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { listTags, readBlob, readTag } from '../../sandbox/storage.ts'
import { COMMIT } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { attestationsAt, imagesAt } from './image.ts'
import { runImage } from './run-image.ts'

const sha256 = (bytes: string | Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: true },
  { store: 'classic', buildx: false },
] as const)('an engine with the $store store, buildx: $buildx', ({ store, buildx }) => {
  const context = { lines: ['ARG TAG', 'ENV RELEASED=$TAG'] }
  let bench: Bench
  beforeAll(async () => {
    bench = await startBench({ engine: { store, buildx }, context })
  })
  afterAll(() => bench?.stop())

  test.each([
    { tag: '2.3.4', rule: 'final', stable: ['2.3.4-stable'] },
    { tag: '2.3.4.1', rule: 'patch', stable: ['2.3.4.1-stable'] },
    { tag: '2.3.5rc1', rule: 'candidate', stable: [] },
    { tag: '1.4.0.pre2', rule: 'other', stable: [] },
  ])('$tag is $rule, stable $stable', async ({ tag, rule, stable }) => {
    const { host, storage } = bench.registry
    const repository = `cmswmcore/${rule}`
    const image = `${host}/${repository}`
    const step = await bench.step({ tag, with: { service: rule } })

    expect(step.annotations.map(({ title }) => title)).toEqual(buildx ? [] : ['Built without buildx'])
    expect(step).toMatchObject({ exitCode: 0, leftBehind: [] })

    const tags = [tag, ...stable]
    expect(await listTags(storage, repository)).toEqual(tags.toSorted())
    const digest = (await readTag(storage, repository, tag)) ?? 'none'
    for (const name of tags) expect(await readTag(storage, repository, name)).toBe(digest)
    expect(sha256(await readBlob(storage, digest))).toBe(digest)

    const references = (names: string[]) => names.map(name => `${image}:${name}`).join('\n')
    const { json, 'record-path': recordPath, ...outputs } = step.outputs
    expect(recordPath).toMatch(stable.length === 0 ? /^$/ : /\/predicate\.json$/)
    expect(outputs).toEqual({
      image,
      tag,
      rule,
      'is-stable': String(stable.length > 0),
      tags: references(tags),
      'stable-tags': references(stable),
      withheld: '',
      digest,
      reference: `${image}@${digest}`,
    })
    const { services } = JSON.parse(json ?? '')
    const outcomes = services[0].tags.map((entry: { outcome: string }) => entry.outcome)
    expect(outcomes).toEqual(stable.length === 0 ? ['built'] : ['built', 'copied'])

    expect(await attestationsAt(storage, digest)).toHaveLength(store === 'containerd' ? 1 : 0)
    const [stored, ...others] = await imagesAt(storage, digest)
    expect(others).toEqual([])
    expect(stored?.env).toContain(`RELEASED=${tag}`)
    expect(stored?.labels).toEqual({
      'org.opencontainers.image.title': rule,
      'org.opencontainers.image.version': tag,
      'org.opencontainers.image.revision': COMMIT,
      'org.opencontainers.image.source': 'https://github.com/dmwm/WMCore',
      'org.opencontainers.image.ref.name': tag,
      'org.opencontainers.image.url': `https://github.com/dmwm/WMCore/tree/${tag}`,
      'io.github.dmwm.stable-release.context.source': 'https://github.com/dmwm/cmskubernetes',
      'io.github.dmwm.stable-release.context.revision': expect.stringMatching(/^[0-9a-f]{40}$/),
    })
  })

  test('docker finds under the tag and the stable tag what the outputs say', async () => {
    const { outputs } = await bench.step({ tag: '3.0.0', with: { service: 'asked' } })
    const docker = (...args: string[]) => run('docker', args, { env: bench.env })
    const references = [outputs.reference, ...(outputs.tags ?? '').split('\n')].map(name => name ?? '')
    expect(references).toHaveLength(3)
    for (const reference of references) {
      expect(await docker('pull', reference)).toContain(`Digest: ${outputs.digest}`)
      expect(await runImage(docker, reference, 'echo', 'it runs')).toBe('it runs\n')
      if (!buildx) continue
      const raw = await docker('buildx', 'imagetools', 'inspect', '--raw', reference)
      expect(sha256(raw)).toBe(outputs.digest)
    }
  })
})
