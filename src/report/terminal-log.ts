import { styleText } from 'node:util'
import type { Log } from '../log.ts'
import { duration, eachLine, oneLine } from '../text.ts'
import { runStage } from './stage.ts'

export function terminalLog(on: {
  stream: NodeJS.WritableStream
  colours: Colours
  now: () => number
  debug: boolean
}): Log {
  const { stream, colours, now, debug } = on
  stream.on('error', () => {})
  const line = (text: string) => void stream.write(`${text}\n`)
  return {
    info: message => line(eachLine(message)),
    warning: (title, message) => line(`${colours('yellow', 'warning:')} ${titled(title, message)}`),
    notice: (title, message) => line(`note: ${titled(title, message)}`),
    debug: message => {
      if (debug) line(`debug: ${eachLine(message)}`)
    },
    raw: text => void stream.write(text),
    foreign: run => run(),
    stage(name, run) {
      const started = now()
      line(`${colours('bold', '>')} ${oneLine(name)}`)
      return runStage(run, conclusion => line(`  ${conclusion} (${duration(now() - started)})`))
    },
  }
}

function titled(title: string, message: string) {
  return `${oneLine(title)}:${message.includes('\n') ? '\n' : ' '}${eachLine(message)}`
}

type Colours = (colour: 'bold' | 'yellow' | 'red', text: string) => string

/** The colours for a stream: none without a terminal that has them, or if `NO_COLOR` is set (https://no-color.org). */
export function coloursFor({ isTTY }: { isTTY?: boolean }, { NO_COLOR, TERM }: NodeJS.ProcessEnv): Colours {
  const isPlain = isTTY !== true || Boolean(NO_COLOR) || TERM === 'dumb'
  return (colour, text) => (isPlain ? text : styleText(colour, text, { validateStream: false }))
}
