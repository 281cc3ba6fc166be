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
  readonly context: string
  readonly file: string | undefined
  /** `NAME=value`, or `NAME` for the value in the environment. */
  readonly buildArgs: readonly string[]
  readonly labels: readonly string[]
  /** Further options of `docker buildx build`, such as `--platform=linux/arm64`. */
  readonly options: readonly string[]
}

/**
 * Builds the image once and pushes it under one reference. Gives back the digests that docker says the image has in the
 * registry; the registry must have one of them. With `again`, what was built before is taken from the cache and only pushed.
 *
 * Throws `build-failed`, `push-failed`, `cache-not-written`, `docker-missing`, or `PushInterruptedError` if trying again may
 * help.
 */
export async function buildAndPush(
  docker: Docker,
  given: Build,
  { reference, temporary, log, again }: { reference: string; temporary: string; log: Log; again: boolean },
): Promise<readonly Digest[]> {
  const options = given.options.filter(option => !(again && BUILDS_ANEW.test(option)))
  const build = { ...given, options }
  const pushed = await buildAndPushWithBuildx(docker, build, reference, temporary)
  if (pushed !== undefined) return pushed
  log.notice(
    'Built without buildx',
    'docker has no buildx plug-in here, so the legacy builder is used: no attestations, one platform, slower pushes.',
  )
  const result = await docker.run(buildArguments(['build'], build, [reference]), { show: true })
  if (result.exitCode !== 0) throw await buildFailure(docker, build, reference, result)
  return pushImage(docker, reference, temporary)
}

/**
 * Builds the image once and leaves it in the engine under every reference.
 *
 * Throws `build-failed`, `cache-not-written` or `docker-missing`.
 */
export async function buildLocally(
  docker: Docker,
  build: Build,
  references: readonly string[],
): Promise<void> {
  const { exitCode, stdout } = await docker.run(['buildx', 'version'])
  // podman calls its own builder so, too, which is another one.
  const hasBuildx = exitCode === 0 && !/^buildah\b/.test(stdout)
  const command = hasBuildx ? ['buildx', 'build', '--load'] : ['build']
  const result = await docker.run(buildArguments(command, build, references), { show: true })
  const reference = references[0] ?? 'the image'
  if (result.exitCode === 0) return
  throw isCacheFailure(result)
    ? cacheFailure(result, reference)
    : await buildFailure(docker, build, reference, result)
}

/** Options that would build anew what has been built. */
const BUILDS_ANEW = /^--(?:no-cache(?:-filter)?|pull)(?:=|$)/

/**
 * What docker without buildx, and podman, say to the first option: they have not done anything then. A page of help may
 * follow.
 */
const WITHOUT_BUILDX = /^(?:Error: )?unknown flag: --push\b/m

/** Gives back nothing where docker has no such plug-in. */
async function buildAndPushWithBuildx(
  docker: Docker,
  build: Build,
  reference: string,
  temporary: string,
): Promise<readonly Digest[] | undefined> {
  const folder = await mkdtemp(join(temporary, 'build-'))
  try {
    const metadata = join(folder, 'metadata.json')
    // First comes the option that nothing else has.
    const command = ['buildx', 'build', '--push', `--metadata-file=${metadata}`]
    const args = buildArguments(command, build, [reference])
    const result = await docker.run(args, { show: true, refusal: WITHOUT_BUILDX })
    if (result.exitCode === 0) return [await digestInMetadata(metadata, reference)]
    if (WITHOUT_BUILDX.test(result.tail)) return undefined
    throw await failureOf(docker, build, reference, result)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The arguments for buildx and for the legacy builder alike. */
export function buildArguments(
  command: readonly string[],
  { context, file, buildArgs, labels, options }: Build,
  references: readonly string[],
): string[] {
  return [
    ...command,
    ...references.map(reference => `--tag=${reference}`),
    ...(file === undefined ? [] : [`--file=${file}`]),
    ...buildArgs.map(argument => `--build-arg=${argument}`),
    ...labels.map(label => `--label=${label}`),
    ...options,
    '--',
    context,
  ]
}

/** The error for a build with buildx, which pushes, too. */
async function failureOf(
  docker: Docker,
  build: Build,
  reference: string,
  result: DockerResult,
): Promise<ReleaseError> {
  const isCache = isCacheFailure(result)
  if (isCache && !isRetryableFailure(result)) return cacheFailure(result, reference)
  return isCache || isPushFailure(result, reference)
    ? pushFailure(docker, reference, result)
    : buildFailure(docker, build, reference, result)
}

/**
 * The digest of what was built and pushed. BuildKit describes what it built; only if it does not, as with the classic image
 * store, what buildx found under the tag afterwards must do, which may be another run's.
 */
async function digestInMetadata(file: string, reference: string): Promise<Digest> {
  const metadata: unknown = await readFile(file, 'utf8')
    .then(JSON.parse)
    .catch(() => undefined)
  const digests = [
    field(metadata, 'containerimage.descriptor', 'digest'),
    field(metadata, 'containerimage.digest'),
  ]
  const digest = digests.find(isDigest)
  if (digest !== undefined) return digest
  throw new ReleaseError('push-failed', {
    what: `docker did not say which digest it pushed as ${reference}.`,
    remedy: 'Update the buildx plug-in, or use a builder whose driver pushes to the registry itself.',
  })
}
