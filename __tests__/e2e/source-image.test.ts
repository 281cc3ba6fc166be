import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readBlob } from '../../sandbox/storage.ts'
import { COMMIT, runStep } from './action.ts'
import { ACCOUNT, type CopyBench, startCopyBench } from './copied.ts'
import { attestationsAt, imagesAt } from './image.ts'

const TAGS = ['2.3.4', '2.3.4-stable']

describe.each([
  { store: 'containerd', platforms: ['linux/amd64', 'linux/arm64'] },
  { store: 'classic', platforms: ['linux/amd64'] },
] as const)('an image of $platforms, built with the $store store', ({ store, platforms }) => {
  let bench: CopyBench
  let source: string
  let digest: string
  beforeAll(async () => {
    bench = await startCopyBench(store)
    source = await bench.push('ci/service', `--platform=${platforms.join(',')}`)
    digest = await bench.digestAt(source)
  })
  afterAll(() => bench?.stop())

  const release = (service: string, inputs: Partial<Record<string, string>>, env: NodeJS.ProcessEnv) =>
    runStep({
      tag: '2.3.4',
      env,
      with: { registry: bench.registry.host, project: 'ci', service, 'source-image': source, ...inputs },
    })

  test.each([
    { to: 'the same repository', project: 'ci', service: 'service', by: 'tag' },
    { to: 'another project', project: 'cmswmcore', service: 'tagged', by: 'tag' },
    { to: 'another project', project: 'cmswmcore', service: 'service', by: 'digest' },
    { to: 'another registry', project: 'cmswmcore', service: 'service', by: 'tag' },
  ])('is released to $to, whole, by its $by, without docker', async row => {
    const { to, project, service, by } = row
    const isElsewhere = to === 'another registry'
    const registry = isElsewhere ? bench.closed : bench.registry
    const given = by === 'tag' ? source : source.replace(':tested', `@${digest}`)
    const at = { registry: registry.host, project, 'source-image': given, ...(isElsewhere ? ACCOUNT : {}) }
    // The login of docker is not needed, nor skopeo in the same repository.
    const path = project === 'ci' ? '/nowhere' : bench.skopeoAlone
    const env = { ...bench.withSkopeo, PATH: path, DOCKER_CONFIG: '/nowhere' }
    const step = await release(service, at, env)
    expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    const image = `${registry.host}/${project}/${service}`
    const tags = TAGS.map(tag => `${image}:${tag}`)
    expect(step.outputs).toMatchObject({ digest, tags: tags.join('\n'), 'is-stable': 'true' })
    if (by === 'tag') expect(step.log).toContain(`${given} is ${digest.slice(0, 19)}`)
    for (const tag of tags) expect(await bench.digestAt(tag)).toBe(digest)
    // Its parts, by the digests that the index or manifest names.
    const stored = await imagesAt(registry.storage, digest)
    expect(stored.map(({ platform }) => platform)).toEqual(platforms)
    if (store === 'containerd') expect(await attestationsAt(registry.storage, digest)).toHaveLength(2)
    for (const part of await partsOf(registry.storage, digest))
      expect(await bench.digestAt(`${image}@${part}`)).toBe(part)
    expect(step.log).not.toContain(ACCOUNT.password)
  })

  test("its source is read with docker's login in another registry", async () => {
    const given = `${bench.closed.host}/cmswmcore/service:2.3.4`
    const step = await release('from-closed', { 'source-image': given }, bench.withSkopeo)
    expect(step, step.log).toMatchObject({ exitCode: 0, annotations: [] })
    expect(await bench.digestAt(`${bench.registry.host}/ci/from-closed:2.3.4-stable`)).toBe(digest)
  })

  test('one of another commit is refused, and nothing is asked without skopeo, or without its policy', async () => {
    const wrong = { tag: '2.3.4', sha: COMMIT.replaceAll('0', 'f'), env: bench.withSkopeo }
    const inputs = { registry: bench.registry.host, project: 'ci', service: 'none', 'source-image': source }
    expect((await runStep({ ...wrong, with: inputs })).log).toContain('failed with wrong-origin')
    const asked = bench.registry.requests().length
    const bin = await mkdtemp(join(tmpdir(), 'skopeo-'))
    const hidden = '[ ! -d /etc/containers ] || mount --no-mtab -t tmpfs tmpfs /etc/containers'
    const skopeo = `exec unshare --mount -- sh -c '${hidden}; exec "$@"' sh '${bench.skopeoAlone}/skopeo' "$@"`
    await writeFile(join(bin, 'skopeo'), `#!/bin/sh\n${skopeo}\n`, { mode: 0o755 })
    const { PATH } = bench.withSkopeo
    for (const env of [{ PATH: '/nowhere' }, { PATH: `${bin}:${PATH}`, HOME: '/nowhere' }]) {
      const { log } = await release('none', {}, { ...bench.withSkopeo, ...env })
      expect(log).toContain('failed with skopeo-missing')
    }
    expect(bench.registry.requests()).toHaveLength(asked)
    await rm(bin, { recursive: true })
  })
})

/** What an index lists. */
async function partsOf(storage: string, digest: string): Promise<string[]> {
  const { manifests = [] } = JSON.parse((await readBlob(storage, digest)).toString())
  return manifests.map((part: { digest: string }) => part.digest)
}
