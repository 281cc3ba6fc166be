import { CommanderError } from 'commander'
import { causesOf, ReleaseError } from '../errors.ts'
import { holdsSecret } from '../inputs/pasted-secret.ts'
import { InterruptedError, interruption } from '../interruption.ts'
import type { Log } from '../log.ts'
import { maskedLog } from '../report/masked-log.ts'
import { type Colours, coloursFor } from '../report/terminal-colours.ts'
import { terminalLog } from '../report/terminal-log.ts'
import { failureOf, failureText } from '../report/words.ts'
import { Secrets } from '../secrets.ts'
import { eachLine, oneLine } from '../text.ts'
import type { Arguments } from './arguments.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { type ExitStatus, exitStatusOf } from './exit-status.ts'
import { programOf } from './program.ts'
import { StandardOutput } from './stdout.ts'
import { callerOf, inOptions } from './wording.ts'

type Process = Pick<NodeJS.Process, 'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'cwd' | 'on'>

/** How the program ends: with an exit status, or by the signal that asked it to stop. */
export type End = ExitStatus | NodeJS.Signals

/** What a run works with, beside the process. */
interface Ports {
  readonly output: StandardOutput
  readonly logWith: (options: { debug: boolean }) => Log
  readonly interruption: () => AbortSignal
  readonly secrets: Secrets
}

/** What commander refuses: a word that is no command, or an option before the command. */
const commandMissing = ({ message }: CommanderError): ReleaseError => {
  const [what = '', suggestion = ''] = message
    .replace(/^error: (.)/, (_, first: string) => first.toUpperCase())
    .split('\n(')
  const names = commands.map(({ name }) => name).join(', ')
  return new ReleaseError('invalid-input', {
    what: holdsSecret(what) ? 'The command is missing.' : `${oneLine(what)}.`,
    remedy: `${suggestion === '' ? '' : `${oneLine(suggestion.slice(0, -1))} `}The command comes first, one of ${names}; see stable-release --help.`,
  })
}

const run = async (
  process: Process,
  { output, logWith, interruption, secrets }: Ports,
): Promise<ExitStatus> => {
  const call = (command: Command, given: Arguments): void | Promise<void> =>
    command.run({
      ...given,
      json: given.flags.has('json'),
      caller: callerOf(command),
      directory: process.cwd(),
      env: process.env,
      interruption,
      input: process.stdin,
      output,
      log: logWith({ debug: given.flags.has('debug') }),
      secrets,
      colours: coloursFor(process.stdout, process.env),
    })
  const out: string[] = []
  const err: string[] = []
  const program = programOf(commands, call, {
    writeOut: text => void out.push(text),
    writeErr: text => void err.push(text),
  })
  try {
    await program.parseAsync(process.argv.slice(2), { from: 'user' })
    return 0
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const { exitCode, code } = error
    await output.write(out.join(''))
    if (exitCode === 0) return 0
    if (code !== 'commander.help') throw commandMissing(error)
    logWith({ debug: false }).info(err.join('').trimEnd())
    return 1
  }
}

const errorText = (error: unknown, { red }: Colours): string => {
  const [message = 'unknown error', ...causes] = causesOf(error)
  // What the system refuses, such as to write to a full disk, says so itself.
  const isOfSystem = error instanceof Error && 'syscall' in error
  const failure = failureOf(error)
  const text = failure.name === undefined ? `${failure.title}: ${failureText(failure)}` : failureText(failure)
  return [
    `${red('error:')} ${isOfSystem ? oneLine(message) : eachLine(inOptions(text))}`,
    ...causes.map(cause => `caused by: ${oneLine(cause)}`),
  ]
    .map(line => `${line}\n`)
    .join('')
}

/** The whole program: what is on its command line, as its end. Never throws. */
export const runCommandLine = async (process: Process): Promise<End> => {
  const { stdout, stderr, env } = process
  const colours = coloursFor(stderr, env)
  const secrets = new Secrets()
  const logWith = ({ debug }: { debug: boolean }): Log =>
    maskedLog(
      terminalLog({ stream: stderr, colours, now: () => performance.now(), debug, inWords: inOptions }),
      secrets,
    )
  let signal: AbortSignal | undefined
  const watch = (): AbortSignal => {
    signal ??= interruption(process, {
      meaning: '',
      remedy: 'Run it again: it resumes where this one stopped.',
    })
    return signal
  }
  try {
    return await run(process, { output: new StandardOutput(stdout), logWith, interruption: watch, secrets })
  } catch (error) {
    const stop: unknown = signal?.reason
    if (stop instanceof InterruptedError) {
      stderr.write(errorText(stop, colours))
      return stop.by
    }
    stderr.write(errorText(secrets.maskError(error), colours))
    return exitStatusOf(error)
  }
}
