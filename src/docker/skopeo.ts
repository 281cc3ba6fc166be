import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import { describeEnd, ProgramNotStartedError, runProgram } from '../process/program.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Credentials } from '../registry/credentials.ts'
import { byDigest, type Digest } from '../registry/reference.ts'
import { requireImage } from '../registry/require-image.ts'
import { configKey } from './config.ts'
import { tellingLine } from './output.ts'
import { isLastingRefusal, PushInterruptedError } from './push.ts'

const COPY = ['copy', '--all', '--preserve-digests'] as const

interface Ports {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly log: Log
  readonly temporary: string
}

/** Throws `skopeo-missing` unless it can copy, and `credentials-unreadable` for a login that it can't be given. */
export async function requireSkopeo(
  logins: ReadonlyMap<string, Credentials>,
  options: Pick<Ports, 'env' | 'signal'>,
) {
  for (const [registry, { kind }] of logins)
    if (kind === 'registry-token')
      throw new ReleaseError('credentials-unreadable', {
        what: `Docker's login for ${registry} is a registrytoken, which skopeo takes only as an argument: every user could see it.`,
        remedy: 'Log in with a user name and a password, or a token in its place.',
      })
  // It reads its options, then its policy, then the names.
  const { tail } = await skopeo([...COPY, 'check', 'check'], { ...options, statusAnswers: true })
  if (/unknown flag/.test(tail)) throw missing(`It is older than 1.6: ${reasonIn(tail)}`)
  if (/trust policy/i.test(tail))
    throw new ReleaseError('skopeo-missing', {
      what: `skopeo has no policy: ${reasonIn(tail)}`,
      remedy:
        'Install the package that has /etc/containers/policy.json (containers-common; in Debian golang-github-containers-common), or write ~/.config/containers/policy.json.',
    })
}

/**
 * All platforms and attestations, as they are. `look` throws if the tag may not be written any more. Throws `push-failed` or
 * `PushInterruptedError`.
 */
export async function bringImage(
  digest: Digest,
  at: { from: RegistryClient; to: RegistryClient; tag: string; look: () => Promise<unknown> },
  ports: Ports,
): Promise<readonly Digest[]> {
  const { from, to, tag, look } = at
  if (!(await to.hasManifest(digest))) {
    await copyImage(digest, from, to, ports)
    // It may have taken minutes.
    await look()
  }
  // What skopeo says of its success is not believed.
  await to.putManifest(tag, await requireImage(to, digest))
  return [digest]
}

async function copyImage(
  digest: Digest,
  from: RegistryClient,
  to: RegistryClient,
  { env, signal, log, temporary }: Ports,
) {
  const authfile = join(temporary, `skopeo-${randomUUID()}.json`)
  const isPlain = async ({ origin }: RegistryClient) => (await origin()).startsWith('http:')
  const [source, target] = [from, to].map(({ repository }) => byDigest(repository, digest))
  const args = [
    ...[...COPY, `--authfile=${authfile}`],
    ...((await isPlain(from)) ? ['--src-tls-verify=false'] : []),
    ...((await isPlain(to)) ? ['--dest-tls-verify=false'] : []),
    ...[`docker://${source}`, `docker://${target}`],
  ]
  log.debug(`skopeo ${args.join(' ')}`)
  try {
    const auths = Object.fromEntries([from, to].flatMap(loginFor))
    await writeFile(authfile, JSON.stringify({ auths }), { mode: 0o600 })
    const result = await log.foreign(() => skopeo(args, { env, signal, onOutput: log.raw }))
    if (result.exitCode === 0) return
    const failed = { ...result, lastLine: reasonIn(result.tail) }
    const what = `The copy of ${source} to ${target} failed: skopeo ${describeEnd(result)}: ${failed.lastLine}`
    if (!isLastingRefusal(failed))
      throw new PushInterruptedError('push-failed', { what, remedy: 'Run it again.' })
    const remedy =
      'The accounts must be allowed to pull from the one and to push to the other, which must exist and have room.'
    throw new ReleaseError('push-failed', { what, remedy })
  } finally {
    await rm(authfile, { force: true })
  }
}

async function skopeo(args: readonly string[], options: Parameters<typeof runProgram>[2]) {
  try {
    return await runProgram('skopeo', args, options)
  } catch (cause) {
    if (!(cause instanceof ProgramNotStartedError)) throw cause
    throw missing(`There is none that can be started: ${cause.message}.`, cause)
  }
}

function missing(why: string, cause?: unknown) {
  const what = `skopeo, which copies images between repositories, can not be used. ${why}`
  const remedy = "Install skopeo 1.6 or newer; GitHub's ubuntu-latest has it."
  return new ReleaseError('skopeo-missing', { what, remedy, cause })
}

/** Without the frame of its log and the state of an upload in its address. */
function reasonIn(tail: string) {
  const said = tail.replace(/^time=\S+ level=\w+ msg="(.*)"$/gm, '$1').replaceAll('\\"', '"')
  return tellingLine(said.replace(/\?\S*(?=: )/g, ''))
}

function loginFor({ repository: { registry }, credentials }: RegistryClient) {
  const entry = (login: string, more = {}) =>
    [[configKey(registry), { auth: Buffer.from(login).toString('base64'), ...more }]] as const
  if (credentials.kind === 'password') return entry(`${credentials.username}:${credentials.password}`)
  return credentials.kind === 'identity-token' ? entry('<token>:', { identitytoken: credentials.token }) : []
}
