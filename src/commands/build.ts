import { buildLocally } from '../docker/build.ts'
import type { Docker } from '../docker/docker.ts'
import { withLogin } from '../docker/login.ts'
import type { Pause } from '../http/retry.ts'
import type { Log } from '../log.ts'
import type { Journal } from './journal.ts'
import { announcedPlan, fixedTags } from './plan.ts'
import type { BuildRequest } from './request.ts'
import type { Result } from './result.ts'
import { withOutcomes } from './tags.ts'

/** What `build` works with. */
export interface BuildPorts {
  readonly docker: Docker
  readonly log: Log
  readonly journal: Journal
  /** A directory for files of this run. */
  readonly temporary: string
  /** Waits before the login is tried again; false when there is no further attempt. */
  readonly pause: Pause
}

/** Builds the image once and leaves it in the engine under every fixed tag, as docker.sh build does. */
export const build = async (
  request: BuildRequest,
  { docker, log, journal, temporary, pause }: BuildPorts,
): Promise<Result> => {
  const { login, repository } = request
  const plan = announcedPlan(request, 'build', { log, journal })
  const built = fixedTags(plan)
  const references = built.map(({ reference }) => reference)
  await log.stage(`Build ${references[0]}`, async conclude => {
    if (login === undefined) await buildLocally(docker, request.build, references)
    else {
      const given = { ...login, registry: repository.registry }
      await withLogin(docker, given, { log, temporary, pause }, used =>
        buildLocally(used, request.build, references),
      )
    }
    conclude(`built, not pushed: ${built.map(({ tag }) => tag).join(', ')}`)
  })
  const tags = withOutcomes(plan, new Map(built.map(({ tag }) => [tag, { outcome: 'built' }] as const)))
  tags.forEach(tag => {
    journal.tag(tag)
  })
  return { ...plan.result, tags }
}
