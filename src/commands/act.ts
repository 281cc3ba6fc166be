import { isAbsolute, join } from 'node:path'
import { addStoredLogins, storedCredentials } from '../docker/config.ts'
import { Docker } from '../docker/docker.ts'
import { pauseBetween, pushBackoff, registryBackoff } from '../http/retry.ts'
import { Transport } from '../http/transport.ts'
import type { Credentials } from '../registry/authorization.ts'
import { RegistryClient } from '../registry/client.ts'
import { pageOf } from '../registry/page.ts'
import { build } from './build.ts'
import type { Surroundings } from './execute.ts'
import { promote } from './promote.ts'
import { type PushPorts, push } from './push.ts'
import { type ReleasePorts, release } from './release.ts'
import type { BuildRequest, PlanRequest, Request } from './request.ts'
import type { Result } from './result.ts'
import { withSource } from './source.ts'
import { verify } from './verify.ts'

const credentialsFor = (
  { login, repository }: Exclude<Request, PlanRequest>,
  { env, signal }: Surroundings,
): Credentials | Promise<Credentials> =>
  login === undefined
    ? storedCredentials(repository.registry, { env, signal })
    : { kind: 'password', ...login }

type AskingRequest = Exclude<Request, PlanRequest | BuildRequest>

/** Carries out an order for which the registry is asked. */
const executeAt = async (request: AskingRequest, ports: PushPorts & ReleasePorts): Promise<Result> => {
  switch (request.command) {
    case 'promote':
      return promote(request, ports)
    case 'verify':
      return verify(request, ports)
    case 'push':
      return push(request, ports)
    case 'release':
      return release(request, ports)
  }
}

/** Carries out an order that takes more than a plan. */
export const act = async (
  request: Exclude<Request, PlanRequest>,
  surroundings: Surroundings,
): Promise<Result> => {
  const { env, log, secrets, journal, clock, signal, workspace, temporary, loadGitHub, userAgent } =
    surroundings
  const started = clock.now()
  await addStoredLogins(env, secrets)
  const docker = new Docker({ env, log, signal, cwd: workspace })
  using transport = new Transport({ userAgent, log, clock, backoff: registryBackoff, signal })
  const pause = pauseBetween(pushBackoff, clock)
  const pathOf = (name: string): string => (isAbsolute(name) ? name : join(workspace, name))
  const sourcePorts = { transport, loadGitHub, env, signal, log, pathOf }
  // Awaited here and below, as the connections end with this block.
  if (request.command === 'build') {
    const ordered = await withSource(request, sourcePorts)
    return await build(ordered, { docker, log, journal, temporary, pause })
  }
  const { repository } = request
  const registry = new RegistryClient({
    repository,
    transport,
    credentials: await credentialsFor(request, surroundings),
    secrets,
    access: request.command === 'verify' ? 'pull' : 'pull,push',
    looksOnly: request.command === 'verify',
    now: clock.now,
  })
  const ordered = request.command === 'release' ? await withSource(request, sourcePorts) : request
  const result = await executeAt(ordered, {
    registry,
    docker,
    log,
    journal,
    temporary,
    transport,
    loadGitHub,
    clock,
    pause,
    started,
  })
  const { digest } = result
  if (digest === undefined) return result
  const page = await pageOf(repository, { service: registry.service, digest, transport })
  return page === undefined ? result : { ...result, page }
}
