import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import { ProgramNotStartedError, type ProgramResult, runProgram } from '../process/program.ts'
import { type Failed, tellingLine } from './output.ts'

export type DockerResult = ProgramResult & Failed

interface DockerOptions {
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly signal: AbortSignal
  readonly cwd: string
}

export class Docker {
  readonly #options: DockerOptions

  constructor(options: DockerOptions) {
    this.#options = options
  }

  get env() {
    return this.#options.env
  }

  with(variables: Readonly<Record<string, string>>) {
    return new Docker({ ...this.#options, env: { ...this.env, ...variables } })
  }

  /** With `show`, its output goes to the log, up to a `refusal`. Throws `docker-missing`. */
  async run(
    args: readonly string[],
    { input = '', show = false, refusal }: { input?: string; show?: boolean; refusal?: RegExp } = {},
  ): Promise<DockerResult> {
    const { log, ...options } = this.#options
    log.debug(`docker ${args.map(arg => arg.replace(HIDDEN, '$1=…')).join(' ')}`)
    let isShown = show
    const onOutput = (text: string) => {
      if (refusal?.test(text)) isShown = false
      if (isShown) log.raw(text)
    }
    try {
      const running = () => runProgram('docker', args, { ...options, input, onOutput })
      const result = await (show ? log.foreign(running) : running())
      return { ...result, lastLine: tellingLine(result.tail) }
    } catch (error) {
      throw error instanceof ProgramNotStartedError ? notStarted(error) : error
    }
  }

  /** Throws `docker-missing` unless the engine answers, or the chosen builder needs none. */
  async requireEngine(): Promise<void> {
    const { exitCode, lastLine } = await this.run(['version', '--format', '{{.Server.Version}}'])
    if (exitCode === 0) return
    const builder = await this.run(['buildx', 'inspect'])
    if (/^Driver: +(?:remote|kubernetes|cloud)$/m.test(builder.stdout)) return
    throw new ReleaseError('docker-missing', {
      what: `The Docker engine does not answer: ${lastLine}`,
      remedy: 'Start it, or point DOCKER_HOST or the docker context to one that runs.',
    })
  }

  async isPodman() {
    return /^podman\b/i.test((await this.run(['--version'])).stdout)
  }
}

/** Options whose values may hold a token. */
const HIDDEN = /^(--(?:build-arg=[^=]*|secret|ssh|build-context|cache-(?:from|to)))=.*$/s

function notStarted(cause: ProgramNotStartedError) {
  const [what, remedy] = cause.isMissing
    ? ['There is no docker command on this machine.', "Install Docker; GitHub's ubuntu-latest has it."]
    : [`docker could not be started: ${cause.message}.`, 'Shorten its arguments, or check this machine.']
  return new ReleaseError('docker-missing', { what, remedy, cause })
}
