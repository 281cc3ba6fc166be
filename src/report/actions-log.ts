import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import type { Stage } from '../commands/ledger.ts'
import type { Log } from '../log.ts'
import { eachLine, oneLine } from '../text.ts'
import { describeFailure } from './failure.ts'
import { seconds, withShortDigests } from './words.ts'

/**
 * The log of a workflow run: a stage that says something is a group, with its conclusion below, and is added to `stages`;
 * warnings and notices are annotations. No line of a message is obeyed by the runner, nor is one of `raw`, which gets whole lines.
 */
export function actionsLog(now: () => number, stages: Stage[]): Log {
  /** The stage that has said nothing so far. */
  let silent: string | undefined
  let open = false
  const openGroup = (): void => {
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
    warning: (title, message) => core.warning(eachLine(message), { title: oneLine(title) }),
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
    async stage(given, run) {
      const name = oneLine(given)
      const started = now()
      let conclusion = 'done'
      let mark = '✓'
      silent = name
      try {
        return await run((line, verdict) => {
          conclusion = oneLine(withShortDigests(line))
          if (verdict === 'failed') mark = '✗'
        })
      } catch (error) {
        conclusion = describeFailure(error)
        mark = '✗'
        throw error
      } finally {
        const took = now() - started
        silent = undefined
        if (open) core.endGroup()
        open = false
        core.info(`${mark} ${name}: ${conclusion} (${seconds(took)})`)
        stages.push({ name, took, conclusion })
      }
    },
  }
}
