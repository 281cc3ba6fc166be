import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { exec } from '@actions/exec'
import { stopDescendants } from './stop.ts'

/** What a program said and how it ended. Its exit status alone says whether it failed. */
export interface ProgramResult {
  /** Nothing if a signal killed it. */
  readonly exitCode: number | undefined
  readonly stdout: string
  /** The end of what it wrote to standard output and standard error, as it came. */
  readonly tail: string
}

/** The program is not on the PATH, or the system did not start it. */
export class ProgramNotStartedError extends Error {
  /** The words of @actions/io, which looks for it. */
  readonly isMissing = this.message.startsWith('Unable to locate executable file')
}

/**
 * Runs a program with an array of arguments, never through a shell, and waits until it has ended. When `signal` aborts, it is
 * stopped together with what it has started, and the promise rejects with the signal's reason.
 *
 * Throws `ProgramNotStartedError`.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: {
    env: NodeJS.ProcessEnv
    signal: AbortSignal
    /** Written to standard input, which is empty without it. */
    input?: string
    cwd?: string
    /** Called with what the program writes, as it comes. */
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
    tail = (tail + text).slice(-TAIL_LENGTH)
    onOutput(text)
  }
  const takeError = decoded(take)
  const takeOutput = decoded(text => {
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
    // Its type says number; for a program that a signal killed, it is null.
    const exitCode: number | null = await running
    takeOutput()
    takeError()
    // Ctrl-C goes to both: the program may have ended by it before this process has heard of it.
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

/** How a program has ended, for messages. */
export function describeEnd({ exitCode }: Pick<ProgramResult, 'exitCode'>): string {
  return exitCode === undefined ? 'was killed' : `ended with exit status ${exitCode}`
}

/** How much of a program's output is kept for an error, in characters. */
const TAIL_LENGTH = 8_000

/** Takes a stream in pieces, and then its end, and gives its text, in which no character is cut in two. */
function decoded(onText: (text: string) => void): (piece?: Uint8Array) => void {
  const decoder = new TextDecoder()
  return piece => onText(decoder.decode(piece, { stream: piece !== undefined }))
}

/** The inputs of the step, of which some are secret, are for no other program. */
function withoutInputs(env: NodeJS.ProcessEnv): Record<string, string> {
  const others = Object.entries(env).filter(([name]) => !name.startsWith('INPUT_'))
  return Object.fromEntries(others.map(([name, value = '']) => [name, value]))
}

/** How long something that holds the output of a program open is waited for after its end, in milliseconds. */
const AFTER_END = 1_000

// What @actions/exec does not do: a program that ends before it has read its input must not end this process, and what still
// holds its output open must not keep it.
subscribe('child_process', message => {
  const { process: child } = message as { process: ChildProcess }
  const close = (): void => child.stdio.forEach(stream => void stream?.destroy())
  queueMicrotask(() => child.stdin?.on('error', () => {}))
  child.once('exit', () => setTimeout(close, AFTER_END).unref())
})
