import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import type { Ledger } from '../commands/ledger.ts'
import type { Log } from '../log.ts'
import { duration, eachLine, oneLine, withShortDigests } from '../text.ts'
import { runStage } from './stage.ts'

/** A stage that says something is a group. Stages and warnings go into the ledger. */
export function actionsLog(now: () => number, ledger: Ledger): Log {
  /** A stage that has said nothing so far. */
  let silent: string | undefined
  let open = false
  const openGroup = () => {
    if (silent === undefined) return
    core.startGroup(silent)
    silent = undefined
    open = true
  }
  return {
    info(message) {
      openGroup()
      core.info(eachLine(message))
    },
    warning(title, message) {
      ledger.warnings.push({ title, message })
      core.warning(eachLine(message), { title: oneLine(title) })
    },
    notice: (title, message) => core.notice(eachLine(message), { title: oneLine(title) }),
    debug(message) {
      if (core.isDebug()) openGroup()
      core.debug(eachLine(message))
    },
    raw: text => void process.stdout.write(text),
    async foreign(run) {
      openGroup()
      const token = randomUUID()
      core.info(`::stop-commands::${token}`)
      try {
        return await run()
      } finally {
        core.info(`::${token}::`)
      }
    },
    stage(given, run) {
      const name = oneLine(given)
      const started = now()
      silent = name
      return runStage(run, (concluded, isFailed) => {
        const took = now() - started
        const conclusion = withShortDigests(concluded)
        silent = undefined
        if (open) core.endGroup()
        open = false
        core.info(`${isFailed ? '✗' : '✓'} ${name}: ${conclusion} (${duration(took)})`)
        ledger.stages.push({ name, took, conclusion })
      })
    },
  }
}
