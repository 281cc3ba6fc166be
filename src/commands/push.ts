import { type LocalImage, requireLocalImage } from '../docker/local-image.ts'
import { withLogin } from '../docker/login.ts'
import { pushImage } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import { isSameCommit } from '../reconcile/origin.ts'
import { publishConstraints } from '../reconcile/state.ts'
import { REVISION_LABEL } from '../registry/labels.ts'
import type { Push } from './first-tag.ts'
import { publish, readRepositories } from './publish.ts'
import type { PushRequest } from './request.ts'
import { openTarget, type Run } from './run.ts'

/** What is pushed must be one image under every fixed tag, and of the git tag's commit. */
export async function push(given: PushRequest, run: Run) {
  const target = openTarget(given, run)
  const fixed = target.entry.tags.filter(({ moving }, index) => !moving || index === 0)
  const [reference = ''] = fixed.map(tag => tag.reference)
  const built = await requireLocalImage(run.docker, fixed)
  requireBuiltCommit(reference, built, given)
  const request = { ...given, revision: given.revision ?? built.revision }
  const constraints = {
    ...publishConstraints({ ...given, revision: built.revision }, 'push'),
    own: built.digests,
  }
  const next = await readRepositories(request, target, constraints, run)
  const at = { registry: target.registry.repository.registry, credentials: request.credentials }
  const push: Push = {
    name: 'Push',
    isIndex: built.digests.length > 0,
    attempt: () => withLogin(run, at, docker => pushImage(docker, reference, run.temporary)),
  }
  const labels = built.revision === undefined ? {} : { [REVISION_LABEL]: built.revision }
  await publish(request, target, { constraints, next, push, labels }, run)
}

/** Throws `wrong-origin` if both commits are known and differ. */
function requireBuiltCommit(
  reference: string,
  { revision: built }: LocalImage,
  { revision, decision }: PushRequest,
) {
  if (built === undefined || revision === undefined || isSameCommit(built, revision)) return
  throw new ReleaseError('wrong-origin', {
    what: `${reference} was built here from ${built}, and the git tag ${decision.gitTag} is ${revision}.`,
    remedy: 'Build it again, with the command build, from the commit of the git tag.',
  })
}
