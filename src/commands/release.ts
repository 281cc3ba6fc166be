import { buildAndPush, isMultiPlatform } from '../docker/build.ts'
import { BuildFailedError } from '../docker/build-failure.ts'
import { withLogin } from '../docker/login.ts'
import { requireReadableChecks } from '../gates/checks.ts'
import { retryForPackage, waitForPackage } from '../gates/package.ts'
import { publishConstraints } from '../reconcile/state.ts'
import { CONTEXT_REVISION_LABEL, CONTEXT_SOURCE_LABEL, type Labels, parseLabels } from '../registry/labels.ts'
import { oneLine } from '../text.ts'
import { compareSource } from './compare-source.ts'
import type { Push } from './first-tag.ts'
import { nextSteps } from './observe.ts'
import { publish, readRepositories } from './publish.ts'
import type { ReleaseRequest } from './request.ts'
import { openTarget, type Run } from './run.ts'

export async function release(given: ReleaseRequest, run: Run) {
  const target = openTarget(given, run)
  const { request, warnings } = await compareSource(given, run)
  const isIndex = isMultiPlatform(request.build)
  const constraints = { ...publishConstraints(request, 'build'), isIndex }
  let next = await readRepositories(request, target, constraints, run)
  if (next.first.kind !== 'keep') {
    const { checks, decision, revision } = request
    if (checks !== undefined) await requireReadableChecks(checks, { gitTag: decision.gitTag, revision }, run)
    if (request.package !== undefined) {
      // Not after a wait that may take an hour.
      await run.docker.requireEngine()
      const hadToWait = await waitForPackage(request.package, run)
      if (hadToWait) next = await nextSteps(target, constraints)
    }
  }
  if (next.first.kind === 'keep') noteMovedContext(request, next.observed.labels, run)
  else for (const { title, message } of warnings) run.log.warning(title, message)
  const [reference = ''] = target.entry.tags.map(tag => tag.reference)
  const at = { registry: target.registry.repository.registry, credentials: request.credentials }
  const push: Push = {
    name: 'Build and push',
    isIndex,
    attempt: again =>
      withLogin(run, at, docker => buildAndPush(docker, request.build, { ...run, reference, again })),
    retry: async error =>
      error instanceof BuildFailedError && retryForPackage(error.output, request.package, run),
  }
  const labels = parseLabels(request.build.labels)
  await publish(request, target, { constraints, next, push, labels }, run)
}

function noteMovedContext({ build, decision }: ReleaseRequest, labels: Labels, { log }: Run) {
  const { [CONTEXT_REVISION_LABEL]: now } = parseLabels(build.labels)
  const then = labels[CONTEXT_REVISION_LABEL]
  if (now === undefined || then === undefined || now === then) return
  log.notice(
    "The Dockerfile's repository has moved",
    `${decision.first.tag} was built from ${oneLine(labels[CONTEXT_SOURCE_LABEL] ?? 'its repository')} at ${oneLine(then)}, and is at ${now} now. A published version stays as it is: release a new one for the change.`,
  )
}
