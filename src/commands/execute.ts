import { addStoredLogins, storedCredentials } from '../docker/config.ts'
import { Docker } from '../docker/docker.ts'
import { requireSkopeo } from '../docker/skopeo.ts'
import { patientBackoff, registryBackoff } from '../http/retry.ts'
import { Transport } from '../http/transport.ts'
import { RegistryClient } from '../registry/client.ts'
import type { Credentials } from '../registry/credentials.ts'
import { isSameRegistry, isSameRepository } from '../registry/reference.ts'
import { USER_AGENT } from '../version.ts'
import { audit } from './audit.ts'
import { build } from './build.ts'
import { writesRegistry } from './ledger.ts'
import { plan } from './plan.ts'
import { promote } from './promote.ts'
import { push } from './push.ts'
import { release } from './release.ts'
import type { Request } from './request.ts'
import type { Run } from './run.ts'
import { releaseSourceImage } from './source-image.ts'
import { verify } from './verify.ts'

export type Process = Pick<Run, 'env' | 'log' | 'secrets' | 'clock' | 'ledger' | 'signal' | 'workspace'>

/** What is known of the request is in the ledger. `withTemporary` makes a directory for files. */
export async function execute(
  request: Request,
  process: Process,
  withTemporary: (use: (temporary: string) => Promise<void>) => Promise<void>,
) {
  if (request.command === 'plan') return plan(request, process)
  await withTemporary(async temporary => {
    const { env, log, clock, secrets, signal, workspace } = process
    await addStoredLogins(env, secrets)
    // Thousands of questions may meet a limit of the registry, and nobody waits for the answers.
    const backoff = request.command === 'audit' ? patientBackoff : registryBackoff
    using transport = new Transport({ userAgent: USER_AGENT, log, clock, backoff, signal })
    const docker = new Docker({ env, log, signal, cwd: workspace })
    const registryFor = await registriesOf(request, process, transport)
    await runCommand(request, { ...process, started: clock.now(), temporary, transport, docker, registryFor })
  })
}

export async function runCommand(request: Exclude<Request, { command: 'plan' }>, run: Run) {
  switch (request.command) {
    case 'release':
      return 'build' in request ? release(request, run) : releaseSourceImage(request, run)
    case 'build':
      return build(request, run)
    case 'push':
      return push(request, run)
    case 'promote':
      return promote(request, run)
    case 'verify':
      return verify(request, run)
    case 'audit':
      return audit(request, run)
  }
}

/** Clients with the account that is given for the registry of the services, or docker's. */
async function registriesOf(
  request: Request,
  { env, signal, secrets, clock }: Process,
  transport: Transport,
): Promise<Run['registryFor']> {
  const { command, services, credentials: given } = request
  const own = services.map(({ repository }) => repository)
  const source = command === 'audit' ? undefined : request.sourceImage?.repository
  const others = [...services.flatMap(({ mirrors }) => mirrors), ...(source === undefined ? [] : [source])]
  const logins = new Map<string, Credentials>()
  for (const { registry } of [...own, ...others]) {
    const isGiven = given !== undefined && isSameRegistry(registry, own[0]?.registry ?? '')
    // Only docker logs in for a build.
    if (command === 'build') logins.set(registry, { kind: 'anonymous' })
    else if (isGiven) logins.set(registry, given)
    else if (!logins.has(registry)) logins.set(registry, await storedCredentials(registry, { env, signal }))
  }
  const writes = writesRegistry(command)
  const isCopied = others.some(other => !own.some(each => isSameRepository(each, other)))
  if (writes && isCopied) await requireSkopeo(logins, { env, signal })
  return (repository, access = writes ? 'pull,push' : 'pull') => {
    const credentials = logins.get(repository.registry) ?? { kind: 'anonymous' }
    return new RegistryClient({ repository, transport, credentials, secrets, access, now: clock.now })
  }
}
