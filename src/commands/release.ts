import { buildAndPush } from '../docker/build.ts'
import { BuildFailedError } from '../docker/build-failure.ts'
import { requireReadableChecks } from '../gates/checks.ts'
import { pipMissed, waitForPackage } from '../gates/package.ts'
import type { Log } from '../log.ts'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL, type Labels } from '../registry/labels.ts'
import { oneLine } from '../text.ts'
import { compareSource } from './compare-source.ts'
import { observe } from './observe.ts'
import { announcedPlan } from './plan.ts'
import { publishCopies, publishTerms, readRegistry } from './publish.ts'
import { type Push, pushFirst } from './push-first.ts'
import type { ReleaseRequest } from './request.ts'
import type { ServiceResult } from './result.ts'
import type { Run, ToolsForOne } from './tools.ts'
import type { Image } from './write-tags.ts'

/** The wait before a build in which pip did not find the package, in milliseconds. */
const PIP_PAUSE = 10_000

/**
 * Waits before a build is tried again in which pip did not find just the package that was waited for, as a node of the
 * index may be behind; false once the time for that is over, or if the build failed for another reason.
 */
const retryForPackage = async (
  error: unknown,
  { package: gate }: ReleaseRequest,
  { log, clock, started }: Run,
): Promise<boolean> => {
  if (gate === undefined || !(error instanceof BuildFailedError)) return false
  if (!pipMissed(error.output, gate.package)) return false
  if (clock.now() + PIP_PAUSE > started + gate.timeout) return false
  const { name, version } = gate.package
  log.info(
    `pip did not find ${name} ${version}, which the index has: building again in ${PIP_PAUSE / 1000} s`,
  )
  await clock.sleep(PIP_PAUSE)
  return true
}

/** Says that nothing is built although the repository of the Dockerfile is at another commit now. */
const noteMovedContext = ({ build }: ReleaseRequest, tag: string, labels: Labels, log: Log): void => {
  const name = `${CONTEXT_REVISION_LABEL}=`
  const now = build.labels.find(label => label.startsWith(name))?.slice(name.length)
  const then = labels[CONTEXT_REVISION_LABEL]
  if (now === undefined || then === undefined || now === then) return
  log.notice(
    "The Dockerfile's repository has moved",
    `${tag} was built from ${oneLine(labels[CONTEXT_SOURCE_LABEL] ?? 'its repository')} at ${oneLine(then)}, which is at ${now} now. Nothing is built: a published version stays as it is. To publish the change, release a new version.`,
  )
}

/**
 * Builds, publishes and verifies the images of a git tag: plans, compares the checkout with the git tag, reads the
 * registry, waits for the package, builds and pushes the first tag unless it is there, and publishes its other tags.
 */
export const release = async (given: ReleaseRequest, tools: ToolsForOne): Promise<ServiceResult> => {
  const { log, temporary } = tools
  const plan = announcedPlan(given, tools)
  // The registry is read meanwhile: what is observed does not depend on the commit, what is decided does.
  const observing = observe(plan.desired, publishTerms(given, 'build'), tools.registry)
  observing.catch(() => {})
  let { request, warn } = await compareSource(given, tools)
  const terms = publishTerms(request, 'build')
  let next = await readRegistry(plan, terms, tools, observing)
  const { checks, package: gate } = request
  if (next.first.kind !== 'keep') {
    // That the checks can not be read is found out before the build, not after it; what they are of stays what counts.
    if (checks !== undefined)
      request = { ...request, revision: await requireReadableChecks(checks, request, tools) }
    if (gate !== undefined) {
      const { name, version } = gate.package
      const waited = await log.stage(`Wait for ${name} ${version}`, () => waitForPackage(gate, tools))
      if (waited) next = await readRegistry(plan, terms, tools)
    }
  }
  const { first, copies, observed } = next
  let image: Image
  if (first.kind === 'keep') {
    log.info(`${first.tag.tag} stays as it was built`)
    noteMovedContext(request, first.tag.tag, observed.labels, log)
    image = { digest: first.digest, manifest: observed.manifest, outcome: { outcome: 'kept' } }
  } else {
    warn()
    const [{ reference }] = plan.result.tags
    const push: Push = {
      name: 'Build and push',
      attempt: (docker, again) => buildAndPush(docker, request.build, { reference, temporary, log, again }),
      retry: error => retryForPackage(error, request, tools),
    }
    image = await pushFirst(request, plan, { terms, replaces: first.replaces, push }, tools)
  }
  return publishCopies(request, plan, { terms, image, copies }, tools)
}
