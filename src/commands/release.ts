import { BuildFailedError, buildAndPush, PushInterruptedError } from '../docker/build.ts'
import type { Docker } from '../docker/docker.ts'
import { withLogin } from '../docker/login.ts'
import { ReleaseError } from '../errors.ts'
import { awaitChecks, describeCheck, requireReadableChecks } from '../gates/checks.ts'
import { pipMissed, waitForPackage } from '../gates/package.ts'
import type { Pause } from '../http/retry.ts'
import type { Clock, Transport } from '../http/transport.ts'
import type { Log } from '../log.ts'
import type { PlannedTag } from '../policy/decide.ts'
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
  type Outcome,
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
  readonly transport: Transport
  readonly clock: Clock
  /** When the run began, by the clock. */
  readonly started: number
}

/** The wait before a build in which pip did not find the package, in milliseconds. */
const PIP_PAUSE = 10_000

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

/**
 * Reads the other tags once more after the build. Throws `already-published` if a fixed one has become
 * something else's.
 */
const lookAgain = async (
  { onExisting }: ReleaseRequest,
  { first, copies }: Plan,
  digest: Digest,
  registry: RegistryClient,
): Promise<Pick<Outlook, 'states' | 'versions'>> => {
  const [states, versions] = await Promise.all([readStates(registry, copies), readVersions(registry, copies)])
  for (const { tag, moving } of copies) {
    const state = states.get(tag)
    if (moving || onExisting === 'overwrite' || state?.kind !== 'present' || state.digest === digest) continue
    throw new ReleaseError('not-as-planned', {
      what: `${tagged(registry.repository, tag)} became ${state.digest} while ${first.tag} was built, which is ${digest}.`,
      wayOut:
        'Two runs published this version at once. Find out which image is right, delete the other one in the registry, and keep two runs apart with a concurrency group.',
    })
  }
  return { states, versions }
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
 * Whether, and after a wait, a build that failed is tried again: when the push broke, or when pip did not
 * find just the package that was waited for, as a node of the index may be behind.
 */
const mayTryAgain = async (
  error: unknown,
  attempt: number,
  request: ReleaseRequest,
  ports: ReleasePorts,
): Promise<boolean> => {
  const { log, clock, pause } = ports
  if (error instanceof PushInterruptedError) {
    log.info(error.message)
    return pause(attempt)
  }
  const gate = request.package
  if (gate === undefined || !(error instanceof BuildFailedError) || !pipMissed(error.output, gate.package))
    return false
  const { name, version } = gate.package
  if (clock.now() + PIP_PAUSE > ports.started + gate.timeout) return false
  log.info(
    `pip did not find ${name} ${version}, which the index has: building again in ${PIP_PAUSE / 1000} s`,
  )
  await clock.sleep(PIP_PAUSE)
  return true
}

/**
 * Builds and pushes the first tag. Before a second attempt the registry is looked at again, as the image may
 * be there all the same: what is published is not built or pushed a second time.
 */
const buildFirst = async (request: ReleaseRequest, plan: Plan, ports: ReleasePorts): Promise<First> => {
  const { registry, docker, log, temporary } = ports
  const reference = tagged(registry.repository, plan.first.tag)
  for (let attempt = 1; ; attempt += 1) {
    try {
      const again = attempt > 1
      const pushed = await buildAndPush(docker, request.build, { reference, temporary, log, again })
      return read(await readBack(registry, plan.first.tag, pushed), 'built')
    } catch (error) {
      if (!(await mayTryAgain(error, attempt, request, ports))) throw error
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

/** Reads the registry and waits for the package, before the first build. */
const prepare = async (request: ReleaseRequest, plan: Plan, ports: ReleasePorts): Promise<Outlook> => {
  const { registry, log } = ports
  const look = () => log.stage('Read the registry', () => lookAhead(request, plan, registry))
  const outlook = await look()
  if (outlook.course.kind === 'reuse') return outlook
  const { checks, package: gate } = request
  // That the checks can not be read is found out before the build, not after it.
  if (checks !== undefined) await requireReadableChecks(checks, request.gitTag, ports)
  if (gate === undefined) return outlook
  const waited = await log.stage(`Wait for ${gate.package.name} ${gate.package.version}`, () =>
    waitForPackage(gate, ports),
  )
  return waited ? look() : outlook
}

/** Why the stable tags that are not there yet are not written by this run, if they are not. */
const reasonToWithhold = async (
  request: ReleaseRequest,
  ports: ReleasePorts,
): Promise<string | undefined> => {
  if (request.stable === 'on-promotion') return 'waits for its promotion'
  const { checks, gitTag } = request
  if (checks === undefined) return undefined
  const states = await ports.log.stage('Check what is required', () => awaitChecks(checks, gitTag, ports))
  const open = states.filter(({ kind }) => kind !== 'passed')
  return open.length === 0 ? undefined : `waits for ${open.map(describeCheck).join(', ')}`
}

/**
 * Takes a git tag to published, verified images: plan, read the registry and decide, wait for the package,
 * build and push the first tag unless it is there, read it back, check what is required, copy its manifest to
 * the other tags, read every tag back.
 *
 * What is published is kept, what is missing is added; a run after a complete one writes nothing.
 */
export const release = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Result> => {
  const { registry, log } = ports
  const { policy, gitTag } = request
  const plan = planOf(request)
  log.info(plan.result.reason)

  const outlook = await prepare(request, plan, ports)
  const image = await publishFirst(request, plan, outlook, ports)
  const { digest, outcome } = image

  // A build takes time, in which something else may have written these tags, or released a newer version.
  const { states, versions } =
    outcome === 'built' ? await lookAgain(request, plan, digest, registry) : outlook
  const waiting = plan.copies.filter(({ tag, stable }) => {
    const state = states.get(tag)
    return stable && !(state?.kind === 'present' && state.digest === digest)
  })
  const reason = waiting.length === 0 ? undefined : await reasonToWithhold(request, ports)
  const withheld = reason === undefined ? [] : waiting
  const copied = await log.stage('Copy to the other tags', () => {
    const keeper = (tag: PlannedTag) => keeperOf(tag, { policy, gitTag, versions })
    const due = plan.copies.filter(copy => !withheld.includes(copy))
    return copyTo(due, image, { registry, log, states, keeper })
  })
  const tags = withOutcomes(
    plan,
    new Map<string, Outcome>([
      [plan.first.tag, { outcome }],
      ...withheld.map(({ tag }) => [tag, { outcome: 'withheld', note: reason ?? '' }] as const),
      ...copied,
    ]),
  )
  await log.stage('Verify', () => verifyWritten(tags, digest, { registry, log }))
  return { ...plan.result, command: 'release', digest, tags }
}
