import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as core from '@actions/core'
import { execute } from './commands/execute.ts'
import { NotAsPlannedError } from './commands/not-as-planned.ts'
import { readInputs, unknownInputs } from './inputs/read.ts'
import { orderOf } from './inputs/request.ts'
import { readRunContext } from './inputs/run-context.ts'
import { interruption } from './interruption.ts'
import { actionsLog } from './report/actions-log.ts'
import { reportFailure } from './report/failure.ts'
import { RunJournal } from './report/journal.ts'
import { maskedLog } from './report/masked-log.ts'
import { setOutputs } from './report/outputs.ts'
import { writeSummary } from './report/summary.ts'
import { tableOf } from './report/table.ts'
import { Secrets } from './secrets.ts'
import { USER_AGENT } from './version.ts'

/** The state of the step in which the directory of its files is kept for the post step. */
const TEMPORARY = 'temporary'

/**
 * Runs `use` with a directory for files of this run, credentials among them, and removes it. Should the
 * process be killed, the post step does.
 */
const withTemporary = async <T>(parent: string, use: (temporary: string) => Promise<T>): Promise<T> => {
  await mkdir(parent, { recursive: true })
  const temporary = await mkdtemp(join(parent, 'stable-release-'))
  core.saveState(TEMPORARY, temporary)
  try {
    return await use(temporary)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

const main = async (journal: RunJournal, secrets: Secrets): Promise<void> => {
  const { env } = process
  const run = readRunContext(env, { workspace: process.cwd(), temporary: tmpdir() })
  const signal = interruption(process)
  const now = (): number => performance.now()
  const clock = { now, random: Math.random, sleep: (time: number) => sleep(time, undefined, { signal }) }
  const { request, warnings } = orderOf(readInputs(secrets), run, { before: unknownInputs(env) })
  const { workspace } = run
  const log = maskedLog(
    actionsLog(now, stage => journal.stages.push(stage)),
    secrets,
  )
  for (const { title, message } of warnings) log.warning(title, message)
  // Programs that are started do not get the inputs, of which some are secret, in their environment.
  const programs = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')))
  const result = await withTemporary(run.temporary, temporary =>
    execute(request, {
      env: programs,
      log,
      secrets,
      journal,
      clock,
      signal,
      workspace,
      temporary,
      // Not webpack's: a bundle of its own, which stands beside this one.
      loadGitHub: () => import(/* webpackIgnore: true */ './github/index.ts'),
      userAgent: USER_AGENT,
    }),
  )
  core.info(tableOf(result))
  setOutputs(result)
  await writeSummary({ result, stages: journal.stages, error: undefined }, { env, secrets })
}

/** Removes what a step that was killed has left behind; that is all that the post step is for. */
const left = core.getState(TEMPORARY)
if (left !== '') await rm(left, { recursive: true, force: true })
else {
  const journal = new RunJournal()
  const secrets = new Secrets(core.setSecret)
  try {
    await main(journal, secrets)
  } catch (failure) {
    const error = secrets.maskError(failure)
    const { soFar } = journal
    if (soFar?.tags.some(({ outcome }) => outcome !== 'planned')) core.info(tableOf(soFar))
    if (error instanceof NotAsPlannedError) setOutputs(error.result)
    reportFailure(error)
    await writeSummary({ result: soFar, stages: journal.stages, error }, { env: process.env, secrets })
  }
}
