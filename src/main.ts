import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as core from '@actions/core'
import { execute } from './commands/execute.ts'
import { NotAsPlannedError } from './commands/verify.ts'
import { readInputs } from './inputs/read.ts'
import { orderOf } from './inputs/request.ts'
import { readRunContext } from './inputs/run-context.ts'
import { interruption } from './interruption.ts'
import { actionsLog } from './report/actions-log.ts'
import { reportFailure } from './report/failure.ts'
import { setOutputs } from './report/outputs.ts'
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

const main = async (): Promise<void> => {
  const { env } = process
  const left = core.getState(TEMPORARY)
  if (left !== '') return rm(left, { recursive: true, force: true })

  const run = readRunContext(env, { workspace: process.cwd(), temporary: tmpdir() })
  const signal = interruption(process)
  const now = (): number => performance.now()
  const clock = { now, random: Math.random, sleep: (time: number) => sleep(time, undefined, { signal }) }
  const { request, policyWarnings } = orderOf(readInputs(env), run)
  const { workspace } = run
  const log = actionsLog(now)
  if (policyWarnings !== undefined) log.warning('The policy may not mean what it says', policyWarnings)
  const result = await withTemporary(run.temporary, temporary =>
    execute(request, { env, log, clock, signal, workspace, temporary, userAgent: USER_AGENT }),
  )
  setOutputs(result)
}

try {
  await main()
} catch (error) {
  if (error instanceof NotAsPlannedError) setOutputs(error.result)
  reportFailure(error)
}
