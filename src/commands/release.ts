import { buildAndPush, hasBuildx } from '../docker/build.ts'
import type { Docker } from '../docker/docker.ts'
import { withLogin } from '../docker/login.ts'
import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Manifest, RegistryClient, TagState } from '../registry/client.ts'
import { byDigest, type Digest, tagged } from '../registry/reference.ts'
import { type Plan, planOf } from './plan.ts'
import type { ReleaseRequest } from './request.ts'
import type { Result } from './result.ts'

/** What `release` works with. */
export interface ReleasePorts {
  readonly registry: RegistryClient
  readonly docker: Docker
  readonly log: Log
  /** A directory for files of this run. */
  readonly temporary: string
}

type ReadState = ReadonlyMap<string, TagState>

const readStates = async (registry: RegistryClient, tags: readonly string[]): Promise<ReadState> =>
  new Map(await Promise.all(tags.map(async tag => [tag, await registry.headTag(tag)] as const)))

/** Refuses what is there already, before anything is built. */
const refuseExisting = (registry: RegistryClient, states: ReadState): void => {
  const present = [...states].flatMap(([tag, state]) => (state.kind === 'present' ? [{ tag, ...state }] : []))
  if (present.length === 0) return
  const there = present.map(({ tag, digest }) => `${tagged(registry.repository, tag)} (${digest})`).join(', ')
  throw new ReleaseError('already-published', {
    what: `Already in the registry: ${there}.`,
    wayOut:
      'Nothing was built or written. Release a new version, or delete the tag in the registry if it was a mistake.',
  })
}

/** Reads back what was pushed; it must be what docker says it pushed. */
const readBack = async (
  registry: RegistryClient,
  tag: string,
  pushed: readonly Digest[],
): Promise<Manifest> => {
  const reference = tagged(registry.repository, tag)
  const manifest = await registry.getManifest(tag)
  if (manifest !== undefined && pushed.includes(manifest.digest)) return manifest
  throw new ReleaseError('not-as-planned', {
    what:
      manifest === undefined
        ? `${reference} was pushed, and the registry does not have it.`
        : `${reference} was pushed as ${pushed.join(' or ')}, and the registry has ${manifest.digest} there.`,
    wayOut:
      'No other tag was written. Look for something else that publishes the same tag at the same time; a concurrency group keeps two runs apart.',
  })
}

const verify = async (registry: RegistryClient, tags: readonly string[], digest: Digest): Promise<void> => {
  const states = await readStates(registry, tags)
  const wrong = [...states].flatMap(([tag, state]) =>
    state.kind === 'present' && state.digest === digest
      ? []
      : [
          `${tagged(registry.repository, tag)} ${state.kind === 'absent' ? 'is not there' : `is ${state.digest}`}`,
        ],
  )
  if (wrong.length === 0) return
  throw new ReleaseError('not-as-planned', {
    what: `Every tag should be ${digest}, but ${wrong.join(', ')}.`,
    wayOut: 'Look for something else that writes these tags; a concurrency group keeps two runs apart.',
  })
}

const publish = async (
  { build, repository }: ReleaseRequest,
  planned: Plan,
  { registry, docker, log, temporary }: ReleasePorts,
): Promise<Result> => {
  const { first, copies, result } = planned
  const tags = result.tags.map(({ tag }) => tag)

  const buildx = await log.stage('Read the registry', async () => {
    const [states, plugin] = await Promise.all([readStates(registry, tags), hasBuildx(docker)])
    refuseExisting(registry, states)
    log.info(`Not there yet: ${tags.map(tag => tagged(repository, tag)).join(', ')}`)
    return plugin
  })

  const manifest = await log.stage(`Build and push ${tagged(repository, first.tag)}`, async () => {
    const pushed = await buildAndPush(docker, build, {
      reference: tagged(repository, first.tag),
      temporary,
      log,
      buildx,
    })
    const read = await readBack(registry, first.tag, pushed)
    log.info(`Pushed and read back: ${byDigest(repository, read.digest)}`)
    return read
  })

  if (copies.length > 0) {
    await log.stage('Copy to the other tags', async () => {
      for (const { tag } of copies) {
        await registry.putManifest(tag, manifest)
        log.info(`${tagged(repository, tag)} is a copy of ${first.tag}`)
      }
    })
  }

  await log.stage('Verify', async () => {
    await verify(registry, tags, manifest.digest)
    log.info(`${tags.length === 1 ? 'The tag is' : `All ${tags.length} tags are`} ${manifest.digest}`)
  })

  return {
    ...result,
    command: 'release',
    digest: manifest.digest,
    tags: result.tags.map(tag => ({ ...tag, outcome: tag.tag === first.tag ? 'built' : 'copied' })),
  }
}

/**
 * Takes a git tag to published, verified images: plan, read the registry, build and push the first tag, read
 * it back, copy its manifest to the other tags, read every tag back.
 */
export const release = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Result> => {
  const planned = planOf(request)
  ports.log.info(planned.result.reason)
  const { login } = request
  if (login === undefined) return publish(request, planned, ports)
  const { registry } = request.repository
  return withLogin(ports.docker, { registry, ...login }, ports.temporary, docker =>
    publish(request, planned, { ...ports, docker }),
  )
}
