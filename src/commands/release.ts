import { buildAndPush } from '../docker/build.ts'
import { BuildFailedError } from '../docker/build-failure.ts'
import type { Docker } from '../docker/docker.ts'
import { withLogin } from '../docker/login.ts'
import { requireReadableChecks } from '../gates/checks.ts'
import { pipMissed, waitForPackage } from '../gates/package.ts'
import type { Pause } from '../http/retry.ts'
import type { Log } from '../log.ts'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL } from '../registry/labels.ts'
import { tagged } from '../registry/reference.ts'
import { oneLine } from '../text.ts'
import { afterBrokenPush, bringFirst, type First, type Retry } from './first-tag.ts'
import { type Outlook, readAhead } from './outlook.ts'
import { announcedPlan, type Plan } from './plan.ts'
import { type PublishPorts, publish } from './publish.ts'
import type { ReleaseRequest } from './request.ts'
import type { Result } from './result.ts'

/** What `release` works with. */
export interface ReleasePorts extends PublishPorts {
  readonly docker: Docker
  /** A directory for files of this run. */
  readonly temporary: string
  /** Waits before a push is tried again; false when there is no further attempt. */
  readonly pause: Pause
  /** When the run began, by the clock. */
  readonly started: number
}

/** The wait before a build in which pip did not find the package, in milliseconds. */
const PIP_PAUSE = 10_000

/**
 * Tries a build again in which pip did not find just the package that was waited for, as a node of the index
 * may be behind, while the time for that lasts.
 */
const afterMissedPackage =
  ({ package: gate }: ReleaseRequest, { log, clock, started }: ReleasePorts): Retry =>
  async error => {
    if (gate === undefined || !(error instanceof BuildFailedError)) return false
    if (!pipMissed(error.output, gate.package) || clock.now() + PIP_PAUSE > started + gate.timeout)
      return false
    const { name, version } = gate.package
    log.info(
      `pip did not find ${name} ${version}, which the index has: building again in ${PIP_PAUSE / 1000} s`,
    )
    await clock.sleep(PIP_PAUSE)
    return true
  }

const build = (request: ReleaseRequest, plan: Plan, ports: ReleasePorts): Promise<First> => {
  const { registry, docker, log, journal, temporary, pause } = ports
  const { login } = request
  const reference = tagged(registry.repository, plan.first.tag)
  const afterPush = afterBrokenPush(pause, log)
  const afterPip = afterMissedPackage(request, ports)
  const retry: Retry = async (error, attempt) =>
    (await afterPush(error, attempt)) || (await afterPip(error, attempt))
  const buildWith = (used: Docker): Promise<First> => {
    const bring = (again: boolean) => buildAndPush(used, request.build, { reference, temporary, log, again })
    return bringFirst(request, plan, { registry, journal, bring, retry })
  }
  return log.stage(`Build and push ${reference}`, async conclude => {
    const built =
      login === undefined
        ? await buildWith(docker)
        : await withLogin(docker, { ...login, registry: registry.repository.registry }, ports, buildWith)
    conclude(`pushed and read back, ${built.digest}`)
    return built
  })
}

/** Says that nothing is built although the repository of the Dockerfile is at another commit now. */
const noteMovedContext = (
  { build }: ReleaseRequest,
  { first }: Plan,
  { labels }: Outlook,
  log: Log,
): void => {
  const name = `${CONTEXT_REVISION_LABEL}=`
  const now = build.labels.find(label => label.startsWith(name))?.slice(name.length)
  const then = labels[CONTEXT_REVISION_LABEL]
  if (now === undefined || then === undefined || now === then) return
  log.notice(
    "The Dockerfile's repository has moved",
    `${first.tag} was built from ${oneLine(labels[CONTEXT_SOURCE_LABEL] ?? 'its repository')} at ${oneLine(then)}, which is at ${now} now. Nothing is built: a published version stays as it is. To publish the change, release a new version.`,
  )
}

/** Reads the registry and waits for the package, before the first build. */
const prepare = async (request: ReleaseRequest, plan: Plan, ports: ReleasePorts): Promise<Outlook> => {
  const outlook = await readAhead(request, plan, ports)
  if (outlook.course.kind === 'reuse') {
    ports.log.info(`${plan.first.tag} stays as it was built`)
    noteMovedContext(request, plan, outlook, ports.log)
    return outlook
  }
  const { checks, package: gate } = request
  // That the checks can not be read is found out before the build, not after it.
  if (checks !== undefined) await requireReadableChecks(checks, request.gitTag, ports)
  if (gate === undefined) return outlook
  const { name, version } = gate.package
  const waited = await ports.log.stage(`Wait for ${name} ${version}`, () => waitForPackage(gate, ports))
  return waited ? readAhead(request, plan, ports) : outlook
}

/**
 * Takes a git tag to published, verified images: plan, read the registry and decide, wait for the package,
 * build and push the first tag unless it is there, then publish it under its other tags.
 */
export const release = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Result> => {
  const plan = announcedPlan(request, 'release', ports)
  const outlook = await prepare(request, plan, ports)
  const published = await publish(request, plan, { outlook, bring: () => build(request, plan, ports) }, ports)
  return { ...plan.result, ...published }
}
