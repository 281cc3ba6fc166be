import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { exec } from '@actions/exec'
import { type StartedProcess, stop } from './stop.ts'

/** What a program said and how it ended. Its exit status alone says whether it failed. */
export interface ProgramResult {
  /** Nothing if a signal killed it. */
  readonly exitCode: number | undefined
  /** The signal that killed it, if one did. */
  readonly killedBy: NodeJS.Signals | undefined
  readonly stdout: string
  /** The end of what it wrote to standard output and standard error, as it came. */
  readonly tail: string
}

/** How a program has ended, for messages. */
export const endOf = ({ exitCode, killedBy }: Pick<ProgramResult, 'exitCode' | 'killedBy'>): string =>
  killedBy === undefined ? `ended with exit status ${exitCode}` : `was killed by ${killedBy}`

/** There is no program of this name on the PATH. */
export class ProgramMissingError extends Error {
  override readonly name = 'ProgramMissingError'
}

/** The system did not start the program: an argument is too long, or it is out of processes or memory. */
export class ProgramNotStartedError extends Error {
  override readonly name = 'ProgramNotStartedError'
}

/** How much of a program's output is kept for an error, in characters. */
const TAIL_LENGTH = 8_000

/** How long something that holds the output of a program open is waited for after its end, in milliseconds. */
const AFTER_END = 1_000

/**
 * How long a failed program's end waits for a signal to this process, in milliseconds: Ctrl-C goes to both, and the program
 * may have ended before this process has heard of it. That program was stopped; it has not failed.
 */
const SIGNAL_LAG = 50

/** The longest argument that Linux takes, in bytes: MAX_ARG_STRLEN, with the byte that ends it. execve(2). */
const LONGEST_ARGUMENT = 128 * 1024

/**
 * Tells the call that starts a program which process that is: @actions/exec gives no handle of it, but Node announces
 * each one, in the context of the call. Source: Node.js, diagnostics_channel, "child_process".
 */
const starts = new AsyncLocalStorage<(child: StartedProcess) => void>()

subscribe('child_process', message => {
  // Announced before it has a number and streams; it has them once what is under way is done.
  const tell = starts.getStore()
  if (tell !== undefined) queueMicrotask(() => tell((message as { process: StartedProcess }).process))
})

/** The inputs of the step, of which some are secret, are for no other program. */
const withoutInputs = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('INPUT_') ? [] : [[name, value]],
    ),
  )

/** Collects what a program writes. Every stream is decoded on its own, so that no character is cut in two. */
const collector = (onOutput: (text: string) => void) => {
  let stdout = ''
  let tail = ''
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  const take = (stream: keyof typeof decoders, chunk?: Buffer): void => {
    const text = decoders[stream].decode(chunk, { stream: chunk !== undefined })
    if (text === '') return
    if (stream === 'stdout') stdout += text
    tail = (tail + text).slice(-TAIL_LENGTH)
    onOutput(text)
  }
  return {
    listeners: {
      stdout: (chunk: Buffer) => take('stdout', chunk),
      stderr: (chunk: Buffer) => take('stderr', chunk),
    },
    end: () => {
      take('stdout')
      take('stderr')
      return { stdout, tail }
    },
  }
}

/**
 * Runs a program with an array of arguments, never through a shell, and waits until it has ended.
 *
 * When `signal` aborts, the program is asked to stop (SIGTERM); after `TIME_TO_STOP` it is killed together with what it has
 * started, and the promise rejects with the signal's reason.
 *
 * Throws `ProgramMissingError` or `ProgramNotStartedError`.
 */
export const runProgram = async (
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
    /** A signal kills it, as git: its exit status is an answer. Docker ends with a status of its own. */
    diesBySignal?: boolean
  },
): Promise<ProgramResult> => {
  const { env, signal, input = '', cwd, onOutput = () => {}, diesBySignal = false } = options
  signal.throwIfAborted()
  const long = args.find(argument => Buffer.byteLength(argument) >= LONGEST_ARGUMENT)
  if (long !== undefined) {
    throw new ProgramNotStartedError(
      // Half a secret would not be known again.
      `an argument is longer than the ${LONGEST_ARGUMENT} bytes that a program can be given: ${long.slice(0, 60).replace(/=.*$/s, '=')}…`,
    )
  }
  const output = collector(onOutput)
  const started: { child?: StartedProcess; stopped?: Promise<void> } = {}
  const onAbort = (): void => {
    if (started.child !== undefined) started.stopped = stop(started.child)
  }
  const onStart = (child: StartedProcess): void => {
    started.child = child
    // One that ends before it has read its input is judged by its exit status; without a listener, the broken pipe
    // would end this process.
    child.stdin?.on('error', () => {})
    if (signal.aborted) onAbort()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // Its type says number; for a program that a signal killed, it is null.
    const exitCode: number | null = await starts.run(onStart, () =>
      exec(program, [...args], {
        env: withoutInputs(env),
        ...(cwd === undefined ? {} : { cwd }),
        input: Buffer.from(input),
        silent: true,
        ignoreReturnCode: true,
        delay: AFTER_END,
        listeners: output.listeners,
      }),
    )
    const mayBeStopped = diesBySignal ? exitCode === null : exitCode !== 0
    if (mayBeStopped && !signal.aborted) await sleep(SIGNAL_LAG)
    await started.stopped
    signal.throwIfAborted()
    return {
      exitCode: exitCode ?? undefined,
      killedBy: started.child?.signalCode ?? undefined,
      ...output.end(),
    }
  } catch (cause) {
    signal.throwIfAborted()
    const why = cause instanceof Error ? cause.message : String(cause)
    if (started.child === undefined) throw new ProgramMissingError(why, { cause })
    throw new ProgramNotStartedError(why, { cause })
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Something else may still hold them open, which must not keep this process.
    const { stdin, stdout, stderr } = started.child ?? {}
    for (const stream of [stdin, stdout, stderr]) stream?.destroy()
  }
}
