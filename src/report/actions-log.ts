import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import type { Log } from '../log.ts'

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** The log of a workflow run: stages are groups, warnings and notices are annotations. */
export const actionsLog = (now: () => number): Log => ({
  info: core.info,
  warning: (title, message) => core.warning(message, { title }),
  notice: (title, message) => core.notice(message, { title }),
  debug: core.debug,
  raw: chunk => process.stdout.write(chunk),
  async stage(name, run) {
    const started = now()
    core.startGroup(name)
    try {
      return await run()
    } finally {
      core.info(`${name}: ${seconds(now() - started)}`)
      core.endGroup()
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
