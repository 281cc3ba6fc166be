import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { exec } from '@actions/exec'
import { stopDescendants } from './stop.ts'

/** How a program ended. Its exit status alone says whether it failed. */
export interface ProgramResult {
  /** Nothing if a signal killed it. */
  readonly exitCode: number | undefined
  readonly stdout: string
  /** The end of its standard output and standard error, as they came. */
  readonly tail: string
}

/** A program that is not on the PATH, or that the system did not start. */
export class ProgramNotStartedError extends Error {
  /** The words of @actions/io, which looks for it. */
  readonly isMissing = this.message.startsWith('Unable to locate executable file')
}

/**
 * Runs a program, never through a shell, until it has ended. If `signal` aborts, all that was started is stopped. Throws
 * `ProgramNotStartedError`, or the signal's reason.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: {
    env: NodeJS.ProcessEnv
    signal: AbortSignal
    input?: string
    cwd?: string
    /** Gets what the program writes, as it comes. */
    onOutput?: (text: string) => void
  },
): Promise<ProgramResult> {
  const { env, signal, input = '', cwd = process.cwd(), onOutput = () => {} } = options
  signal.throwIfAborted()
  // With one that is longer than Linux takes (execve(2)), @actions/exec never ends.
  if (args.some(argument => Buffer.byteLength(argument) >= 128 * 1024))
    throw new ProgramNotStartedError('an argument is longer than the 128 KiB that Linux takes')
  let stdout = ''
  let tail = ''
  const take = (text: string): void => {
    tail = (tail + text).slice(-8_000)
    onOutput(text)
  }
  const takeError = decoder(take)
  const takeOutput = decoder(text => {
    stdout += text
    take(text)
  })
  const running = exec(program, [...args], {
    env: withoutInputs(env),
    cwd,
    input: Buffer.from(input),
    silent: true,
    ignoreReturnCode: true,
    listeners: { stdout: takeOutput, stderr: takeError },
  })
  let stopped: Promise<void> | undefined
  const stop = (): void => {
    stopped = stopDescendants(running)
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    // Null if a signal killed it, whatever its type says.
    const exitCode: number | null = await running
    takeOutput()
    takeError()
    // Ctrl-C may end the program before this process hears of it.
    if (exitCode !== 0 && !signal.aborted) await sleep(50)
    return { exitCode: exitCode ?? undefined, stdout, tail }
  } catch (cause) {
    throw new ProgramNotStartedError(cause instanceof Error ? cause.message : String(cause), { cause })
  } finally {
    signal.removeEventListener('abort', stop)
    await stopped
    signal.throwIfAborted()
  }
}

/** How a program ended, for messages. */
export function describeEnd({ exitCode }: Pick<ProgramResult, 'exitCode'>): string {
  return exitCode === undefined ? 'was killed' : `ended with exit status ${exitCode}`
}

/** Takes the pieces of a stream, and nothing for its end: a piece may end in the middle of a character. */
function decoder(onText: (text: string) => void): (piece?: Uint8Array) => void {
  const text = new TextDecoder()
  return piece => onText(text.decode(piece, { stream: piece !== undefined }))
}

/** Some inputs of the step are secret. */
function withoutInputs(env: NodeJS.ProcessEnv): Record<string, string> {
  const others = Object.entries(env).filter(([name]) => !name.startsWith('INPUT_'))
  return Object.fromEntries(others.map(([name, value = '']) => [name, value]))
}

// @actions/exec lets a program that does not read its input end this process (EPIPE), and waits for what holds the output of
// an ended program open.
subscribe('child_process', message => {
  const { process: child } = message as { process: ChildProcess }
  const close = (): void => child.stdio.forEach(stream => void stream?.destroy())
  queueMicrotask(() => child.stdin?.on('error', () => {}))
  child.once('exit', () => setTimeout(close, 1_000).unref())
})
