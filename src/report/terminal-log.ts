import type { Log } from '../log.ts'
import { eachLine, oneLine } from '../text.ts'
import { describeFailure } from './failure.ts'
import type { Colours } from './terminal-colours.ts'
import { seconds } from './words.ts'

/** The log of the command line: plain lines, without the commands of a workflow runner. */
export function terminalLog(on: {
  /** Standard error: standard output is for results. */
  readonly stream: NodeJS.WritableStream
  readonly colours: Colours
  readonly now: () => number
  readonly debug: boolean
}): Log {
  const { stream, colours, now, debug } = on
  // Whoever reads may go away; the work goes on.
  stream.on('error', () => {})
  const line = (text: string): void => void stream.write(`${text}\n`)
  return {
    info: message => line(eachLine(message)),
    warning: (title, message) => line(`${colours.yellow('warning:')} ${titled(title, message)}`),
    notice: (title, message) => line(`note: ${titled(title, message)}`),
    debug: message => {
      if (debug) line(`debug: ${eachLine(message)}`)
    },
    raw: text => void stream.write(text),
    foreign: run => run(),
    async stage(name, run) {
      const started = now()
      let conclusion = 'done'
      line(`${colours.bold('>')} ${oneLine(name)}`)
      try {
        return await run(text => {
          conclusion = oneLine(text)
        })
      } catch (error) {
        conclusion = describeFailure(error)
        throw error
      } finally {
        line(`  ${conclusion} (${seconds(now() - started)})`)
      }
    },
  }
}

function titled(title: string, message: string): string {
  return `${oneLine(title)}:${message.includes('\n') ? '\n' : ' '}${eachLine(message)}`
}
