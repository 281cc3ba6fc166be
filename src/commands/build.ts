import { buildLocally } from '../docker/build.ts'
import type { Docker } from '../docker/docker.ts'
import { withLogin } from '../docker/login.ts'
import type { Log } from '../log.ts'
import { fixedTags, planOf } from './plan.ts'
import type { BuildRequest } from './request.ts'
import type { Result } from './result.ts'
import { withOutcomes } from './tags.ts'

/** What `build` works with. */
export interface BuildPorts {
  readonly docker: Docker
  readonly log: Log
  /** A directory for files of this run. */
  readonly temporary: string
}

/** Builds the image once and leaves it in the engine under every fixed tag, as docker.sh build does. */
export const build = async (
  request: BuildRequest,
  { docker, log, temporary }: BuildPorts,
): Promise<Result> => {
  const { login, repository } = request
  const plan = planOf(request)
  const built = fixedTags(plan)
  const references = built.map(({ reference }) => reference)
  log.info(plan.result.reason)
  await log.stage(`Build ${references[0]}`, () =>
    login === undefined
      ? buildLocally(docker, request.build, references)
      : withLogin(docker, { ...login, registry: repository.registry }, temporary, loggedIn =>
          buildLocally(loggedIn, request.build, references),
        ),
  )
  log.info(`Built, not pushed: ${references.join(', ')}`)
  const tags = withOutcomes(plan, new Map(built.map(({ tag }) => [tag, { outcome: 'built' }] as const)))
  return { ...plan.result, command: 'build', tags }
}
