import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { Log } from '../../src/log.ts'
import { coloursFor, terminalLog } from '../../src/report/terminal-log.ts'

const logged = async (use: (log: Log) => unknown, { debug = true, isTTY = false, env = {} } = {}) => {
  const stream = new PassThrough()
  const times = [0, 1500, 1500, 1540]
  const now = (): number => times.shift() ?? 0
  await use(terminalLog({ stream, colours: coloursFor({ isTTY }, env), now, debug }))
  // A reader that goes away is no error.
  stream.emit('error', new Error('EPIPE'))
  stream.end()
  return text(stream)
}

test.each<[what: string, use: (log: Log) => unknown, lines: string]>([
  ['a line', log => log.info('one\ntwo\u001b[2J'), 'one\ntwo\\u001b[2J\n'],
  ['a long warning', log => log.warning('Look', 'a\nb'), 'warning: Look:\na\nb\n'],
  ['a notice', log => log.notice('Know\r', 'this'), 'note: Know\\u000d: this\n'],
  ['debug', log => log.debug('x'), 'debug: x\n'],
  ['what a program prints', log => log.foreign(async () => log.raw('\u001b[1A\r::x\n')), '\u001b[1A\r::x\n'],
])('%s', async (_, use, lines) => {
  expect(await logged(use)).toBe(lines)
})

test('a stage has its conclusion and its duration, also when it fails; no debug, if it is not wanted', async () => {
  const use = async (log: Log): Promise<void> => {
    log.debug('x')
    expect(await log.stage('Read', async conclude => conclude('two\nlines') ?? 7)).toBe(7)
    await expect(log.stage('Verify', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  }
  const lines = '> Read\n  two\\u000alines (1.5 s)\n> Verify\n  failed (40 ms)\n'
  expect(await logged(use, { debug: false })).toBe(lines)
})

test.each([
  [true, { isTTY: true, env: { NO_COLOR: '' } }],
  [false, { isTTY: true, env: { NO_COLOR: '1' } }],
  [false, { isTTY: true, env: { TERM: 'dumb' } }],
  [false, { isTTY: false, env: { FORCE_COLOR: '1' } }],
])('colours: %s, with %j', async (isColoured, on) => {
  const shown = isColoured ? '\u001b[33mwarning:\u001b[39m a: b\n' : 'warning: a: b\n'
  expect(await logged(log => log.warning('a', 'b'), on)).toBe(shown)
})
