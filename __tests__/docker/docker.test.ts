import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Build, buildAndPush, buildLocally } from '../../src/docker/build.ts'
import { Docker } from '../../src/docker/docker.ts'
import { findLocalImage } from '../../src/docker/local-image.ts'
import { withLogin } from '../../src/docker/login.ts'
import { pushImage } from '../../src/docker/push.ts'
import { recordingLog } from '../gates/surroundings.ts'
import { temporaryFolder } from '../inputs/order.ts'
import { digest } from '../reconcile/world.ts'
import { type DockerAnswer, RecordedDocker } from './recorded-docker.ts'

const temporary = temporaryFolder()
const REPOSITORY = 'ghcr.io/cmswmcore/reqmgr2'
const reference = `${REPOSITORY}:2.3.4`
const build: Build = {
  context: '.',
  file: undefined,
  buildArgs: [],
  labels: [],
  options: ['--pull'],
  optionsName: 'the input build-options',
}

/** The beginning of a call, and how docker answers it; or what it does then. */
type Answers = Readonly<Record<string, DockerAnswer | ((args: readonly string[]) => Promise<DockerAnswer>)>>

/** A docker that gives these answers, and the calls that it got. Podman says so. */
const dockerWith = (answers: Answers) => {
  const calls: string[] = []
  const log = recordingLog()
  const docker = new RecordedDocker(async args => {
    const call = args.join(' ')
    calls.push(call)
    const [, answer] = Object.entries(answers).find(([start]) => call.startsWith(start)) ?? []
    if (answer === undefined) return { exitCode: 1, tail: `no such command: ${call}` }
    return typeof answer === 'function' ? answer(args) : answer
  }, log)
  return { docker, calls, log }
}

const ENGINE = { version: { stdout: '29.0.0' }, '--version': { stdout: 'Docker version 29.0.0' } }
const NO_ENGINE = { '--version': ENGINE['--version'] }
const UNKNOWN = { exitCode: 125, tail: 'unknown flag: --push\nSee docker build --help', isRefused: true }

/** buildx, which writes down what it has built. */
const buildx =
  (metadata: string | undefined): ((args: readonly string[]) => Promise<DockerAnswer>) =>
  async args => {
    const file = args.find(arg => arg.startsWith('--metadata-file='))?.slice('--metadata-file='.length)
    if (metadata !== undefined && file !== undefined) await writeFile(file, metadata)
    return {}
  }

describe('what docker says that it has pushed', () => {
  const start = (metadata: string | undefined) => {
    const { docker, log } = dockerWith({ ...ENGINE, 'buildx build': buildx(metadata) })
    return buildAndPush(docker, build, { reference, temporary, log, again: false })
  }
  const [built, found] = [digest('a'), digest('b')]

  test.each([
    {
      metadata: { 'containerimage.descriptor': { digest: built }, 'containerimage.digest': found },
      is: built,
    },
    { metadata: { 'containerimage.digest': found }, is: found },
  ])('is $is', async ({ metadata, is }) => {
    expect(await start(JSON.stringify(metadata))).toEqual([is])
  })

  test.each([
    { what: 'no file', metadata: undefined },
    { what: 'no JSON', metadata: '{' },
    { what: 'no digest', metadata: '{"containerimage.digest":"abc"}' },
  ])('must be known: $what', async ({ metadata }) => {
    await expect(start(metadata)).rejects.toMatchObject({ name: 'push-failed' })
  })
})

test('without buildx the legacy builder builds, and docker pushes', async () => {
  const { docker, calls, log } = dockerWith({
    ...ENGINE,
    buildx: UNKNOWN,
    build: {},
    push: {},
    'image inspect': {
      stdout: JSON.stringify([`other/image@${digest('b')}`, `${REPOSITORY}@${digest('a')}`]),
    },
  })
  const pushed = await buildAndPush(docker, build, { reference, temporary, log, again: false })
  expect(pushed).toEqual([digest('a')])
  expect(calls.filter(call => /^(?:build|push) /.test(call))).toEqual([
    `build --tag=${reference} --pull -- .`,
    `push ${reference}`,
  ])
  expect(log.lines).toEqual([expect.stringMatching(/^notice Built without buildx/)])
})

test('a second attempt builds nothing anew', async () => {
  const { docker, calls, log } = dockerWith({
    ...ENGINE,
    buildx: buildx(JSON.stringify({ 'containerimage.digest': digest('a') })),
  })
  await buildAndPush(docker, build, { reference, temporary, log, again: true })
  expect(calls.join('\n')).not.toContain('--pull')
})

describe('a build that fails', () => {
  test.each([
    {
      says: 'ERROR: process "/bin/sh -c pip install x" did not complete',
      name: 'build-failed',
      retried: false,
    },
    { says: 'ERROR: failed to push: 403 Forbidden', name: 'push-failed', retried: false },
    { says: 'ERROR: failed to push: unexpected EOF', name: 'push-failed', retried: true },
    { says: 'ERROR: failed to push: unknown blob', name: 'push-failed', retried: true },
    {
      says: 'ERROR: failed to push: 412 Precondition Failed: immutable',
      name: 'push-failed',
      retried: false,
    },
    { says: 'ERROR: failed to solve: unknown blob', name: 'build-failed', retried: false },
    { says: 'unknown flag: --pull', name: 'invalid-input', retried: false },
  ])('$says: $name', async ({ says, name, retried }) => {
    const { docker, log } = dockerWith({ ...ENGINE, buildx: { exitCode: 1, tail: says } })
    const error = await buildAndPush(docker, build, { reference, temporary, log, again: false }).catch(e => e)
    expect(error).toMatchObject({ name })
    expect(error.constructor.name === 'PushInterruptedError').toBe(retried)
  })

  test('as there is no engine, is told as that', async () => {
    const { docker, log } = dockerWith({ ...NO_ENGINE, buildx: { exitCode: 1, tail: 'ERROR: no daemon' } })
    await expect(
      buildAndPush(docker, build, { reference, temporary, log, again: false }),
    ).rejects.toMatchObject({ name: 'docker-missing' })
  })
})

