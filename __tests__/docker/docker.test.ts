import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Build, buildAndPush, buildLocally } from '../../src/docker/build.ts'
import { BuildFailedError } from '../../src/docker/build-failure.ts'
import { Docker } from '../../src/docker/docker.ts'
import { findLocalImage } from '../../src/docker/local-image.ts'
import { PushInterruptedError } from '../../src/docker/push.ts'
import { field } from '../../src/json.ts'
import { REVISION_LABEL } from '../../src/registry/labels.ts'
import { recordingLog } from '../gates/surroundings.ts'
import { temporaryFolder } from '../inputs/order.ts'
import { digest } from '../reconcile/world.ts'
import { type DockerAnswer, RecordedDocker } from './recorded-docker.ts'

const REPOSITORY = 'ghcr.io/cmswmcore/reqmgr2'
const reference = `${REPOSITORY}:2.3.4`
const BARE: Build = { context: '.', file: undefined, buildArgs: [], labels: [], options: [] }
const [A, B] = [digest('a'), digest('b')]

/** How docker answers, by the beginning of a call, and what it writes into a file that an argument names. */
type Answers = Readonly<Record<string, DockerAnswer & { readonly writes?: string }>>

const ENGINE = { version: { stdout: '29.0.0' }, '--version': { stdout: 'Docker version 29.0.0' } }
const PODMAN = { '--version': { stdout: 'podman version 5.4.2' } }
/** A docker without buildx, which builds. */
const LEGACY = {
  ...ENGINE,
  buildx: { exitCode: 125, tail: "unknown flag: --push\nSee 'docker --help'.\n" },
  build: {},
}

/** A docker that gives these answers, and the calls that it gets. */
function dockerWith(answers: Answers) {
  const calls: string[][] = []
  const log = recordingLog()
  const docker = new RecordedDocker(async args => {
    calls.push([...args])
    const [, answer] = Object.entries(answers).find(([start]) => args.join(' ').startsWith(start)) ?? []
    const { writes, ...given } = answer ?? { exitCode: 1, tail: 'no such command' }
    const [, file] = /--(?:metadata-|digest)file=(\S+)/.exec(args.join(' ')) ?? []
    if (writes !== undefined && file !== undefined) await writeFile(file, writes)
    return given
  }, log)
  return { docker, calls, log }
}

/** Builds and pushes with a docker of these answers. */
function release(answers: Answers, build: Partial<Build> = {}, again = false) {
  const { docker, calls, log } = dockerWith(answers)
  const temporary = temporaryFolder()
  const pushed = buildAndPush(docker, { ...BARE, ...build }, { reference, temporary, log, again })
  return { pushed, calls, log, temporary }
}

test.each<{ build: Partial<Build>; middle?: string[]; context?: string; again?: boolean }>([
  { build: {} },
  { build: { file: 'docker/My File' }, middle: ['--file=docker/My File'] },
  { build: { buildArgs: ['W=a "c" $(d)', 'ENV'] }, middle: ['--build-arg=W=a "c" $(d)', '--build-arg=ENV'] },
  { build: { context: '--push' }, context: '--push' },
  {
    build: { file: 'f', buildArgs: ['A=1'], labels: ['b=2', 'empty='], options: ['--pull', '--no-cache'] },
    middle: ['--file=f', '--build-arg=A=1', '--label=b=2', '--label=empty=', '--pull', '--no-cache'],
  },
  // What was built is only pushed again.
  {
    build: { options: ['--pull', '--no-cache', '--no-cache-filter=x', '--pull=true', '--pulled'] },
    middle: ['--pulled'],
    again: true,
  },
])('the arguments of docker for $build', async ({ build, middle = [], context = '.', again = false }) => {
  const { calls, pushed, temporary } = release({ ...LEGACY, push: {} }, build, again)
  await pushed
  const rest = [`--tag=${reference}`, ...middle, '--', context]
  expect(calls.slice(0, 2)).toEqual([
    ['buildx', 'build', '--push', `--metadata-file=${temporary}/metadata.json`, ...rest],
    ['build', ...rest],
  ])
})

