import { tmpdir } from 'node:os'
import { CommanderError } from 'commander'
import { systemClock } from '../clock.ts'
import { execute } from '../commands/execute.ts'
import { hasResultAnyway, Ledger } from '../commands/ledger.ts'
import { ReleaseError } from '../errors.ts'
import { Mistakes } from '../inputs/mistakes.ts'
import { requestOf } from '../inputs/request.ts'
import { InterruptedError, interruption } from '../interruption.ts'
import type { Log } from '../log.ts'
import { causeLines, failureText } from '../report/failure.ts'
import { maskedLog } from '../report/masked-log.ts'
import { tableOf } from '../report/table.ts'
import { coloursFor } from '../report/terminal-colours.ts'
import { terminalLog } from '../report/terminal-log.ts'
import { asRunnerFault } from '../runner.ts'
import { Secrets } from '../secrets.ts'
import { removeLeftBehind, withTemporary } from '../temporary.ts'
import { eachLine, jsonLine } from '../text.ts'
import { ciContext } from './ci.ts'
import { withoutPassword, withSecrets } from './credentials.ts'
import { explain } from './explain.ts'
import { type Call, readCall } from './program.ts'
import { writeResult } from './write-result.ts'

/** Runs the command line. Returns the exit status, or the signal that stopped it. Never throws. */
export async function runCommandLine(process: NodeJS.Process): Promise<number | NodeJS.Signals> {
  // The callback of each write has its error.
  process.stdout.on('error', () => {})
  let call: Call
  try {
    call = readCall(process.argv.slice(2))
  } catch (error) {
    return error instanceof CommanderError && error.exitCode === 0 ? 0 : 1
  }
  const { stderr, env } = process
  const colours = coloursFor(stderr, env)
  const secrets = new Secrets()
  const ledger = new Ledger()
  const now = (): number => performance.now()
  const log = maskedLog(terminalLog({ stream: stderr, colours, now, debug: call.debug }), secrets)
  try {
    if (call.command === 'explain') await explain(call, { process, log })
    else await runRequest(call, call.command, { process, log, secrets, ledger })
    return 0
  } catch (error) {
    const shown = secrets.maskError(asRunnerFault(error))
    const text = failureText(shown, ledger)
    for (const line of causeLines(shown)) stderr.write(`${line}\n`)
    stderr.write(`${colours.red('error:')} ${eachLine(text)}\n`)
    if (error instanceof InterruptedError) return error.by
    return error instanceof ReleaseError && error.name === 'stable-image-missing' ? 2 : 1
  }
}

/** Does what the action does with these inputs, and prints the result. */
async function runRequest(
  call: Call,
  command: Exclude<Call['command'], 'explain'>,
  run: { process: NodeJS.Process; log: Log; secrets: Secrets; ledger: Ledger },
): Promise<void> {
  const { process, log, secrets, ledger } = run
  const texts = await withSecrets(call, process)
  secrets.addInputs(texts)
  const context = ciContext(process.env, process.cwd())
  const request = requestOf({ ...texts, command }, context, { mistakes: new Mistakes(), log })
  // Not before: without a handler, Ctrl-C ends a wait for the password at once.
  const signal = interruption(process)
  await removeLeftBehind(tmpdir())
  const env = withoutPassword(process.env)
  const { workspace } = context
  try {
    await execute(
      request,
      { env, log, secrets, clock: systemClock(signal), ledger, signal, workspace },
      use => withTemporary(tmpdir(), use),
    )
  } catch (error) {
    signal.throwIfAborted()
    if (hasResultAnyway(command)) await print(call, ledger, process)
    throw error
  }
  await print(call, ledger, process)
}

async function print({ json }: Call, { result }: Ledger, { stdout }: NodeJS.Process): Promise<void> {
  if (result === undefined) return
  await writeResult(stdout, `${json ? jsonLine(result) : tableOf(result, stdout.columns || undefined)}\n`)
}
