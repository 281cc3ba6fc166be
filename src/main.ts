import { tmpdir } from 'node:os'
import * as core from '@actions/core'
import { systemClock } from './clock.ts'
import { execute } from './commands/execute.ts'
import { Ledger } from './commands/ledger.ts'
import { Mistakes } from './inputs/mistakes.ts'
import { requestOf } from './inputs/request.ts'
import { readRunContext } from './inputs/run-context.ts'
import { noteUnknownInputs, readInputs } from './inputs/texts.ts'
import { interruption } from './interruption.ts'
import { actionsLog } from './report/actions-log.ts'
import { reportFailure } from './report/failure.ts'
import { maskedLog } from './report/masked-log.ts'
import { setOutputs } from './report/outputs.ts'
import { writeSummary } from './report/summary.ts'
import { tableOf } from './report/table.ts'
import { asRunnerFault } from './runner.ts'
import { Secrets } from './secrets.ts'
import { TEMPORARY, withTemporary } from './temporary.ts'

const { env } = process
const ledger = new Ledger()
const secrets = new Secrets(core.setSecret)
const signal = interruption(process)

/** Reads the inputs and carries out what they ask for. */
async function run(): Promise<void> {
  const clock = systemClock(signal)
  const context = readRunContext(env, process.cwd())
  const { workspace } = context
  const log = maskedLog(actionsLog(clock.now, ledger), secrets)
  const mistakes = new Mistakes()
  noteUnknownInputs(env, mistakes)
  const request = requestOf(readInputs(secrets), context, { mistakes, log, env })
  await execute(request, { env, log, secrets, clock, ledger, signal, workspace }, use =>
    withTemporary(context.temporary ?? tmpdir(), use, temporary => core.saveState(TEMPORARY, temporary)),
  )
}

/** Reports what became of the run, and how it failed, if it did. */
function report(error: unknown): void {
  let failure = error
  const { result } = ledger
  const table = result === undefined ? '' : tableOf(result)
  if (table !== '') core.info(table)
  try {
    setOutputs(ledger, error, env.RUNNER_TEMP || undefined)
  } catch (cause) {
    failure ??= cause
  }
  if (failure !== undefined) reportFailure(failure, ledger)
  writeSummary(ledger, failure, { env, secrets })
}

await run().then(
  () => report(undefined),
  // Whoever pressed Cancel is told so, whatever broke by that.
  (error: unknown) => report(secrets.maskError(signal.aborted ? signal.reason : asRunnerFault(error))),
)
