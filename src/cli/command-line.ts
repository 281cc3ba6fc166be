import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { CommanderError } from 'commander'
import { systemClock } from '../clock.ts'
import { execute } from '../commands/execute.ts'
import { hasResultAnyway, Ledger } from '../commands/ledger.ts'
import { asRunnerFault, ReleaseError } from '../errors.ts'
import { Mistakes } from '../inputs/mistakes.ts'
import { requestOf } from '../inputs/request.ts'
import { STDIN } from '../inputs/used.ts'
import { InterruptedError, interruption } from '../interruption.ts'
import type { Log } from '../log.ts'
import { causeLines, failureText } from '../report/failure.ts'
import { jsonOf } from '../report/json-result.ts'
import { maskedLog } from '../report/masked-log.ts'
import { tableOf } from '../report/table.ts'
import { coloursFor, terminalLog } from '../report/terminal-log.ts'
import { withPage } from '../report/write-page.ts'
import { Secrets } from '../secrets.ts'
import { removeLeftBehind, withTemporary } from '../temporary.ts'
import { eachLine } from '../text.ts'
import { type Call, readCall } from './arguments.ts'
import { ciContext } from './ci.ts'
import { explain } from './explain.ts'
import { writeResult } from './write-stdout.ts'

/** Returns the exit status, or the signal that stopped the run. Never throws. */
export async function runCommandLine(process: NodeJS.Process): Promise<number | NodeJS.Signals> {
  const { stdout, stderr, env } = process
  // Each write's callback gets its error.
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
  const now = () => performance.now()
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
    if (call.json || hasResultAnyway(call.command)) await print(call, ledger, stdout, shown).catch(() => {})
    for (const line of causeLines(shown)) stderr.write(`${line}\n`)
    stderr.write(`${colours('red', 'error:')} ${eachLine(failureText(shown, ledger))}\n`)
    return error instanceof InterruptedError ? error.by : statusOf(error, call.command)
  }
}

async function runRequest(
  call: Call,
  command: Exclude<Call['command'], 'explain'>,
  { process, log, secrets, ledger }: { process: NodeJS.Process; log: Log; secrets: Secrets; ledger: Ledger },
) {
  const texts = await withSecrets(call, process)
  secrets.addInputs(texts)
  const isUsed = !call.passwordStdin && texts.used.split('\n').includes(STDIN)
  const stdin = isUsed ? await text(process.stdin) : undefined
  const context = { ...ciContext(process.env, process.cwd()), stdin }
  const { [PASSWORD]: _, ...env } = process.env
  const request = requestOf({ ...texts, command }, context, { mistakes: new Mistakes(), log, env })
  // Not before: Ctrl-C must end a wait for the password at once.
  const signal = interruption(process)
  await removeLeftBehind(tmpdir())
  const clock = systemClock(signal)
  const parts = { env, log, secrets, clock, ledger, signal, workspace: context.workspace }
  await withPage(request, parts, () =>
    execute(request, parts, use => withTemporary(tmpdir(), use)).catch(error => {
      signal.throwIfAborted()
      throw error
    }),
  )
}

/** Not an argument: every user of the machine can list those. */
const PASSWORD = 'STABLE_RELEASE_PASSWORD'

async function withSecrets({ texts, passwordStdin }: Call, { env, stdin }: NodeJS.Process) {
  if (passwordStdin && stdin.isTTY)
    throw new ReleaseError('invalid-input', {
      what: 'Standard input is a terminal, which would show the password.',
      remedy: `Pipe the password in, or set ${PASSWORD}.`,
    })
  // docker login drops the line end, too.
  const password = passwordStdin ? (await text(stdin)).replace(/\r?\n$/, '') : (env[PASSWORD] ?? '')
  return { ...texts, password, 'github-token': env.GITHUB_TOKEN ?? '' }
}

/** Only JSON has the error. */
async function print({ command, json }: Call, ledger: Ledger, stdout: NodeJS.WriteStream, error?: unknown) {
  const printed = json ? jsonOf(ledger, error, command) : tableOf(ledger.result, stdout.columns || undefined)
  if (printed !== '') await writeResult(stdout, `${printed}\n`)
}

const UNREADABLE: readonly string[] = [
  'registry-unreadable',
  'registry-denied',
  'registry-refused',
  'credentials-unreadable',
]

function statusOf(error: unknown, command: Call['command']) {
  if (!(error instanceof ReleaseError)) return 1
  if (error.name === 'stable-image-missing') return 2
  const isLooking = command === 'verify' || command === 'audit'
  return isLooking && UNREADABLE.includes(error.name) ? 3 : 1
}
