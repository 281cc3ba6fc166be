import { spawn } from 'node:child_process'

/** What a program said and how it ended. The exit status alone says whether it failed. */
export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  /** The end of what it wrote to standard output and standard error, as it came. */
  readonly tail: string
}

/** How much of a program's output is kept for an error, in characters. */
const TAIL_LENGTH = 8_000

/** How long a program that was asked to stop is waited for, in milliseconds. */
const GRACE = 10_000

/**
 * Runs a program with an array of arguments, never through a shell, and waits until it has ended.
 *
 * Rejects when it can not be started. When `signal` aborts, the program is asked to stop (SIGTERM, after a
 * grace period SIGKILL), waited for, and the promise rejects with the signal's reason.
 */
export const run = (
  program: string,
  args: readonly string[],
  options: {
    env: NodeJS.ProcessEnv
    signal: AbortSignal
    /** Written to standard input; without it the program reads nothing. */
    input?: string
    cwd?: string
    onOutput?: (chunk: Buffer) => void
  },
): Promise<RunResult> =>
  new Promise((resolve, reject) => {
    const { env, signal, input, cwd, onOutput } = options
    signal.throwIfAborted()
    const child = spawn(program, args, {
      env,
      ...(cwd === undefined ? {} : { cwd }),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const stdout: Buffer[] = []
    let tail = ''
    const take = (chunk: Buffer): void => {
      tail = (tail + chunk.toString('utf8')).slice(-TAIL_LENGTH)
      onOutput?.(chunk)
    }
    let kill: NodeJS.Timeout | undefined
    const stop = (): void => {
      child.kill('SIGTERM')
      kill = setTimeout(() => child.kill('SIGKILL'), GRACE)
    }
    signal.addEventListener('abort', stop, { once: true })
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout.push(chunk)
      take(chunk)
    })
    child.stderr?.on('data', take)
    child.on('error', reject)
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop)
      clearTimeout(kill)
      if (signal.aborted) return reject(signal.reason)
      if (killedBy !== null) tail += `\nkilled by ${killedBy}`
      resolve({ exitCode: code ?? 128, stdout: Buffer.concat(stdout).toString('utf8'), tail })
    })
    // A program that ends before it has read its input is judged by its exit status.
    child.stdin?.on('error', () => {}).end(input)
  })
