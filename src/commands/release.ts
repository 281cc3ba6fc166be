import { buildAndPush } from '../docker/build.ts'
import { BuildFailedError } from '../docker/build-failure.ts'
import type { Docker } from '../docker/docker.ts'
import { requireReadableChecks } from '../gates/checks.ts'
import { pipMissed, waitForPackage } from '../gates/package.ts'
import { publishConstraints } from '../reconcile/constraints.ts'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL, type Labels } from '../registry/labels.ts'
import { oneLine } from '../text.ts'
import { compareSource } from './compare-source.ts'
import { publishCopies } from './copies.ts'
import { publishFirst } from './first-tag.ts'
import { nextSteps, readRegistry } from './observe.ts'
import type { ReleaseRequest } from './request.ts'
import { openTarget, type Run } from './run.ts'

/**
 * Plans, compares the checkout with the git tag, reads the registry, waits for the package, builds and pushes the first tag
 * unless it is there, and publishes the others.
 */
export async function release(given: ReleaseRequest, run: Run): Promise<void> {
  const target = openTarget(given, run)
  const { request: compared, warnings } = await compareSource(given, run)
  let request = compared
  const constraints = publishConstraints(request, 'build')
  let next = await readRegistry(target, constraints, run)
  if (next.first.kind !== 'keep') {
    request = { ...request, revision: await commitOfChecks(request, run) }
    if (await awaitPackage(request, run)) next = await nextSteps(target, constraints)
  }
  if (next.first.kind === 'keep') noteMovedContext(request, next.observed.labels, run)
  else for (const { title, message } of warnings) run.log.warning(title, message)
  const [reference = ''] = target.entry.tags.map(tag => tag.reference)
  const push = {
    name: 'Build and push',
    attempt: (docker: Docker, again: boolean) =>
      buildAndPush(docker, request.build, { ...run, reference, again }),
    retry: (error: unknown) => retryForPackage(error, request, run),
  }
  const image = await publishFirst(request, target, { constraints, next, push }, run)
  await publishCopies(request, target, { constraints, image, copies: next.copies }, run)
}

/** The commit whose checks will count. That they can not be read is found out before the build, not after it. */
async function commitOfChecks(
  { checks, decision, revision }: ReleaseRequest,
  run: Run,
): Promise<string | undefined> {
  return checks === undefined
    ? revision
    : requireReadableChecks(checks, { gitTag: decision.gitTag, revision }, run)
}

/** Waits for the package, if there is one and an engine that will build; whether it had to wait. */
async function awaitPackage({ package: gate }: ReleaseRequest, run: Run): Promise<boolean> {
  if (gate === undefined) return false
  await run.docker.requireEngine()
  const { name, version } = gate.package
  return run.log.stage(`Wait for ${name} ${version}`, () => waitForPackage(gate, run))
}

/** In milliseconds. */
const PIP_PAUSE = 10_000

/** Waits if pip did not find the package that was waited for, as a node of the index may be behind. */
async function retryForPackage(
  error: unknown,
  { package: gate }: ReleaseRequest,
  { log, clock, started }: Run,
): Promise<boolean> {
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

function noteMovedContext({ build, decision }: ReleaseRequest, labels: Labels, { log }: Run): void {
  const name = `${CONTEXT_REVISION_LABEL}=`
  const now = build.labels.find(label => label.startsWith(name))?.slice(name.length)
  const then = labels[CONTEXT_REVISION_LABEL]
  if (now === undefined || then === undefined || now === then) return
  log.notice(
    "The Dockerfile's repository has moved",
    `${decision.first.tag} was built from ${oneLine(labels[CONTEXT_SOURCE_LABEL] ?? 'its repository')} at ${oneLine(then)}, which is at ${now} now. A published version stays as it is: to publish the change, release a new one.`,
  )
}