test.each([
  {
    builder: 'buildx',
    answers: { 'buildx version': { stdout: 'github.com/docker/buildx v0.30' } },
    call: 'buildx build --load ',
  },
  { builder: 'the legacy builder', answers: {}, call: 'build ' },
  { builder: "podman's", answers: { 'buildx version': { stdout: 'buildah 1.39' } }, call: 'build ' },
])('an image is left in the engine by $builder, under every tag', async ({ answers, call }) => {
  const { docker, calls } = dockerWith({ ...ENGINE, ...answers, 'buildx build': {}, 'build ': {} })
  await buildLocally(docker, build, [reference, `${reference}-stable`])
  expect(calls.at(-1)).toBe(`${call}--tag=${reference} --tag=${reference}-stable --pull -- .`)
})

test('the debug log has the names of build arguments and secrets, and not what they are', async () => {
  const lines: string[] = []
  const log = { ...recordingLog(), debug: (line: string) => void lines.push(line) }
  // Nothing is started: what is shown is shown before.
  const docker = new Docker({ env: {}, log, signal: AbortSignal.abort(), cwd: '.' })
  const given = [
    ...['--build-arg=TOKEN=V4lue', '--build-arg=TOKEN==V4lue\nV4lue', '--build-arg=FROM_ENV'],
    ...['--secret=id=pip,env=V4lue', '--ssh=default=V4lue', '--build-context=a=https://V4lue/'],
    ...['--cache-to=type=gha,token=V4lue', '--cache-from=type=s3,secret_access_key=V4lue'],
  ]
  await expect(docker.run(['build', ...given, '--label=a=1', '--', '.'])).rejects.toThrow()
  const shown = ['TOKEN=…', 'TOKEN=…', 'FROM_ENV'].map(argument => `--build-arg=${argument}`)
  const others = ['secret', 'ssh', 'build-context', 'cache-to', 'cache-from'].map(name => `--${name}=…`)
  expect(lines).toEqual([`docker build ${[...shown, ...others].join(' ')} --label=a=1 -- .`])
})

describe('an image of the engine', () => {
  const image = {
    Id: 'sha256:1',
    Config: { Labels: { a: 'b', n: 1 } },
    RepoDigests: [`${REPOSITORY}@${digest('a')}`],
  }
  const found = { id: 'sha256:1', labels: { a: 'b' }, digests: [digest('a')] }
  test.each([
    { what: "docker's form", said: image, is: found },
    { what: "podman's, a list", said: [image], is: found },
    {
      what: 'without labels',
      said: { Id: 'sha256:1', Config: {} },
      is: { id: 'sha256:1', labels: {}, digests: [] },
    },
  ])('$what', async ({ said, is }) => {
    const { docker } = dockerWith({ 'image inspect': { stdout: JSON.stringify(said) } })
    expect(await findLocalImage(docker, reference)).toEqual(is)
  })

  test('is not there, where the engine answers', async () => {
    expect(await findLocalImage(dockerWith(ENGINE).docker, reference)).toBeUndefined()
    await expect(findLocalImage(dockerWith(NO_ENGINE).docker, reference)).rejects.toMatchObject({
      name: 'docker-missing',
    })
  })
})

test('podman writes down what it has pushed', async () => {
  const { docker } = dockerWith({
    '--version': { stdout: 'podman version 5.4' },
    push: async args => {
      const file = args.find(arg => arg.startsWith('--digestfile='))?.slice('--digestfile='.length) ?? ''
      await writeFile(file, `${digest('a')}\n`)
      return {}
    },
  })
  expect(await pushImage(docker, reference, temporary)).toEqual([digest('a')])
})

describe('a login', () => {
  const at = {
    registry: 'ghcr.io',
    credentials: { kind: 'password', username: 'bob', password: 'S3cret' },
  } as const
  const start = (answers: Answers, pause = async () => false) => {
    const { docker, calls, log } = dockerWith({ ...ENGINE, ...answers })
    const used = withLogin(docker, at, { log, temporary, pause }, async () => 'used')
    return { used, calls, log }
  }

  test('has no password among its arguments', async () => {
    const { used, calls } = start({ login: {} })
    expect(await used).toBe('used')
    expect(calls.filter(call => call.startsWith('login'))).toEqual([
      'login --username bob --password-stdin ghcr.io',
    ])
    expect(calls.join('\n')).not.toContain('S3cret')
  })

  test('that is refused is an error, without another attempt', async () => {
    const { used, calls } = start({ login: { exitCode: 1, tail: 'unauthorized' } }, async () => true)
    await expect(used).rejects.toMatchObject({ name: 'login-failed' })
    expect(calls.filter(call => call.startsWith('login'))).toHaveLength(1)
  })

  test.each([
    'Error: i/o timeout',
    'Error response from daemon: Get "https://ghcr.io/v2/": http2: server sent GOAWAY',
  ])('that fails for a reason that may pass is tried again while there is time: %s', async tail => {
    let left = 2
    const { used, calls } = start({ login: { exitCode: 1, tail } }, async () => {
      left -= 1
      return left >= 0
    })
    await expect(used).rejects.toMatchObject({ name: 'login-failed' })
    expect(calls.filter(call => call.startsWith('login'))).toHaveLength(3)
  })
})
