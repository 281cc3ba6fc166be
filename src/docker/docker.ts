import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import { ProgramNotStartedError, type ProgramResult, runProgram } from '../process/run.ts'
import { tellingLine } from './output.ts'

/** How a docker command ended. */
export interface DockerResult extends ProgramResult {
  /** The line of its output that says most about a failure. */
  readonly lastLine: string
}

/** The docker command line, with an environment of its own. The only place that starts it. */
export class Docker {
  readonly env: NodeJS.ProcessEnv
  readonly #options: { log: Log; signal: AbortSignal; cwd: string }

  constructor({ env, ...options }: { env: NodeJS.ProcessEnv; log: Log; signal: AbortSignal; cwd: string }) {
    this.env = env
    this.#options = options
  }

  /** The same docker with some variables of its environment set. */
  with(variables: Readonly<Record<string, string>>): Docker {
    return new Docker({ ...this.#options, env: { ...this.env, ...variables } })
  }

  /** With `show`, its output goes to the log as it comes, up to a `refusal`. Throws `docker-missing` without a docker command. */
  async run(
    args: readonly string[],
    { input = '', show = false, refusal }: { input?: string; show?: boolean; refusal?: RegExp } = {},
  ): Promise<DockerResult> {
    const { log, ...options } = this.#options
    log.debug(`docker ${args.map(arg => arg.replace(HIDDEN, '$1=…')).join(' ')}`)
    let isShown = show
    const onOutput = (text: string): void => {
      if (refusal?.test(text)) isShown = false
      if (isShown) log.raw(text)
    }
    try {
      const running = () => runProgram('docker', args, { ...options, env: this.env, input, onOutput })
      const result = await (show ? log.foreign(running) : running())
      return { ...result, lastLine: tellingLine(result.tail) }
    } catch (error) {
      throw error instanceof ProgramNotStartedError ? notStarted(error) : error
    }
  }

  /** Makes sure that the engine answers. Throws `docker-missing`. */
  async requireEngine(): Promise<void> {
    const { exitCode, lastLine } = await this.run(['version', '--format', '{{.Server.Version}}'])
    if (exitCode === 0) return
    throw new ReleaseError('docker-missing', {
      what: `The Docker engine does not answer: ${lastLine}`,
      remedy: 'Start the engine, or point DOCKER_HOST or the docker context to one that runs.',
    })
  }

  /** Whether the docker command is podman's, whatever link or script leads to it. */
  async isPodman(): Promise<boolean> {
    return /^podman\b/i.test((await this.run(['--version'])).stdout)
  }
}

/** Options whose values may hold a token. */
const HIDDEN = /^(--(?:build-arg=[^=]*|secret|ssh|build-context|cache-(?:from|to)))=.*$/s

function notStarted(error: ProgramNotStartedError): ReleaseError {
  const { isMissing, message } = error
  return new ReleaseError('docker-missing', {
    what: isMissing
      ? 'There is no docker command on this machine.'
      : `docker could not be started: ${message}.`,
    remedy: isMissing
      ? "Install Docker; GitHub's ubuntu-latest has it."
      : 'Shorten what is given to docker, or look at the memory and the processes of this machine.',
    cause: error,
  })
}
