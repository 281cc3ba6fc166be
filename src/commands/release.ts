import { buildAndPush, PushInterruptedError } from '../docker/build.ts'
import type { Docker } from '../docker/docker.ts'
import { withLogin } from '../docker/login.ts'
import { ReleaseError } from '../errors.ts'
import type { Pause } from '../http/retry.ts'
import type { Log } from '../log.ts'
import type { Manifest, RegistryClient } from '../registry/client.ts'
import { byDigest, type Digest, tagged } from '../registry/reference.ts'
import { readRevision } from '../registry/revision.ts'
import { type Course, courseOf, needsRevision } from './course.ts'
import { type Plan, planOf } from './plan.ts'
import type { ReleaseRequest } from './request.ts'
import type { Result, TagOutcome } from './result.ts'
import {
  copyTo,
  keeperOf,
  readStates,
  readVersions,
  requireManifest,
  type States,
  verifyWritten,
  withOutcomes,
} from './tags.ts'

/** What `release` works with. */
export interface ReleasePorts {
  readonly registry: RegistryClient
  readonly docker: Docker
  readonly log: Log
  /** A directory for files of this run. */
  readonly temporary: string
  /** Waits before a push is tried again; false when there is no further attempt. */
  readonly pause: Pause
}

/** What the registry has, and what follows from it. */
interface Outlook {
  readonly states: States
  readonly versions: readonly string[]
  readonly course: Exclude<Course, { kind: 'refuse' }>
  /** The manifest of the first tag, if its reading was necessary. */
  readonly published: Manifest | undefined
}

/** Reads the registry and decides, before anything is built or written. Throws `already-published`. */
const lookAhead = async (
  request: ReleaseRequest,
  { first, copies }: Plan,
  registry: RegistryClient,
): Promise<Outlook> => {
  const all = [first, ...copies]
  const [states, versions] = await Promise.all([readStates(registry, all), readVersions(registry, all)])
  const { onExisting, revision, stable } = request
  const situation = { first, copies, states, stableLater: stable === 'on-promotion' }
  const state = states.get(first.tag)
  const published =
    needsRevision(situation, onExisting) && state?.kind === 'present'
      ? await requireManifest(registry, state.digest)
      : undefined
  const course = courseOf(situation, onExisting, {
    published: published === undefined ? undefined : await readRevision(registry, published),
    wanted: revision,
  })
  if (course.kind !== 'refuse') return { states, versions, course, published }
  throw new ReleaseError('already-published', {
    what: `In ${registry.repository.registry}/${registry.repository.path}, ${course.why}.`,
    wayOut: `Nothing was built or written. ${course.wayOut}`,
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
      'No other tag was written. Look for something else that publishes the same tag, and keep two runs apart with a concurrency group; then run the job again.',
  })
}

/** The first tag as it is in the registry now, and how it came there. */
interface First {
  readonly digest: Digest
  readonly manifest: () => Promise<Manifest>
  readonly outcome: TagOutcome
}

const read = (manifest: Manifest, outcome: TagOutcome): First => ({
  digest: manifest.digest,
  manifest: () => Promise.resolve(manifest),
  outcome,
})

/** A first tag that is there already; its manifest is fetched when it is needed and was not read before. */
const existing = (registry: RegistryClient, digest: Digest, published: Manifest | undefined): First =>
  published === undefined
    ? { digest, manifest: () => requireManifest(registry, digest), outcome: 'kept' }
    : read(published, 'kept')

/**
 * Builds and pushes the first tag. After a push that broke, the registry is looked at again, as the image may
 * be there all the same: what is published is not built or pushed a second time.
 */
const buildFirst = async (request: ReleaseRequest, plan: Plan, ports: ReleasePorts): Promise<First> => {
  const { registry, docker, log, temporary, pause } = ports
  const reference = tagged(registry.repository, plan.first.tag)
  for (let attempt = 1; ; attempt += 1) {
    try {
      const pushed = await buildAndPush(docker, request.build, {
        reference,
        temporary,
        log,
        again: attempt > 1,
      })
      return read(await readBack(registry, plan.first.tag, pushed), 'built')
    } catch (error) {
      if (!(error instanceof PushInterruptedError) || !(await pause(attempt))) throw error
      log.info(`Trying again after: ${error.message}`)
      const { course, published } = await lookAhead(request, plan, registry)
      if (course.kind === 'reuse')
        return { ...existing(registry, course.digest, published), outcome: 'built' }
    }
  }
}

const publishFirst = (
  request: ReleaseRequest,
  plan: Plan,
  outlook: Outlook,
  ports: ReleasePorts,
): Promise<First> => {
  const { registry, docker, log, temporary } = ports
  const { course, published } = outlook
  const reference = tagged(registry.repository, plan.first.tag)
  if (course.kind === 'reuse') {
    return log.stage(`Reuse ${reference}`, async () => {
      log.info(`Published already, nothing is built: ${byDigest(registry.repository, course.digest)}`)
      return existing(registry, course.digest, published)
    })
  }
  return log.stage(`Build and push ${reference}`, async () => {
    const { login } = request
    const built =
      login === undefined
        ? await buildFirst(request, plan, ports)
        : await withLogin(docker, { ...login, registry: registry.repository.registry }, temporary, loggedIn =>
            buildFirst(request, plan, { ...ports, docker: loggedIn }),
          )
    log.info(`Pushed and read back: ${byDigest(registry.repository, built.digest)}`)
    return built
  })
}

/**
 * Takes a git tag to published, verified images: plan, read the registry and decide, build and push the first
 * tag unless it is there, read it back, copy its manifest to the other tags, read every tag back.
 *
 * What is published is kept, what is missing is added; a run after a complete one writes nothing.
 */
export const release = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Result> => {
  const { registry, log } = ports
  const { policy, gitTag } = request
  const plan = planOf(request)
  log.info(plan.result.reason)

  const outlook = await log.stage('Read the registry', () => lookAhead(request, plan, registry))
  const image = await publishFirst(request, plan, outlook, ports)
  const { digest, outcome } = image

  const isWithheld = ({ tag, stable }: { tag: string; stable: boolean }): boolean => {
    const state = outlook.states.get(tag)
    const promoted = state?.kind === 'present' && state.digest === digest
    return stable && request.stable === 'on-promotion' && !promoted
  }
  const due = plan.copies.filter(copy => !isWithheld(copy))
  const copied = await log.stage('Copy to the other tags', async () => {
    // A build takes time, in which a newer version may have come.
    const versions = outcome === 'built' ? await readVersions(registry, due) : outlook.versions
    const keeper = (tag: (typeof due)[number]) => keeperOf(tag, { policy, gitTag, versions })
    return copyTo(due, image, { registry, log, states: outlook.states, keeper })
  })

  const outcomes = new Map([
    [plan.first.tag, { outcome }],
    ...plan.copies.filter(isWithheld).map(({ tag }) => [tag, { outcome: 'withheld' }] as const),
    ...copied,
  ] as const)
  const tags = withOutcomes(plan, outcomes)
  await log.stage('Verify', () => verifyWritten(tags, digest, { registry, log }))
  return { ...plan.result, command: 'release', digest, tags }
}
