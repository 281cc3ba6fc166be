import { tmpdir } from 'node:os'
import * as core from '@actions/core'
import { systemClock } from './clock.ts'
import { execute } from './commands/execute.ts'
import { type CommandResult, saysMoreThanPlan } from './commands/result.ts'
import { ResultError } from './commands/result-error.ts'
import { askForProject } from './inputs/missing-project.ts'
import { readInputs, unknownInputs } from './inputs/read.ts'
import { validateRequest } from './inputs/request.ts'
import { readRunContext } from './inputs/run-context.ts'
import { interruption } from './interruption.ts'
import { actionsLog } from './report/actions-log.ts'
import { reportFailure } from './report/failure.ts'
import { RunJournal } from './report/journal.ts'
import { maskedLog } from './report/masked-log.ts'
import { setOutputs } from './report/outputs.ts'
import { writeSummary } from './report/summary.ts'
import { tableOf } from './report/table.ts'
import { asRunnerFault, requireRunner } from './runner.ts'
import { Secrets } from './secrets.ts'
import { TEMPORARY, withTemporary } from './temporary.ts'
import { USER_AGENT } from './version.ts'

const { env } = process
const journal = new RunJournal()
const signal = interruption(process)
const secrets = new Secrets(core.setSecret)

/** Reads inputs and runs the command. */
const run = async (): Promise<CommandResult> => {
  const clock = systemClock(signal)
  const context = readRunContext(env, process.cwd())
  const { workspace } = context
  requireRunner(env, workspace)
  const texts = readInputs(secrets)
  const { request, warnings } = validateRequest(texts, context, { before: unknownInputs(env) })
  const log = maskedLog(
    actionsLog(clock.now, stage => journal.stages.push(stage)),
    secrets,
  )
  for (const { title, message } of warnings) log.warning(title, message)
  return execute(
    request,
    { env, log, secrets, clock, started: clock.now(), journal, signal, workspace },
    {
      // In this file, as a bundle is one; evaluated when they are asked for.
      loadCommands: () => import(/* webpackMode: "eager" */ './commands/dispatch.ts'),
      loadGitHub: () => import(/* webpackMode: "eager" */ './github/index.ts'),
      withTemporary: use =>
        withTemporary(context.temporary ?? tmpdir(), use, temporary => core.saveState(TEMPORARY, temporary)),
      userAgent: USER_AGENT,
    },
  ).catch((error: unknown) => {
    throw askForProject(error, texts)
  })
}

/** Reports what became of the run. `result` is for the outputs, `failure` what the run failed with, if it did. */
const report = (result: CommandResult | undefined, failure: unknown): void => {
  const known = result ?? journal.soFar
  if (known !== undefined && (failure === undefined || saysMoreThanPlan(known))) core.info(tableOf(known))
  let error = failure
  try {
    if (result !== undefined) setOutputs(result, env.RUNNER_TEMP || undefined)
  } catch (cause) {
    // What failed first is what is reported.
    error ??= cause
  }
  if (error !== undefined) reportFailure(error)
  writeSummary({ result: known, stages: journal.stages, error }, { env, secrets })
}

await run().then(
  result => report(result, undefined),
  (error: unknown) =>
    report(
      error instanceof ResultError ? error.result : undefined,
      // Whoever pressed Cancel is told so, whatever broke by that.
      secrets.maskError(signal.aborted ? signal.reason : asRunnerFault(error)),
    ),
)
