import { addStoredLogins } from '../docker/config.ts'
import { Docker } from '../docker/docker.ts'
import { patientBackoff, registryBackoff } from '../http/retry.ts'
import { Transport } from '../http/transport.ts'
import type { Repository } from '../registry/reference.ts'
import { audit } from './audit.ts'
import { build } from './build.ts'
import { resultOf } from './plan.ts'
import { promote } from './promote.ts'
import { push } from './push.ts'
import { registriesFor } from './registries.ts'
import { release } from './release.ts'
import type { PlanRequest, Request } from './request.ts'
import type { CommandResult } from './result.ts'
import type { Backends, CommandOptions, Run } from './tools.ts'
import { verify } from './verify.ts'

/** Carries out a request that takes more than a plan, with the backends that it needs. */
export const dispatch = async (
  request: Exclude<Request, PlanRequest>,
  run: Run,
  options: Pick<CommandOptions, 'loadGitHub' | 'userAgent'> & Pick<Backends, 'temporary'>,
): Promise<CommandResult> => {
  const { env, log, secrets, clock, signal, workspace } = run
  const { temporary, loadGitHub, userAgent } = options
  await addStoredLogins(env, secrets)
  const docker = new Docker({ env, log, signal, cwd: workspace })
  // Thousands of questions may meet a limit of the registry, and nobody waits for the answers.
  const backoff = request.command === 'audit' ? patientBackoff : registryBackoff
  using transport = new Transport({ userAgent, log, clock, backoff, signal })
  const tools = { ...run, docker, transport, loadGitHub, temporary }
  // Awaited here and below, as the connections end with this block.
  if (request.command === 'build') return resultOf(request, [await build(request, tools)])
  const registries = await registriesFor(request, run, transport)
  const ofMany = { ...tools, ...registries }
  if (request.command === 'audit') return await audit(request, ofMany)
  const ofOne = (repository: Repository) => ({ ...tools, registry: registries.registryFor(repository) })
  switch (request.command) {
    case 'promote':
      return await promote(request, ofMany)
    case 'verify':
      return await verify(request, ofMany)
    case 'push':
      return resultOf(request, [await push(request, ofOne(request.repository))])
    case 'release':
      return resultOf(request, [await release(request, ofOne(request.repository))])
  }
}
