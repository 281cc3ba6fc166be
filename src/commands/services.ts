import { addStoredLogins, storedCredentials } from '../docker/config.ts'
import { Docker } from '../docker/docker.ts'
import { registryBackoff } from '../http/retry.ts'
import { Transport } from '../http/transport.ts'
import { RegistryClient } from '../registry/client.ts'
import { imagePage } from '../registry/image-page.ts'
import { build } from './build.ts'
import { promote } from './promote.ts'
import { push } from './push.ts'
import { release } from './release.ts'
import type { BuildRequest, PlanRequest, Request } from './request.ts'
import type { Result } from './result.ts'
import type { Run, ServiceOptions, Services } from './run.ts'
import { verify } from './verify.ts'

type RegistryRequest = Exclude<Request, PlanRequest | BuildRequest>

const executeAtRegistry = (request: RegistryRequest, tools: Services & Run): Promise<Result> => {
  switch (request.command) {
    case 'promote':
      return promote(request, tools)
    case 'verify':
      return verify(request, tools)
    case 'push':
      return push(request, tools)
    case 'release':
      return release(request, tools)
  }
}

/** The client for the repository of a request, with the account that the caller gives, or that docker has stored. */
const registryFor = async (
  { command, repository, credentials }: RegistryRequest,
  { env, signal, secrets, clock }: Run,
  transport: Transport,
): Promise<RegistryClient> =>
  new RegistryClient({
    repository,
    transport,
    credentials: credentials ?? (await storedCredentials(repository.registry, { env, signal })),
    secrets,
    access: command === 'verify' ? 'pull' : 'pull,push',
    looksOnly: command === 'verify',
    now: clock.now,
  })

/** Carries out a request that takes more than a plan. */
export const executeWithServices = async (
  request: Exclude<Request, PlanRequest>,
  run: Run,
  options: Pick<ServiceOptions, 'loadGitHub' | 'userAgent'> & Pick<Services, 'temporary'>,
): Promise<Result> => {
  const { env, log, secrets, clock, signal, workspace } = run
  const { temporary, loadGitHub, userAgent } = options
  await addStoredLogins(env, secrets)
  const docker = new Docker({ env, log, signal, cwd: workspace })
  using transport = new Transport({ userAgent, log, clock, backoff: registryBackoff, signal })
  const tools = { ...run, docker, transport, loadGitHub, temporary }
  // Awaited here and below, as the connections end with this block.
  if (request.command === 'build') return await build(request, tools)
  const { repository } = request
  const registry = await registryFor(request, run, transport)
  const result = await executeAtRegistry(request, { ...tools, registry })
  const { digest } = result
  if (digest === undefined) return result
  const page = await imagePage(repository, { service: registry.service, digest, transport })
  return page === undefined ? result : { ...result, page }
}
