import { addStoredLogins, storedCredentials } from '../docker/config.ts'
import { Docker } from '../docker/docker.ts'
import { patientBackoff, registryBackoff } from '../http/retry.ts'
import { Transport } from '../http/transport.ts'
import { preferSmallHeap } from '../memory.ts'
import { RegistryClient } from '../registry/client.ts'
import { imagePage } from '../registry/image-page.ts'
import { imageName, type Repository } from '../registry/reference.ts'
import { audit } from './audit.ts'
import { build } from './build.ts'
import { forEach } from './each-service.ts'
import { resultOf } from './plan.ts'
import { promote } from './promote.ts'
import { push } from './push.ts'
import { release } from './release.ts'
import type { BuildRequest, PlanRequest, Request } from './request.ts'
import type { CommandResult, Result, ServiceResult } from './result.ts'
import type { Run, ServiceOptions, Services } from './tools.ts'
import { verify } from './verify.ts'

type RegistryRequest = Exclude<Request, PlanRequest | BuildRequest>

/** The commands that change nothing. */
const LOOKING: readonly Request['command'][] = ['verify', 'audit']

/** Clients for the repositories of a request, with the account that the caller gives, or that docker has stored. */
const registriesFor = async (
  request: RegistryRequest,
  { env, signal, secrets, clock }: Run,
  transport: Transport,
) => {
  const { command } = request
  const [{ repository }] = 'services' in request ? request.services : [request]
  const credentials = request.credentials ?? (await storedCredentials(repository.registry, { env, signal }))
  const clients = new Map<string, RegistryClient>()
  const registryFor = (repository: Repository): RegistryClient => {
    const image = imageName(repository)
    const client =
      clients.get(image) ??
      new RegistryClient({
        repository,
        transport,
        credentials,
        secrets,
        access: LOOKING.includes(command) ? 'pull' : 'pull,push',
        looksOnly: LOOKING.includes(command),
        now: clock.now,
      })
    clients.set(image, client)
    return client
  }
  /** The page that shows the image of a service to people, where it is known. */
  const pageOf = async ({ image, digest }: ServiceResult): Promise<string | undefined> => {
    const client = clients.get(image)
    if (client === undefined || digest === undefined) return undefined
    return imagePage(client.repository, { service: client.service, digest, transport })
  }
  return { registryFor, pageOf }
}

/** Carries out a request that takes more than a plan. */
export const executeWithServices = async (
  request: Exclude<Request, PlanRequest>,
  run: Run,
  options: Pick<ServiceOptions, 'loadGitHub' | 'userAgent'> & Pick<Services, 'temporary'>,
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
  if (request.command === 'audit') {
    preferSmallHeap()
    return await audit(request, ofMany)
  }
  const ofOne = (repository: Repository) => ({ ...tools, registry: registries.registryFor(repository) })
  let result: Result
  switch (request.command) {
    case 'promote':
      result = await promote(request, ofMany)
      break
    case 'verify':
      result = await verify(request, ofMany)
      break
    case 'push':
      result = resultOf(request, [await push(request, ofOne(request.repository))])
      break
    case 'release':
      result = resultOf(request, [await release(request, ofOne(request.repository))])
      break
  }
  const withPage = async (service: ServiceResult): Promise<ServiceResult> => {
    const page = await registries.pageOf(service)
    return page === undefined ? service : { ...service, page }
  }
  return { ...result, services: await forEach(result.services, withPage) }
}
