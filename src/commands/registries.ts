import { storedCredentials } from '../docker/config.ts'
import type { Transport } from '../http/transport.ts'
import { RegistryClient } from '../registry/client.ts'
import { imageName, type Repository } from '../registry/reference.ts'
import type { BuildRequest, PlanRequest, Request } from './request.ts'
import { writesRegistry } from './result.ts'
import type { Run } from './tools.ts'

type RegistryRequest = Exclude<Request, PlanRequest | BuildRequest>

/** Clients for the repositories of a request, with the account that the caller gives, or that docker has stored. */
export const registriesFor = async (
  request: RegistryRequest,
  { env, signal, secrets, clock }: Run,
  transport: Transport,
) => {
  const writes = writesRegistry(request.command)
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
        access: writes ? 'pull,push' : 'pull',
        headOnly: !writes,
        now: clock.now,
      })
    clients.set(image, client)
    return client
  }
  return { registryFor }
}