test.each([
  { answers: { buildx: {} }, built: ['buildx', 'build', '--load'] },
  { answers: LEGACY, built: ['build'] },
])('an image that stays in the engine is built by $built', async ({ answers, built }) => {
  const { docker, calls } = dockerWith(answers)
  await buildLocally(docker, BARE, [reference, `${reference}-stable`])
  expect(calls.at(-1)).toEqual([...built, `--tag=${reference}`, `--tag=${reference}-stable`, '--', '.'])
})

test('the debug log hides build arguments, and where secrets and caches are', async () => {
  const lines: string[] = []
  const log = { ...recordingLog(), debug: (line: string) => void lines.push(line) }
  // Nothing is started: what is shown is shown before.
  const docker = new Docker({ env: {}, log, signal: AbortSignal.abort(), cwd: '.' })
  const given = [
    ...['--build-arg=TOKEN=V4lue', '--build-arg=TOKEN==V4lue\nV4lue', '--build-arg=FROM_ENV'],
    ...['--secret=id=pip,env=V4lue', '--ssh=default=V4lue', '--build-context=a=https://V4lue/'],
    ...['--cache-to=type=gha,token=V4lue', '--cache-from=type=s3,secret_access_key=V4lue', '--label=a=1'],
  ]
  await expect(docker.run(['build', ...given])).rejects.toThrow()
  expect(lines).toEqual([
    'docker build --build-arg=TOKEN=… --build-arg=TOKEN=… --build-arg=FROM_ENV --secret=… --ssh=… --build-context=… --cache-to=… --cache-from=… --label=a=1',
  ])
})

function built(metadata: object): Answers {
  return { ...ENGINE, buildx: { writes: JSON.stringify(metadata) } }
}
const RepoDigests = [`ghcr.io/cmswmcore/reqmon2@${B}`, `${REPOSITORY}@${A}`]
const inspected = { stdout: JSON.stringify({ Id: '1', RepoDigests }) }

test.each<{ what: string; answers: Answers; notices: number }>([
  {
    what: 'what BuildKit describes',
    answers: built({ 'containerimage.descriptor': { digest: A }, 'containerimage.digest': B }),
    notices: 0,
  },
  { what: 'else what buildx found', answers: built({ 'containerimage.digest': A }), notices: 0 },
  { what: 'what the engine has', answers: { ...LEGACY, push: {}, 'image inspect': inspected }, notices: 1 },
  { what: 'what podman notes', answers: { ...LEGACY, ...PODMAN, push: { writes: `${A}\n` } }, notices: 1 },
])('what was pushed is $what', async ({ answers, notices }) => {
  const { pushed, log } = release(answers)
  expect(await pushed).toEqual([A])
  expect(log.lines).toHaveLength(notices)
})

const NO_CACHE = '------\n > exporting cache to registry:\n------\nERROR: failed to solve:'
const fails = (tail: string) => ({ exitCode: 1, tail })

test.each<{ answers: Answers; name: string; isRetried?: boolean }>([
  { answers: { buildx: fails('ERROR: process "/bin/sh -c x" did not complete') }, name: 'build-failed' },
  { answers: { buildx: fails('ERROR: failed to solve: unknown blob') }, name: 'build-failed' },
  { answers: { buildx: { exitCode: undefined, tail: 'exporting' } }, name: 'build-failed' },
  { answers: { buildx: fails('ERROR: failed to push: 403 Forbidden') }, name: 'push-failed' },
  { answers: { buildx: fails('ERROR: failed to push: EOF') }, name: 'push-failed', isRetried: true },
  { answers: { buildx: fails('ERROR: failed to push: unknown blob') }, name: 'push-failed', isRetried: true },
  { answers: { buildx: fails(`${NO_CACHE} unavailable`) }, name: 'cache-not-written' },
  { answers: { buildx: fails(`${NO_CACHE} i/o timeout`) }, name: 'push-failed', isRetried: true },
  { answers: { buildx: fails('unknown flag: --pull') }, name: 'invalid-input' },
  { answers: { buildx: fails('ERROR: no daemon'), version: fails('') }, name: 'docker-missing' },
  { answers: { buildx: fails('ERROR: failed to push: EOF'), version: fails('') }, name: 'docker-missing' },
  // It did not say what it pushed.
  { answers: { buildx: {} }, name: 'push-failed' },
  { answers: { buildx: { writes: '{' } }, name: 'push-failed' },
  { answers: built({ 'containerimage.digest': 'abc' }), name: 'push-failed' },
  // Of the legacy builder, a step may say anything.
  { answers: { ...LEGACY, build: fails('error: failed to push some refs') }, name: 'build-failed' },
  { answers: { ...LEGACY, push: fails('denied: no right') }, name: 'push-failed' },
  { answers: { ...LEGACY, push: fails('unexpected EOF') }, name: 'push-failed', isRetried: true },
])('$answers: $name, tried again: $isRetried', async ({ answers, name, isRetried = false }) => {
  const { pushed } = release({ ...ENGINE, ...answers }, { options: ['--pull'] })
  const error = await pushed.catch((reason: unknown) => reason)
  expect(error).toMatchObject({ name })
  expect(error instanceof PushInterruptedError).toBe(isRetried)
  expect(error instanceof BuildFailedError).toBe(name === 'build-failed')
})

