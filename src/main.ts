import { tmpdir } from 'node:os'
import * as core from '@actions/core'
import { systemClock } from './clock.ts'
import { execute } from './commands/execute.ts'
import { Ledger } from './commands/ledger.ts'
import { asRunnerFault } from './errors.ts'
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
import { withPage } from './report/write-page.ts'
import { Secrets } from './secrets.ts'
import { TEMPORARY, withTemporary } from './temporary.ts'

const { env } = process
const ledger = new Ledger()
const secrets = new Secrets(core.setSecret)
const signal = interruption(process)

async function run() {
  const clock = systemClock(signal)
  const context = readRunContext(env, process.cwd())
  const { workspace, temporary: parent = tmpdir() } = context
  const log = maskedLog(actionsLog(clock.now, ledger), secrets)
  const mistakes = new Mistakes()
  noteUnknownInputs(env, mistakes)
  const request = requestOf(readInputs(secrets), context, { mistakes, log, env })
  const parts = { env, log, secrets, clock, ledger, signal, workspace }
  await withPage(request, parts, () =>
    execute(request, parts, use =>
      withTemporary(parent, use, temporary => core.saveState(TEMPORARY, temporary)),
    ),
  )
}

function report(error: unknown) {
  let failure = error
  const table = tableOf(ledger.result)
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
  // Whoever pressed Cancel is told so, whatever else broke.
  (error: unknown) => report(secrets.maskError(signal.aborted ? signal.reason : asRunnerFault(error))),
)
