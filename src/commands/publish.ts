import type { Constraints } from '../reconcile/state.ts'
import { imageContent, type Labels } from '../registry/labels.ts'
import { errorOfServices } from '../service-errors.ts'
import { publishCopies } from './copies.ts'
import { type Push, publishFirst } from './first-tag.ts'
import { publishMirrors, unreadyMirrors } from './mirrors.ts'
import { type NextSteps, readRegistry } from './observe.ts'
import type { GitTagRequest } from './request.ts'
import type { Run, ServiceTarget } from './run.ts'

/** Reads the service and its mirrors. Throws what is refused, or may not be written. */
export async function readRepositories(
  request: GitTagRequest,
  target: ServiceTarget,
  constraints: Constraints,
  run: Run,
): Promise<NextSteps> {
  const next = await readRegistry(target, constraints, run)
  const { own: [own, ...others] = [] } = constraints
  const digest = next.first.kind === 'keep' ? next.first.digest : others.length === 0 ? own : undefined
  const images = target.mirrors.map(({ entry }) => entry.image)
  const count = images.length
  if (count === 0) return next
  await run.log.stage('Read the mirrors', async conclude => {
    const failures = await unreadyMirrors([{ target, digest }], request, run)
    const [failure] = failures
    const what = `Of ${count} mirrors, ${failures.length} can not be written`
    if (failure !== undefined)
      throw errorOfServices(failures, { name: failure.error.name, what, count, noun: 'mirrors' })
    conclude(`${images.join(', ')} can be written`)
  })
  return next
}

/** `labels`: of a build. */
export async function publish(
  request: GitTagRequest,
  target: ServiceTarget,
  how: { constraints: Constraints; next: NextSteps; push: Push; labels?: Labels },
  run: Run,
) {
  const image = await publishFirst(target, how, run)
  const labels = image.isBuilt ? how.labels : image.manifest && how.next.observed.labels
  if (labels !== undefined) Object.assign(target.entry, imageContent(labels, image.manifest))
  await publishCopies(request, target, { ...how, image, copies: how.next.copies }, run)
  await publishMirrors([target], request, run)
}
