import { ReleaseError } from '../errors.ts'
import type { Log } from '../log.ts'
import {
  ProgramMissingError,
  ProgramNotStartedError,
  type ProgramResult,
  runProgram,
} from '../process/run.ts'
import { tellingLine } from './failures.ts'

/** How a docker command ended. */
export interface DockerResult extends ProgramResult {
  /** The line of its output that says most about a failure. */
  readonly lastLine: string
  /** Whether it did nothing, as it does not know what it was asked for. */
  readonly isRefused: boolean
}

/** Options whose values are not shown: build arguments, and where secrets, contexts and caches are, may hold a token. */
const HIDDEN = /^(--(?:build-arg=[^=]*|secret|ssh|build-context|cache-(?:from|to)))=.*$/s

/** The docker command line, with an environment of its own. The only place that starts it. */
export class Docker {
  readonly env: NodeJS.ProcessEnv
  readonly #log: Log
  readonly #signal: AbortSignal
  readonly #cwd: string

  constructor(options: { env: NodeJS.ProcessEnv; log: Log; signal: AbortSignal; cwd: string }) {
    this.env = options.env
    this.#log = options.log
    this.#signal = options.signal
    this.#cwd = options.cwd
  }

  /** The same docker with some variables of its environment set. */
  with(variables: Readonly<Record<string, string>>): Docker {
    const env = { ...this.env, ...variables }
    return new Docker({ env, log: this.#log, signal: this.#signal, cwd: this.#cwd })
  }

  /**
   * Runs docker and gives back how it ended. With `show`, its output goes to the log as it comes, but not what it says
   * when it does not know what it is asked for: `refusal` tells that.
   *
   * Throws `docker-missing` when there is no docker command.
   */
  async run(
    args: readonly string[],
    { input, show = false, refusal }: { input?: string; show?: boolean; refusal?: RegExp } = {},
  ): Promise<DockerResult> {
    this.#log.debug(`docker ${args.map(arg => arg.replace(HIDDEN, '$1=…')).join(' ')}`)
    const says = (text: string): boolean => refusal?.test(text) ?? false
    let isRefused = false
    const onOutput = (text: string): void => {
      isRefused ||= says(text)
      if (!isRefused) this.#log.raw(text)
    }
    try {
      const options = {
        env: this.env,
        signal: this.#signal,
        cwd: this.#cwd,
        ...(input === undefined ? {} : { input }),
      }
      const result = show
        ? await this.#log.foreign(() => runProgram('docker', args, { ...options, onOutput }))
        : await runProgram('docker', args, options)
      const { exitCode, tail } = result
      return {
        ...result,
        lastLine: tellingLine(tail),
        isRefused: exitCode !== 0 && (isRefused || says(tail)),
      }
    } catch (error) {
      if (error instanceof ProgramMissingError) {
        throw new ReleaseError('docker-missing', {
          what: 'There is no docker command on this machine.',
          remedy: "Install Docker; GitHub's ubuntu-latest has it.",
          cause: error,
        })
      }
      if (error instanceof ProgramNotStartedError) {
        throw new ReleaseError('docker-missing', {
          what: `docker could not be started: ${error.message}.`,
          remedy: 'Shorten what is given to docker, or look at the memory and the processes of this machine.',
          cause: error,
        })
      }
      throw error
    }
  }

  /**
   * Makes sure that the engine answers. Throws `docker-missing`.
   */
  async requireEngine(): Promise<void> {
    const { exitCode, lastLine } = await this.run(['version', '--format', '{{.Server.Version}}'])
    if (exitCode === 0) return
    throw new ReleaseError('docker-missing', {
      what: `The Docker engine does not answer: ${lastLine}`,
      remedy: 'Start the engine, or point DOCKER_HOST or the docker context to one that runs.',
    })
  }
}
