import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import { field, parseJson } from '../json.ts'
import type { Log } from '../log.ts'
import { type Digest, isDigest } from '../registry/reference.ts'
import { buildFailure, isCacheFailure } from './build-failure.ts'
import type { Docker, DockerResult } from './docker.ts'
import { isRetryableFailure } from './output.ts'
import { isPushFailure, pushFailure, pushImage } from './push.ts'

export interface Build {
  readonly context: string
  readonly file: string | undefined
  readonly buildArgs: readonly string[]
  readonly labels: readonly string[]
  readonly options: readonly string[]
}

/** As far as the options say. */
export function isMultiPlatform({ options }: Build) {
  return options
    .filter(option => option.startsWith('--platform='))
    .join()
    .includes(',')
}

/** As `buildLocally` and `pushImage`. With `again`, what was built before is only pushed. */
export async function buildAndPush(
  docker: Docker,
  given: Build,
  { reference, temporary, log, again }: { reference: string; temporary: string; log: Log; again: boolean },
): Promise<Digest[]> {
  const options = given.options.filter(option => !BUILDS_ANEW.test(option))
  const build = again ? { ...given, options } : given
  const metadata = join(temporary, 'metadata.json')
  const buildx = ['buildx', 'build', '--push', `--metadata-file=${metadata}`]
  const result = await runBuild(docker, buildx, build, [reference])
  if (result.exitCode === 0) return [await digestInMetadata(metadata, reference)]
  if (!lacksBuildx(result)) {
    const isPush = isCacheFailure(result) ? isRetryableFailure(result) : isPushFailure(result, reference)
    throw await (isPush
      ? pushFailure(docker, reference, result)
      : buildFailure(docker, build.options, reference, result))
  }
  log.notice('Built without buildx', 'docker has no buildx: no attestations, one platform, slow pushes.')
  const built = await runBuild(docker, ['build'], build, [reference])
  if (built.exitCode !== 0) throw await buildFailure(docker, build.options, reference, built)
  return pushImage(docker, reference, temporary)
}

/** Throws `build-failed`, `invalid-input`, `cache-not-written` or `docker-missing`. */
export async function buildLocally(docker: Docker, build: Build, references: readonly string[]) {
  let result = await runBuild(docker, ['buildx', 'build', '--load'], build, references)
  if (lacksBuildx(result)) result = await runBuild(docker, ['build'], build, references)
  if (result.exitCode === 0) return
  throw await buildFailure(docker, build.options, references[0] ?? '', result)
}

const BUILDS_ANEW = /^--(?:no-cache(?:-filter)?|pull)(?:=|$)/

/** What docker without buildx, and podman, say to the flag behind `buildx build`. */
const WITHOUT_BUILDX = /^(?:Error: )?unknown flag: --(?:push|load)\b/m

function lacksBuildx({ exitCode, tail }: DockerResult) {
  return exitCode !== 0 && WITHOUT_BUILDX.test(tail)
}

function runBuild(
  docker: Docker,
  command: readonly string[],
  { context, file, buildArgs, labels, options }: Build,
  references: readonly string[],
) {
  const args = [
    ...command,
    ...references.map(reference => `--tag=${reference}`),
    ...(file === undefined ? [] : [`--file=${file}`]),
    ...buildArgs.map(argument => `--build-arg=${argument}`),
    ...labels.map(label => `--label=${label}`),
    ...options,
    '--',
    context,
  ]
  return docker.run(args, { show: true, refusal: WITHOUT_BUILDX })
}

/** What BuildKit built; else, with the classic store, what buildx found under the tag. */
async function digestInMetadata(file: string, reference: string) {
  const metadata = parseJson(await readFile(file, 'utf8').catch(() => ''))
  const built = field(metadata, 'containerimage.descriptor', 'digest')
  const digest = [built, field(metadata, 'containerimage.digest')].find(isDigest)
  if (digest !== undefined) return digest
  throw new ReleaseError('push-failed', {
    what: `docker did not say which digest it pushed as ${reference}.`,
    remedy: 'Update buildx, or use a builder whose driver pushes to the registry itself.',
  })
}
