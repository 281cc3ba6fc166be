import { storedCredentials } from '../docker/config.ts'
import type { Transport } from '../http/transport.ts'
import { RegistryClient } from '../registry/client.ts'
import { imagePage } from '../registry/image-page.ts'
import { imageName, type Repository } from '../registry/reference.ts'
import type { BuildRequest, PlanRequest, Request } from './request.ts'
import { type ServiceResult, writesRegistry } from './result.ts'
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
        looksOnly: !writes,
        now: clock.now,
      })
    clients.set(image, client)
    return client
  }
  /** The page that shows the image of a service to people, where it is known. */
  const pageOf = async ({ image, digest }: ServiceResult): Promise<string | undefined> => {
    const client = clients.get(image)
    if (client === undefined || digest === undefined) return undefined
    return imagePage(client.repository, { tokenService: client.tokenService, digest, transport })
  }
  return { registryFor, pageOf }
}
