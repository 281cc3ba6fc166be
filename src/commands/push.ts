import type { Docker } from '../docker/docker.ts'
import { findLocalImage, type LocalImage } from '../docker/local-image.ts'
import { withLogin } from '../docker/login.ts'
import { push as pushImage } from '../docker/push.ts'
import { ReleaseError } from '../errors.ts'
import type { Pause } from '../http/retry.ts'
import { REVISION_LABEL } from '../registry/labels.ts'
import { tagged } from '../registry/reference.ts'
import { afterBrokenPush, bringFirst, type First } from './first-tag.ts'
import { readAhead } from './outlook.ts'
import { announcedPlan, fixedTags, type Plan } from './plan.ts'
import { type PublishPorts, publish } from './publish.ts'
import type { PushRequest } from './request.ts'
import type { Result, TagResult } from './result.ts'

/** What `push` works with. */
export interface PushPorts extends PublishPorts {
  readonly docker: Docker
  /** A directory for files of this run. */
  readonly temporary: string
  /** Waits before a push is tried again; false when there is no further attempt. */
  readonly pause: Pause
}

const requireLocalImage = async (docker: Docker, { reference, stable }: TagResult): Promise<LocalImage> => {
  const image = await findLocalImage(docker, reference)
  if (image !== undefined) return image
  throw new ReleaseError(stable ? 'stable-image-missing' : 'image-missing', {
    what: `The engine has no image ${reference}.`,
    wayOut:
      'Nothing was pushed. Build it first, with the command build and the same service, tag, registry, project and policy.',
  })
}

/**
 * The one image that the engine has under every fixed tag of the plan, each found by its exact name.
 *
 * Throws `image-missing`, `stable-image-missing` or `images-differ`.
 */
const builtImage = async (plan: Plan, docker: Docker): Promise<LocalImage> => {
  const [first, ...others] = fixedTags(plan)
  const image = await requireLocalImage(docker, first)
  for (const tag of others) {
    const other = await requireLocalImage(docker, tag)
    if (other.id === image.id) continue
    throw new ReleaseError('images-differ', {
      what: `${tag.reference} is ${other.id}, and ${first.reference} is ${image.id}: they are not the same image.`,
      wayOut: 'Nothing was pushed. Build them again with the command build, which builds once.',
    })
  }
  return image
}

const bring = (request: PushRequest, plan: Plan, ports: PushPorts): Promise<First> => {
  const { registry, docker, log, journal, temporary, pause } = ports
  const { login } = request
  const reference = tagged(registry.repository, plan.first.tag)
  const bringWith = (used: Docker): Promise<First> =>
    bringFirst(request, plan, {
      registry,
      journal,
      bring: () => pushImage(used, reference, temporary),
      retry: afterBrokenPush(pause, log),
    })
  return log.stage(`Push ${reference}`, async conclude => {
    const pushed =
      login === undefined
        ? await bringWith(docker)
        : await withLogin(docker, { ...login, registry: registry.repository.registry }, ports, bringWith)
    conclude(`pushed and read back, ${pushed.digest}`)
    return pushed
  })
}

/**
 * Publishes what `build` has built: finds it under every fixed tag, insists that it is one image, pushes the
 * first tag and copies it to the others.
 */
export const push = async (request: PushRequest, ports: PushPorts): Promise<Result> => {
  const { docker } = ports
  const plan = announcedPlan(request, 'push', ports)
  const image = await builtImage(plan, docker)
  // What is pushed is what was built, whichever commit this run is for.
  const ordered = { ...request, revision: image.labels[REVISION_LABEL], own: image.digests }
  const outlook = await readAhead(ordered, plan, ports)
  const published = await publish(ordered, plan, { outlook, bring: () => bring(ordered, plan, ports) }, ports)
  return { ...plan.result, ...published }
}
