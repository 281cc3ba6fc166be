import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { execute } from './commands/execute.ts'
import { readInputs } from './inputs/read.ts'
import { orderOf } from './inputs/request.ts'
import { readRunContext } from './inputs/run-context.ts'
import { interruption } from './interruption.ts'
import { actionsLog } from './report/actions-log.ts'
import { reportFailure } from './report/failure.ts'
import { setOutputs } from './report/outputs.ts'
import { USER_AGENT } from './version.ts'

const main = async (): Promise<void> => {
  const { env } = process
  const run = readRunContext(env, { workspace: process.cwd(), temporary: tmpdir() })
  const signal = interruption(process)
  const now = (): number => performance.now()
  const clock = { now, random: Math.random, sleep: (time: number) => sleep(time, undefined, { signal }) }
  const { request, policyWarnings } = orderOf(readInputs(env), run)
  const { workspace, temporary } = run
  const log = actionsLog(now)
  if (policyWarnings !== undefined) log.warning('The policy may not mean what it says', policyWarnings)
  setOutputs(await execute(request, { env, log, clock, signal, workspace, temporary, userAgent: USER_AGENT }))
}

try {
  await main()
} catch (error) {
  reportFailure(error)
}
