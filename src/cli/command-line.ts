import { tmpdir } from 'node:os'
import { CommanderError } from 'commander'
import { systemClock } from '../clock.ts'
import { execute } from '../commands/execute.ts'
import { Ledger } from '../commands/ledger.ts'
import { causesOf, ReleaseError } from '../errors.ts'
import { Mistakes } from '../inputs/mistakes.ts'
import { requestOf } from '../inputs/request.ts'
import { InterruptedError, interruption } from '../interruption.ts'
import { failureOf, failureText } from '../report/failure.ts'
import { maskedLog } from '../report/masked-log.ts'
import { tableOf } from '../report/table.ts'
import { coloursFor } from '../report/terminal-colours.ts'
import { terminalLog } from '../report/terminal-log.ts'
import { Secrets } from '../secrets.ts'
import { removeLeftBehind, withTemporary } from '../temporary.ts'
import { eachLine, jsonLine, oneLine } from '../text.ts'
import { ciContext } from './ci.ts'
import { withoutPassword, withSecrets } from './credentials.ts'
import { type ExitStatus, exitStatusOf } from './exit-status.ts'
import { explain } from './explain.ts'
import { type Call, programOf } from './program.ts'
import { StandardOutput } from './stdout.ts'

/** How the program ends: with an exit status, or by the signal that asked it to stop. */
export type End = ExitStatus | NodeJS.Signals

/** The whole program: what is on its command line, as its end. Never throws. */
export async function runCommandLine(process: NodeJS.Process): Promise<End> {
  const { stderr, env } = process
  const colours = coloursFor(stderr, env)
  const secrets = new Secrets()
  const ledger = new Ledger()
  const output = new StandardOutput(process.stdout)
  let signal: AbortSignal | undefined
  const program = programOf(async call => {
    const now = (): number => performance.now()
    const log = maskedLog(terminalLog({ stream: stderr, colours, now, debug: call.debug }), secrets)
    if (call.command === 'explain') return explain(call, { process, output, log })
    const mistakes = new Mistakes()
    const texts = await withSecrets(call, process, mistakes)
    secrets.addInputs(texts)
    const context = ciContext(env, process.cwd())
    const warn = ({ title, message }: { title: string; message: string }): void => log.warning(title, message)
    const request = requestOf({ ...texts, command: call.command }, context, { mistakes, warn })
    // Not before: nothing is there to clean up, and a wait for a password that is piped in ends at once.
    signal = interruption(process)
    const { workspace } = context
    const clock = systemClock(signal)
    await removeLeftBehind(tmpdir())
    try {
      await execute(
        request,
        { env: withoutPassword(env), log, secrets, clock, ledger, signal, workspace },
        use => withTemporary(tmpdir(), use),
      )
    } finally {
      await print(call, ledger, output)
    }
  })
  try {
    await program.parseAsync(process.argv.slice(2), { from: 'user' })
    return 0
  } catch (error) {
    // It has said so itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1
    const stop: unknown = signal?.reason
    const shown = stop instanceof InterruptedError ? stop : secrets.maskError(error)
    stderr.write(`${colours.red('error:')} ${errorText(shown, ledger)}`)
    return stop instanceof InterruptedError ? stop.by : exitStatusOf(error)
  }
}

/** Prints the result; of a run that failed, only what was found by a command that looks. */
async function print({ json }: Call, { result }: Ledger, output: StandardOutput): Promise<void> {
  if (result === undefined) return
  await output.write(`${json ? jsonLine(result) : tableOf(result, output.width)}\n`)
}

function errorText(error: unknown, ledger: Ledger): string {
  const [message = 'unknown error', ...causes] = causesOf(error)
  // What the system refuses, such as to write to a full disk, says so itself.
  const isOfSystem = error instanceof Error && 'syscall' in error
  const known =
    error instanceof ReleaseError
      ? failureText(error, ledger)
      : `${failureOf(error).title}: ${failureText(error, ledger)}`
  const lines = [
    isOfSystem ? oneLine(message) : eachLine(known),
    ...causes.map(cause => `caused by: ${oneLine(cause)}`),
  ]
  return lines.map(line => `${line}\n`).join('')
}
