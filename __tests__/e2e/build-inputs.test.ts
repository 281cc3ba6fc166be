import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTag } from '../../sandbox/storage.ts'
import { type Bench, startBench } from './bench.ts'
import { imagesAt } from './image.ts'

const ARGUMENTS = {
  SPACES: 'two words  and two spaces',
  QUOTES: `it's "quoted" and \`ticked\``,
  DOLLAR: '$HOME $PATH $(id) $$ {}',
  SHELL: 'a;b|c&d>e<f * ? [x] !y #z \\ ~',
  EQUALS: 'a=b=c',
  EMPTY: '',
  OPTION: '--push --tag=x',
  UTF8: 'žluťoučký 🐎',
}

const FILE = 'build files/other.Dockerfile'

describe.each([
  { store: 'containerd', buildx: true },
  { store: 'classic', buildx: true },
  { store: 'classic', buildx: false },
] as const)('an engine with the $store store, buildx: $buildx', ({ store, buildx }) => {
  let bench: Bench
  beforeAll(async () => {
    const lines = Object.keys(ARGUMENTS).flatMap(name => [`ARG ${name}`, `ENV ${name}=$${name}`])
    bench = await startBench({ engine: { store, buildx }, context: { lines } })
  })
  afterAll(() => bench?.stop())

  const images = async (service: string, tag: string) => {
    const digest = await readTag(bench.registry.storage, `cmswmcore/${service}`, tag)
    return imagesAt(bench.registry.storage, digest ?? `no digest for ${service}:${tag}`)
  }

  test('build-args, labels and file reach the build untouched, each line an argument', async () => {
    const args = Object.entries(ARGUMENTS).map(([name, value]) => `${name}=${value}`)
    const labels = {
      'ch.cern.note': 'it is "quoted", $HOME; two  spaces',
      equals: 'a=b',
      'org.opencontainers.image.title': 'The Request Manager',
    }
    await mkdir(join(bench.workspace, 'build files'))
    await rename(join(bench.workspace, 'service/Dockerfile'), join(bench.workspace, FILE))
    const step = await bench.step({
      tag: '1.0.0',
      env: { ...bench.env, RUNNER_DEBUG: '1' },
      with: {
        service: 'arguments',
        'build-args': `\n${args.join('\r\n')}\n\n`,
        labels: Object.entries(labels)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n'),
        file: FILE,
      },
    })
    expect(step.exitCode, step.log).toBe(0)
    const [image] = await images('arguments', '1.0.0')
    expect(image?.env).toEqual(expect.arrayContaining(args))
    expect(image?.labels).toMatchObject({ ...labels, 'org.opencontainers.image.version': '1.0.0' })
    // They may be secrets, which the debug log has never.
    const [shown] = step.log.split('\n').filter(line => line.startsWith('::debug::docker build'))
    for (const name of Object.keys(ARGUMENTS)) expect(shown).toContain(`--build-arg=${name}=… `)
    expect(shown).not.toContain('two words')
  })
})

test('one build for several platforms is published as one index', async () => {
  const bench = await startBench()
  try {
    const { host, storage } = bench.registry
    const step = await bench.step({
      tag: '2.3.4',
      with: { service: 'platforms', 'build-options': '--platform=linux/amd64,linux/arm64' },
    })
    expect(step).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    const digest = (await readTag(storage, 'cmswmcore/platforms', '2.3.4')) ?? 'none'
    expect(await readTag(storage, 'cmswmcore/platforms', '2.3.4-stable')).toBe(digest)
    expect(step.outputs.reference).toBe(`${host}/cmswmcore/platforms@${digest}`)
    const platforms = (await imagesAt(storage, digest)).map(({ platform }) => platform)
    expect(platforms.toSorted()).toEqual(['linux/amd64', 'linux/arm64'])
  } finally {
    await bench.stop()
  }
})
