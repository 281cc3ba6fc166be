import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { exec } from '@actions/exec'
import { messageOf } from '../errors.ts'
import { stopDescendants } from './stop.ts'

/** The exit status alone says whether it failed. */
export interface ProgramResult {
  /** Nothing if a signal killed it. */
  readonly exitCode: number | undefined
  readonly stdout: string
  /** The end of all output, as it came. */
  readonly tail: string
}

export class ProgramNotStartedError extends Error {
  readonly isMissing = this.message.startsWith('Unable to locate executable file')
}

/**
 * Runs a program, never through a shell. If `signal` aborts, all that was started is stopped. Throws
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
    onOutput?: (text: string) => void
    /** A status that is not 0 is an answer, not a failure. */
    statusAnswers?: boolean
  },
): Promise<ProgramResult> {
  const { env, signal, input = '', cwd = process.cwd(), onOutput = () => {}, statusAnswers } = options
  signal.throwIfAborted()
  // With one that is longer than Linux takes (execve(2)), @actions/exec never ends.
  if (args.some(argument => Buffer.byteLength(argument) >= 128 * 1024))
    throw new ProgramNotStartedError('an argument is longer than the 128 KiB that Linux takes')
  let stdout = ''
  let tail = ''
  const take = (text: string) => {
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
  const stop = () => {
    stopped = stopDescendants(running)
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    // Null if a signal killed it, whatever its type says.
    const exitCode: number | null = await running
    takeOutput()
    takeError()
    // Ctrl-C may end the program before this process hears of it.
    if (exitCode !== 0 && !statusAnswers && !signal.aborted) await sleep(50)
    return { exitCode: exitCode ?? undefined, stdout, tail }
  } catch (cause) {
    throw new ProgramNotStartedError(messageOf(cause), { cause })
  } finally {
    signal.removeEventListener('abort', stop)
    await stopped
    signal.throwIfAborted()
  }
}

export function describeEnd({ exitCode }: ProgramResult) {
  return exitCode === undefined ? 'was killed' : `ended with exit status ${exitCode}`
}

/** Pieces may end in the middle of a character; nothing is the end. */
function decoder(onText: (text: string) => void) {
  const text = new TextDecoder()
  return (piece?: Uint8Array) => onText(text.decode(piece, { stream: piece !== undefined }))
}

/** Some inputs of the step are secret. */
function withoutInputs(env: NodeJS.ProcessEnv) {
  const others = Object.entries(env).filter(([name]) => !name.startsWith('INPUT_'))
  return Object.fromEntries(others.map(([name, value = '']) => [name, value]))
}

// @actions/exec lets a program that does not read its input end this process (EPIPE), and waits for what holds the output of
// an ended program open.
subscribe('child_process', message => {
  const { process: child } = message as { process: ChildProcess }
  const close = () => child.stdio.forEach(stream => void stream?.destroy())
  queueMicrotask(() => child.stdin?.on('error', () => {}))
  child.once('exit', () => setTimeout(close, 1_000).unref())
})