const noBase = (why: string) => {
  const step = '[internal] load metadata for a.example/base:1'
  return fails(`------\n > ${step}:\n------\nERROR: failed to solve: a.example/base:1: ${why}`)
}
test.each<{ what: string; buildx: DockerAnswer; remedy: RegExp }>([
  { what: 'a base image that is private', buildx: noBase('403 Forbidden'), remedy: /private.*log in before/ },
  {
    what: 'a name that can not be looked up',
    buildx: noBase('dial tcp: lookup a.example: no such host'),
    remedy: /^Check its name\. If it is right, run it again/,
  },
  {
    what: 'a step',
    buildx: fails('ERROR: process "x"'),
    remedy: /run it again; also after a fix in the repository of the Dockerfile.*push a new git tag\.$/,
  },
])('what helps after $what', async ({ buildx, remedy }) => {
  const { pushed } = release({ ...ENGINE, buildx })
  await expect(pushed).rejects.toMatchObject({ name: 'build-failed', remedy: expect.stringMatching(remedy) })
})

test.each([
  { tail: `${NO_CACHE} i/o timeout`, name: 'cache-not-written' },
  { tail: 'ERROR: failed to solve', name: 'build-failed' },
])('a build for the engine alone that fails: $name', async ({ tail, name }) => {
  const { docker } = dockerWith({ ...ENGINE, buildx: fails(tail) })
  await expect(buildLocally(docker, BARE, [reference])).rejects.toMatchObject({ name })
})

test.each([
  { builder: 'docker', name: 'docker-missing' },
  { builder: 'docker-container', name: 'docker-missing' },
  { builder: 'remote', name: undefined },
  { builder: 'kubernetes', name: undefined },
])('without an engine, a builder of the driver $builder: $name', async ({ builder, name }) => {
  const inspected = { stdout: `Name:          r\nDriver:        ${builder}\n\nNodes:\nName:     r0\n` }
  const { docker } = dockerWith({
    version: fails('Is the docker daemon running?'),
    'buildx inspect': inspected,
  })
  const error: unknown = await docker.requireEngine().catch((reason: unknown) => reason)
  expect(field(error, 'name')).toBe(name)
})

describe('an image of the engine', () => {
  const Config = { Labels: { [REVISION_LABEL]: 'c0ffee' } }
  const image = { Id: '1', Config, RepoDigests }
  const found = { id: '1', revision: 'c0ffee', digests: [A] }
  test.each([
    { said: image, is: found },
    // podman's form.
    { said: [image], is: found },
    { said: { Id: '1' }, is: { id: '1', revision: undefined, digests: [] } },
  ])('of which docker says $said', async ({ said, is }) => {
    const { docker } = dockerWith({ 'image inspect': { stdout: JSON.stringify(said) } })
    expect(await findLocalImage(docker, reference)).toEqual(is)
  })

  test('is not there, where the engine answers', async () => {
    expect(await findLocalImage(dockerWith(ENGINE).docker, reference)).toBeUndefined()
    const missing = findLocalImage(dockerWith({}).docker, reference)
    await expect(missing).rejects.toMatchObject({ name: 'docker-missing' })
  })
})
