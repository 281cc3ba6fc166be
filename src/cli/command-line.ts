import { tmpdir } from 'node:os'
import { CommanderError } from 'commander'
import { systemClock } from '../clock.ts'
import { execute } from '../commands/execute.ts'
import { Ledger } from '../commands/ledger.ts'
import { asRunnerFault, ReleaseError } from '../errors.ts'
import { Mistakes } from '../inputs/mistakes.ts'
import { requestOf } from '../inputs/request.ts'
import { InterruptedError, interruption } from '../interruption.ts'
import type { Log } from '../log.ts'
import { causeLines, failureText } from '../report/failure.ts'
import { maskedLog } from '../report/masked-log.ts'
import { jsonOf } from '../report/outputs.ts'
import { tableOf } from '../report/table.ts'
import { coloursFor, terminalLog } from '../report/terminal-log.ts'
import { Secrets } from '../secrets.ts'
import { removeLeftBehind, withTemporary } from '../temporary.ts'
import { eachLine } from '../text.ts'
import { ciContext } from './ci.ts'
import type { EXIT_STATUSES } from './commands.ts'
import { withoutPassword, withSecrets } from './credentials.ts'
import { explain } from './explain.ts'
import { type Call, readCall } from './program.ts'
import { writeResult } from './write-result.ts'

/** Runs the command line. Returns the exit status, or the signal that stopped it. Never throws. */
export async function runCommandLine(process: NodeJS.Process): Promise<number | NodeJS.Signals> {
  const { stdout, stderr, env } = process
  // The callback of each write has its error.
  stdout.on('error', () => {})
  let call: Call
  try {
    call = readCall(process.argv.slice(2))
  } catch (error) {
    return error instanceof CommanderError && error.exitCode === 0 ? 0 : 1
  }
  const colours = coloursFor(stderr, env)
  const secrets = new Secrets()
  const ledger = new Ledger()
  const now = (): number => performance.now()
  const log = maskedLog(terminalLog({ stream: stderr, colours, now, debug: call.debug }), secrets)
  try {
    if (call.command === 'explain') await explain(call, { process, log })
    else {
      await runRequest(call, call.command, { process, log, secrets, ledger })
      await print(call, ledger, stdout)
    }
    return 0
  } catch (error) {
    const shown = secrets.maskError(asRunnerFault(error))
    // What failed first is what is reported.
    if (call.json || call.command === 'promote' || LOOKING.includes(call.command))
      await print(call, ledger, stdout, shown).catch(() => {})
    const text = failureText(shown, ledger)
    for (const line of causeLines(shown)) stderr.write(`${line}\n`)
    stderr.write(`${colours.red('error:')} ${eachLine(text)}\n`)
    return error instanceof InterruptedError ? error.by : statusOf(error, call.command)
  }
}

async function runRequest(
  call: Call,
  command: Exclude<Call['command'], 'explain'>,
  run: { process: NodeJS.Process; log: Log; secrets: Secrets; ledger: Ledger },
): Promise<void> {
  const { process, log, secrets, ledger } = run
  const texts = await withSecrets(call, process)
  secrets.addInputs(texts)
  const context = ciContext(process.env, process.cwd())
  const env = withoutPassword(process.env)
  const request = requestOf({ ...texts, command }, context, { mistakes: new Mistakes(), log, env })
  // Not before: without a handler, Ctrl-C ends a wait for the password at once.
  const signal = interruption(process)
  await removeLeftBehind(tmpdir())
  const { workspace } = context
  const clock = systemClock(signal)
  await execute(request, { env, log, secrets, clock, ledger, signal, workspace }, use =>
    withTemporary(tmpdir(), use),
  ).catch(error => {
    signal.throwIfAborted()
    throw error
  })
}

/** Commands whose result is what they found, also when that is a failure. */
const LOOKING: readonly Call['command'][] = ['verify', 'audit']

/** Prints the result of a call; as JSON also that it failed, and how. */
async function print(
  { command, json }: Call,
  ledger: Ledger,
  stdout: NodeJS.Process['stdout'],
  error?: unknown,
): Promise<void> {
  const text = json ? jsonOf(ledger, error, command) : tableOf(ledger.result, stdout.columns || undefined)
  if (text !== '') await writeResult(stdout, `${text}\n`)
}

const UNREADABLE: readonly string[] = [
  'registry-unreadable',
  'registry-denied',
  'registry-refused',
  'credentials-unreadable',
]

function statusOf(error: unknown, command: Call['command']): keyof typeof EXIT_STATUSES {
  if (!(error instanceof ReleaseError)) return 1
  if (error.name === 'stable-image-missing') return 2
  return LOOKING.includes(command) && UNREADABLE.includes(error.name) ? 3 : 1
}
