import { createHash } from 'node:crypto'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../sandbox/command.ts'
import { writeSampleContext } from '../../sandbox/sample-context.ts'
import { listTags, readBlob, readTag } from '../../sandbox/storage.ts'
import { COMMIT } from './action.ts'
import { type Bench, startBench } from './bench.ts'
import { attestationsAt, imagesAt } from './image.ts'
import { runImage } from './run-image.ts'

/** Build arguments that a shell would change. */
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
  const docker = (...args: string[]) => run('docker', args, { env: bench.env })

  test.each([
    { tag: '2.3.4', rule: 'final', stable: ['2.3.4-stable'] },
    { tag: '2.3.5rc1', rule: 'candidate', stable: [] },
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

  test('what a job builds and tests is what it pushes', async () => {
    const image = `${bench.registry.host}/cmswmcore/tested`
    const published = () => listTags(bench.registry.storage, 'cmswmcore/tested')
    const step = (command: string) => bench.step({ tag: '2.3.4', with: { command, service: 'tested' } })
    const built = await step('build')
    expect(built, built.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    const nothing = { 'is-stable': 'false', digest: '', reference: '' }
    expect(built.outputs).toMatchObject({ image, tag: '2.3.4', rule: 'final', ...nothing })
    expect(await published()).toEqual([])

    // The next step of the job finds the image by what the build says of it.
    const reference = `${built.outputs.image}:${built.outputs.tag}`
    expect(await runImage(docker, reference, 'sh', '-c', 'echo $RELEASED')).toBe('2.3.4\n')

    const pushed = await step('push')
    expect(pushed, pushed.log).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    expect(await published()).toEqual(['2.3.4', '2.3.4-stable'])
    const digest = await readTag(bench.registry.storage, 'cmswmcore/tested', '2.3.4-stable')
    expect(pushed.outputs).toMatchObject({ digest, 'stable-tags': `${image}:2.3.4-stable`, withheld: '' })
    const [stored] = await imagesAt(bench.registry.storage, digest ?? '')
    expect(stored?.labels).toMatchObject({ 'org.opencontainers.image.revision': COMMIT })
  })

  test('build-args, labels and file reach the build untouched, each line an argument', async () => {
    const args = Object.entries(ARGUMENTS).map(([name, value]) => `${name}=${value}`)
    const lines = Object.keys(ARGUMENTS).flatMap(name => [`ARG ${name}`, `ENV ${name}=$${name}`])
    const labels = {
      'ch.cern.note': 'it is "quoted", $HOME; two  spaces',
      equals: 'a=b',
      'org.opencontainers.image.title': 'The Request Manager',
    }
    await writeSampleContext(join(bench.workspace, 'arguments'), { lines })
    await mkdir(join(bench.workspace, 'build files'))
    await rename(join(bench.workspace, 'arguments/Dockerfile'), join(bench.workspace, FILE))
    const step = await bench.step({
      tag: '1.0.0',
      env: { ...bench.env, RUNNER_DEBUG: '1' },
      with: {
        service: 'arguments',
        context: 'arguments',
        'build-args': `\n${args.join('\r\n')}\n\n`,
        labels: Object.entries(labels)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n'),
        file: FILE,
      },
    })
    expect(step.exitCode, step.log).toBe(0)
    const [image] = await imagesAt(bench.registry.storage, step.outputs.digest ?? '')
    expect(image?.env).toEqual(expect.arrayContaining(args))
    expect(image?.labels).toMatchObject({ ...labels, 'org.opencontainers.image.version': '1.0.0' })
    // They may be secrets, which the debug log has never.
    const [shown] = step.log.split('\n').filter(line => line.startsWith('::debug::docker build'))
    for (const name of Object.keys(ARGUMENTS)) expect(shown).toContain(`--build-arg=${name}=… `)
    expect(shown).not.toContain('two words')
  })

  // The classic store has no index.
  if (store !== 'containerd') return
  test('one build for several platforms is published as one index', async () => {
    const { storage } = bench.registry
    const options = '--platform=linux/amd64,linux/arm64'
    const step = await bench.step({ tag: '2.3.4', with: { service: 'platforms', 'build-options': options } })
    expect(step).toMatchObject({ exitCode: 0, annotations: [], leftBehind: [] })
    const digest = step.outputs.digest ?? ''
    expect(await readTag(storage, 'cmswmcore/platforms', '2.3.4-stable')).toBe(digest)
    const platforms = (await imagesAt(storage, digest)).map(({ platform }) => platform)
    expect(platforms.toSorted()).toEqual(['linux/amd64', 'linux/arm64'])
  })
})
