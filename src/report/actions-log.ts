import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import type { Log } from '../log.ts'
import type { Stage } from './journal.ts'
import { seconds } from './words.ts'

/** The log of a workflow run: stages are groups, with their conclusion below; warnings and notices are annotations. */
export const actionsLog = (now: () => number, onStage: (stage: Stage) => void): Log => ({
  info: core.info,
  warning: (title, message) => core.warning(message, { title }),
  notice: (title, message) => core.notice(message, { title }),
  debug: core.debug,
  raw: chunk => process.stdout.write(chunk),
  async stage(name, run) {
    const started = now()
    let conclusion = 'done'
    let failed = true
    core.startGroup(name)
    try {
      const value = await run(line => {
        conclusion = line
      })
      failed = false
      return value
    } finally {
      const took = now() - started
      core.endGroup()
      core.info(`${failed ? '✗' : '✓'} ${name}: ${failed ? 'failed' : conclusion} (${seconds(took)})`)
      onStage({ name, took, conclusion: failed ? undefined : conclusion })
    }
  },
  async foreign(run) {
    const token = randomUUID()
    core.info(`::stop-commands::${token}`)
    try {
      return await run()
    } finally {
      core.info(`::${token}::`)
    }
  },
})
