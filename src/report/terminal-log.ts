import type { Log } from '../log.ts'
import { eachLine, oneLine } from '../text.ts'
import type { Colours } from './terminal-colours.ts'
import { describeFailure } from './failure.ts'
import { seconds } from './words.ts'

/** What the log of the command line works with. */
export interface TerminalLogPorts {
  /** Standard error: standard output is for results. */
  readonly stream: NodeJS.WritableStream
  readonly colours: Colours
  /** In milliseconds. */
  readonly now: () => number
  /** Whether to show what is for those who look for a fault. */
  readonly debug: boolean
}

/** The log of the command line: plain lines, without the commands of a workflow runner. */
export function terminalLog({ stream, colours, now, debug }: TerminalLogPorts): Log {
  // Whoever reads may go away; the work goes on.
  stream.on('error', () => {})
  /** Whether what a program printed last has not ended its line. */
  let midLine = false
  const line = (text: string): void => void stream.write(`${text}\n`)
  return {
    info: message => line(eachLine(message)),
    warning: (title, message) => line(`${colours.yellow('warning:')} ${titled(title, message)}`),
    notice: (title, message) => line(`note: ${titled(title, message)}`),
    debug: message => {
      if (debug) line(`debug: ${eachLine(message)}`)
    },
    raw(text) {
      stream.write(text)
      if (text !== '') midLine = !text.endsWith('\n')
    },
    async stage(name, run) {
      const started = now()
      let conclusion = 'done'
      line(`${colours.bold('>')} ${oneLine(name)}`)
      try {
        const value = await run(text => {
          conclusion = text
        })
        line(`  ${oneLine(conclusion)} (${seconds(now() - started)})`)
        return value
      } catch (error) {
        line(`  ${describeFailure(error)} (${seconds(now() - started)})`)
        throw error
      }
    },
    async foreign(run) {
      try {
        return await run()
      } finally {
        if (midLine) line('')
        midLine = false
      }
    },
  }
}

function titled(title: string, message: string): string {
  return `${oneLine(title)}:${message.includes('\n') ? '\n' : ' '}${eachLine(message)}`
}
