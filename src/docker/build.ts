import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { field } from '../json.ts'
import type { Log } from '../log.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import { buildFailure, cacheFailure } from './build-failure.ts'
import type { Docker, DockerResult } from './docker.ts'
import { isCacheFailure, isPushFailure, isRetryableFailure } from './failures.ts'
import { pushFailure, pushImage } from './push.ts'

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
  /** How the caller writes the input of these options, in the middle of a sentence. */
  readonly optionsName: string
}

/** The arguments that say what is built under which reference, for buildx and for the legacy builder alike. */
const commonArguments = (
  { file, buildArgs, labels, options }: Build,
  references: readonly string[],
): string[] => [
  ...references.map(reference => `--tag=${reference}`),
  ...(file === undefined ? [] : [`--file=${file}`]),
  ...buildArgs.map(argument => `--build-arg=${argument}`),
  ...labels.map(label => `--label=${label}`),
  ...options,
]

/**
 * The arguments that build and push with buildx; what was pushed is written into `metadataFile`. First comes the
 * option that nothing else has.
 */
export const buildxArguments = (build: Build, reference: string, metadataFile: string): string[] => [
  'buildx',
  'build',
  '--push',
  `--metadata-file=${metadataFile}`,
  ...commonArguments(build, [reference]),
  '--',
  build.context,
]

/** The arguments that build with whatever builder `docker build` has. */
export const buildArguments = (build: Build, references: readonly string[]): string[] => [
  'build',
  ...commonArguments(build, references),
  '--',
  build.context,
]

/** Options that would build anew what has been built. */
const ANEW = /^--(?:no-cache(?:-filter)?|pull)(?:=|$)/

/** The same build with everything that has been built taken from the cache. */
const fromCache = (build: Build): Build => ({
  ...build,
  options: build.options.filter(option => !ANEW.test(option)),
})

/** The error for a build with buildx, which pushes, too. */
const buildxFailure = (
  docker: Docker,
  build: Build,
  ended: { reference: string; result: DockerResult },
): ReleaseError | Promise<ReleaseError> => {
  const { reference, result } = ended
  const isCache = isCacheFailure(result)
  if (isCache && !isRetryableFailure(result)) return cacheFailure(result, reference)
  return isCache || isPushFailure(result, reference)
    ? pushFailure(docker, reference, result)
    : buildFailure(docker, build, ended)
}

/**
 * The digest of what was built and pushed. BuildKit describes what it built; only if it does not, as with the classic
 * image store, what buildx found under the tag afterwards must do, which may be another run's.
 */
const digestInMetadata = async (file: string, reference: string): Promise<Digest> => {
  let metadata: unknown
  try {
    metadata = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new ReleaseError('push-failed', {
      what: `docker did not write down what it pushed as ${reference}.`,
      remedy: 'Update the buildx plug-in of docker.',
      cause: error,
    })
  }
  const built = field(metadata, 'containerimage.descriptor', 'digest')
  const found = field(metadata, 'containerimage.digest')
  if (isDigest(built)) return built
  if (isDigest(found)) return found
  throw new ReleaseError('push-failed', {
    what: `docker did not say which digest it pushed as ${reference}.`,
    remedy: 'Use a builder that pushes to the registry itself; its driver may not be able to.',
  })
}

/**
 * What docker without buildx, and podman, say to the first option: they have not done anything then. A page of help
 * may follow.
 */
const WITHOUT_BUILDX = /^(?:Error: )?unknown flag: --push\b/m

/** Builds and pushes with buildx. Gives back nothing where docker has no such plug-in. */
const withBuildx = async (
  docker: Docker,
  build: Build,
  reference: string,
  temporary: string,
): Promise<Digest[] | undefined> => {
  const folder = await mkdtemp(join(temporary, 'build-'))
  try {
    const metadataFile = join(folder, 'metadata.json')
    const args = buildxArguments(build, reference, metadataFile)
    const result = await docker.run(args, { show: true, refusal: WITHOUT_BUILDX })
    if (result.exitCode === 0) return [await digestInMetadata(metadataFile, reference)]
    if (result.isRefused) return undefined
    throw await buildxFailure(docker, build, { reference, result })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const withLegacyBuilder = async (
  docker: Docker,
  build: Build,
  reference: string,
  temporary: string,
): Promise<Digest[]> => {
  const built = await docker.run(buildArguments(build, [reference]), { show: true })
  if (built.exitCode !== 0) throw await buildFailure(docker, build, { reference, result: built })
  return pushImage(docker, reference, temporary)
}

/**
 * Builds the image once and pushes it under one reference. Gives back the digests that docker says the
 * image has in the registry; the registry must have one of them. With `again`, what was built before is
 * taken from the cache and only pushed.
 *
 * Throws `build-failed`, `push-failed`, `cache-not-written`, `docker-missing`, or `PushInterruptedError` if trying again
 * may help.
 */
export const buildAndPush = async (
  docker: Docker,
  build: Build,
  { reference, temporary, log, again }: { reference: string; temporary: string; log: Log; again: boolean },
): Promise<Digest[]> => {
  const wanted = again ? fromCache(build) : build
  const pushed = await withBuildx(docker, wanted, reference, temporary)
  if (pushed !== undefined) return pushed
  log.notice(
    'Built without buildx',
    'docker has no buildx plug-in here, so the legacy builder is used: no attestations, one platform, slower pushes.',
  )
  return withLegacyBuilder(docker, wanted, reference, temporary)
}

/** The arguments that build with buildx and leave the image in the engine. */
const buildxLoadArguments = (build: Build, references: readonly string[]): string[] => [
  'buildx',
  'build',
  '--load',
  ...commonArguments(build, references),
  '--',
  build.context,
]

/** Whether docker has the buildx plug-in; podman calls its own builder so, too, which is another one. */
const hasBuildx = async (docker: Docker): Promise<boolean> => {
  const { exitCode, stdout } = await docker.run(['buildx', 'version'])
  return exitCode === 0 && !/^buildah\b/.test(stdout)
}

/**
 * Builds the image once and leaves it in the engine under every reference.
 *
 * Throws `build-failed`, `cache-not-written` or `docker-missing`.
 */
export const buildLocally = async (
  docker: Docker,
  build: Build,
  references: readonly string[],
): Promise<void> => {
  const args = (await hasBuildx(docker))
    ? buildxLoadArguments(build, references)
    : buildArguments(build, references)
  const result = await docker.run(args, { show: true })
  if (result.exitCode === 0) return
  const reference = references[0] ?? 'the image'
  throw isCacheFailure(result)
    ? cacheFailure(result, reference)
    : await buildFailure(docker, build, { reference, result })
}
