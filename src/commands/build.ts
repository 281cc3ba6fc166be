import { buildLocally } from '../docker/build.ts'
import { withLogin } from '../docker/login.ts'
import { pushBackoff } from '../docker/push.ts'
import { pauseBetween } from '../http/retry.ts'
import { compareSource } from './compare-source.ts'
import { withOutcomes } from './outcome.ts'
import { announcedPlan, fixedTags } from './plan.ts'
import type { BuildRequest } from './request.ts'
import type { ServiceResult } from './result.ts'
import type { Backends, Run } from './tools.ts'

/** Builds the image once and leaves it in the engine under every fixed tag, as docker.sh build does. */
export const build = async (given: BuildRequest, tools: Run & Backends): Promise<ServiceResult> => {
  const { docker, log, journal, clock, temporary } = tools
  const plan = announcedPlan(given, tools)
  const { request, warn } = await compareSource(given, tools)
  const { credentials, repository, build } = request
  warn()
  const built = fixedTags(plan)
  const references = built.map(({ reference }) => reference)
  await log.stage(`Build ${references[0]}`, async conclude => {
    const at = { registry: repository.registry, credentials }
    const pause = pauseBetween(pushBackoff, clock)
    await withLogin(docker, at, { log, temporary, pause }, used => buildLocally(used, build, references))
    conclude(`built, not pushed: ${built.map(({ tag }) => tag).join(', ')}`)
  })
  const tags = withOutcomes(plan, new Map(built.map(({ tag }) => [tag, { outcome: 'built' }] as const)))
  for (const tag of tags) journal.tag(tag)
  return { ...plan.result, tags }
}
