import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import type { Docker, DockerResult } from './docker.ts'

/** What is built, and how. Everything here reaches docker as an argument of its own. */
export interface Build {
  /** A path, or an address that docker can fetch. */
  readonly context: string
  readonly file: string | undefined
  /** `NAME=value`, or `NAME` for the value in the environment. */
  readonly buildArgs: readonly string[]
  readonly labels: readonly string[]
  /** Further options of `docker buildx build`, such as `--platform=linux/arm64`. */
  readonly options: readonly string[]
}

/** The arguments that say what is built under which reference, for buildx and for the legacy builder alike. */
const commonArguments = ({ file, buildArgs, labels, options }: Build, reference: string): string[] => [
  `--tag=${reference}`,
  ...(file === undefined ? [] : [`--file=${file}`]),
  ...buildArgs.map(argument => `--build-arg=${argument}`),
  ...labels.map(label => `--label=${label}`),
  ...options,
]

/** The arguments that build and push with buildx; what was pushed is written into `metadataFile`. */
export const buildxArguments = (build: Build, reference: string, metadataFile: string): string[] => [
  'buildx',
  'build',
  '--push',
  `--metadata-file=${metadataFile}`,
  ...commonArguments(build, reference),
  '--',
  build.context,
]

/** The arguments that build with whatever builder `docker build` has. */
export const buildArguments = (build: Build, reference: string): string[] => [
  'build',
  ...commonArguments(build, reference),
  '--',
  build.context,
]

/** A failed build, with the end of what docker said. */
export class BuildFailedError extends ReleaseError {
  readonly output: string

  constructor(options: { what: string; wayOut: string; output: string }) {
    super('build-failed', options)
    this.output = options.output
  }
}

/** A push that broke for a reason that may pass; what was built is still there. */
export class PushInterruptedError extends ReleaseError {
  constructor(options: { what: string; wayOut: string }) {
    super('push-failed', options)
  }
}

/** What docker and BuildKit say when the connection or the registry, not the request, was at fault. */
const PASSING =
  /\b(?:408|429|5[0-9][0-9]) |too many requests|internal server error|bad gateway|service unavailable|gateway timeout|connection re(?:set|fused)|broken pipe|unexpected EOF|: EOF|i\/o timeout|TLS handshake timeout|deadline exceeded|temporary failure in name resolution|unexpected status.*: 5/i

/** Options that would build anew what has been built. */
const ANEW = /^--(?:no-cache(?:-filter)?|pull)(?:=|$)/

/** The same build with everything that has been built taken from the cache. */
const fromCache = (build: Build): Build => ({
  ...build,
  options: build.options.filter(option => !ANEW.test(option)),
})

/** Tells a failed build from an engine that is not there. */
const failure = async (
  docker: Docker,
  name: 'build-failed' | 'push-failed',
  reference: string,
  result: DockerResult,
): Promise<ReleaseError> => {
  await docker.requireEngine()
  const verb = name === 'build-failed' ? 'built' : 'pushed'
  const what = `${reference} was not ${verb}: docker ended with exit status ${result.exitCode}: ${result.lastLine}`
  if (name === 'build-failed') {
    return new BuildFailedError({
      what,
      wayOut:
        "No other tag was written. Docker's output above shows the step that failed; mend it and run the job again.",
      output: result.tail,
    })
  }
  const wayOut = 'No other tag was written. Check that the account may push there, then run the job again.'
  return PASSING.test(result.tail)
    ? new PushInterruptedError({ what, wayOut })
    : new ReleaseError(name, { what, wayOut })
}

/** A failure while the pushed bytes are on their way is one of the push, though one command does both. */
const isPushFailure = ({ tail }: DockerResult): boolean =>
  /failed to push|failed to authorize|push access denied|insufficient_scope/i.test(tail)

const digestInMetadata = async (file: string, reference: string): Promise<Digest> => {
  let digest: unknown
  try {
    const metadata: unknown = JSON.parse(await readFile(file, 'utf8'))
    digest =
      typeof metadata === 'object' && metadata !== null
        ? Reflect.get(metadata, 'containerimage.digest')
        : undefined
  } catch (error) {
    throw new ReleaseError('push-failed', {
      what: `docker did not write down what it pushed as ${reference}.`,
      wayOut: 'Update the buildx plug-in of the runner.',
      cause: error,
    })
  }
  if (isDigest(digest)) return digest
  throw new ReleaseError('push-failed', {
    what: `docker did not say which digest it pushed as ${reference}.`,
    wayOut: 'Use a builder that pushes to the registry itself; its driver may not be able to.',
  })
}

const withBuildx = async (
  docker: Docker,
  build: Build,
  reference: string,
  temporary: string,
): Promise<Digest[]> => {
  const folder = await mkdtemp(join(temporary, 'build-'))
  try {
    const metadataFile = join(folder, 'metadata.json')
    const result = await docker.run(buildxArguments(build, reference, metadataFile), { show: true })
    if (result.exitCode !== 0) {
      throw await failure(docker, isPushFailure(result) ? 'push-failed' : 'build-failed', reference, result)
    }
    return [await digestInMetadata(metadataFile, reference)]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The digests under which the engine knows that an image is in a repository. There may be several, when
 * the same image was pushed in other forms before.
 */
const repositoryDigests = async (docker: Docker, reference: string): Promise<Digest[]> => {
  const { exitCode, stdout } = await docker.run([
    'image',
    'inspect',
    '--format={{json .RepoDigests}}',
    reference,
  ])
  let digests: unknown
  try {
    digests = exitCode === 0 ? JSON.parse(stdout) : undefined
  } catch {
    digests = undefined
  }
  const repository = reference.slice(0, reference.lastIndexOf(':'))
  return Array.isArray(digests)
    ? digests
        .filter(entry => typeof entry === 'string' && entry.startsWith(`${repository}@`))
        .map((entry: string) => entry.slice(repository.length + 1))
        .filter(isDigest)
    : []
}

const withLegacyBuilder = async (docker: Docker, build: Build, reference: string): Promise<Digest[]> => {
  const built = await docker.run(buildArguments(build, reference), { show: true })
  if (built.exitCode !== 0) throw await failure(docker, 'build-failed', reference, built)
  const pushed = await docker.run(['push', reference], { show: true })
  if (pushed.exitCode !== 0) throw await failure(docker, 'push-failed', reference, pushed)
  return repositoryDigests(docker, reference)
}

/** Whether docker has the buildx plug-in. Throws `docker-missing` when there is no docker at all. */
const hasBuildx = async (docker: Docker): Promise<boolean> =>
  (await docker.run(['buildx', 'version'])).exitCode === 0

/**
 * Builds the image once and pushes it under one reference. Gives back the digests that docker says the
 * image has in the registry; the registry must have one of them. With `again`, what was built before is
 * taken from the cache and only pushed.
 *
 * Throws `build-failed`, `push-failed`, `docker-missing`, or `PushInterruptedError` if trying again may help.
 */
export const buildAndPush = async (
  docker: Docker,
  build: Build,
  { reference, temporary, log, again }: { reference: string; temporary: string; log: Log; again: boolean },
): Promise<Digest[]> => {
  const wanted = again ? fromCache(build) : build
  if (await hasBuildx(docker)) return withBuildx(docker, wanted, reference, temporary)
  log.notice(
    'Built without buildx',
    'docker has no buildx plug-in here, so the legacy builder is used: no attestations, one platform, slower pushes.',
  )
  return withLegacyBuilder(docker, wanted, reference)
}
