import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import { describeEnd, ProgramNotStartedError, runProgram } from '../process/program.ts'
import type { RegistryClient } from '../registry/client.ts'
import { byDigest, type Digest } from '../registry/reference.ts'
import { configKey } from './config.ts'
import { tellingLine } from './output.ts'
import { isLastingRefusal, PushInterruptedError } from './push.ts'

interface Ports {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly log: Log
  readonly temporary: string
}

/** Throws `skopeo-missing` unless it can copy, and `credentials-unreadable` for a login that it can't use. */
export async function requireSkopeo(
  registries: readonly RegistryClient[],
  { env, signal }: Pick<Ports, 'env' | 'signal'>,
): Promise<void> {
  const unusable = registries.find(({ credentials }) => credentials.kind === 'registry-token')
  if (unusable !== undefined)
    throw new ReleaseError('credentials-unreadable', {
      what: `Docker's login for ${unusable.repository.registry} is a registrytoken, which skopeo takes only as an argument, for every user of the machine to see.`,
      remedy: 'Log in with a user name and a password, or a token in its place.',
    })
  // It looks for its policy before it reads the names.
  const { tail } = await skopeo(['copy', 'check', 'check'], { env, signal, statusAnswers: true })
  if (!/trust policy/i.test(tail)) return
  throw new ReleaseError('skopeo-missing', {
    what: `skopeo has no policy: ${tellingLine(tail)}`,
    remedy:
      'Install the package containers-common (Debian: golang-github-containers-common), which has /etc/containers/policy.json, or write ~/.config/containers/policy.json.',
  })
}

/**
 * Copies an image from one repository to another: all platforms and attestations, as they are, without a tag. Throws
 * `push-failed` or `PushInterruptedError`; what else it says of its success is not believed.
 */
export async function copyImage(
  digest: Digest,
  { from, to }: { from: RegistryClient; to: RegistryClient },
  { env, signal, log, temporary }: Ports,
): Promise<void> {
  const authfile = join(temporary, `skopeo-${randomUUID()}.json`)
  const args = [
    ...['copy', '--all', '--preserve-digests', `--authfile=${authfile}`],
    ...((await from.isPlainHttp()) ? ['--src-tls-verify=false'] : []),
    ...((await to.isPlainHttp()) ? ['--dest-tls-verify=false'] : []),
    ...[from, to].map(({ repository }) => `docker://${byDigest(repository, digest)}`),
  ]
  log.debug(`skopeo ${args.join(' ')}`)
  try {
    const auths = Object.fromEntries([from, to].flatMap(loginFor))
    await writeFile(authfile, JSON.stringify({ auths }), { mode: 0o600 })
    const result = await log.foreign(() => skopeo(args, { env, signal, onOutput: log.raw }))
    if (result.exitCode === 0) return
    const lastLine = tellingLine(result.tail)
    const what = `The copy of ${byDigest(from.repository, digest)} to ${byDigest(to.repository, digest)} failed: skopeo ${describeEnd(result)}: ${lastLine}`
    if (!isLastingRefusal({ tail: result.tail, lastLine }))
      throw new PushInterruptedError('push-failed', { what, remedy: 'Run it again.' })
    const remedy = 'The accounts must be allowed to pull from the one and to push to the other.'
    throw new ReleaseError('push-failed', { what, remedy })
  } finally {
    await rm(authfile, { force: true })
  }
}

async function skopeo(args: readonly string[], options: Parameters<typeof runProgram>[2]) {
  try {
    return await runProgram('skopeo', args, options)
  } catch (error) {
    if (!(error instanceof ProgramNotStartedError)) throw error
    throw new ReleaseError('skopeo-missing', {
      what: error.isMissing
        ? 'There is no skopeo command on this machine, which copies images between repositories.'
        : `skopeo could not be started: ${error.message}.`,
      remedy: "Install the package skopeo; GitHub's ubuntu-latest has it.",
      cause: error,
    })
  }
}

/** In the form of docker's configuration. */
function loginFor({ repository: { registry }, credentials }: RegistryClient) {
  const login = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
  const key = configKey(registry)
  if (credentials.kind === 'password')
    return [[key, login(`${credentials.username}:${credentials.password}`)] as const]
  if (credentials.kind !== 'identity-token') return []
  return [[key, { ...login('<token>:'), identitytoken: credentials.token }] as const]
}
