import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { coloursFor } from '../../src/report/terminal-colours.ts'
import { terminalLog } from '../../src/report/terminal-log.ts'
import { jsonLine, oneLine } from '../../src/text.ts'
import { bundle, runProgram, service } from './bundle.ts'

const ESCAPE = '\u001b['

/** Runs a line of a shell; `$CLI` is the command line. */
const shell = (line: string, env: NodeJS.ProcessEnv = {}) =>
  runProgram('bash', ['--norc', '-c', line], { env: { CLI: `${process.execPath} ${bundle}`, ...env } })

describe('colours', () => {
  // util-linux's script gives a program a terminal; -e hands its exit status on.
  const onTerminal = (line: string, env: NodeJS.ProcessEnv) =>
    runProgram('script', ['-qec', `${process.execPath} ${bundle} ${line}`, '/dev/null'], {
      cwd: service,
      env,
    }).stdout

  test.each([
    { title: 'on a terminal', env: { TERM: 'xterm' }, coloured: true },
    { title: 'not with NO_COLOR', env: { TERM: 'xterm', NO_COLOR: '1' }, coloured: false },
    { title: 'with an empty NO_COLOR', env: { TERM: 'xterm', NO_COLOR: '' }, coloured: true },
    { title: 'not on a terminal that has none', env: { TERM: 'dumb' }, coloured: false },
  ])('$title', ({ env, coloured }) => {
    const stdout = onTerminal('plan a 1.2.3 b.ch c', env)
    expect(stdout).toContain('1.2.3-stable')
    expect(stdout.includes(ESCAPE)).toBe(coloured)
    expect(onTerminal('plan a 1.2.3 b.ch c --json', env)).not.toContain(ESCAPE)
    expect(onTerminal('nonsense', env).includes(ESCAPE)).toBe(coloured)
  })

  test('never in a pipe', () => {
    const { stdout, stderr } = shell('echo 1.2.3 | $CLI explain; $CLI nonsense', { TERM: 'xterm' })
    expect(stdout + stderr).not.toContain(ESCAPE)
  })
})

describe('a reader that goes away', () => {
  test.each([
    { title: 'of the table', line: 'yes 1.2.3 | $CLI explain | head -n 1' },
    { title: 'of the objects', line: 'yes 1.2.3 | $CLI explain --json | head -n 1' },
    { title: 'of the help', line: '$CLI plan --help | head -n 1' },
    { title: 'before anything is written', line: 'yes | $CLI explain | true' },
  ])('$title is no error', ({ line }) => {
    const { stdout, stderr } = shell(`${line}; echo "\${PIPESTATUS[-2]}"`)
    expect(stderr).toBe('')
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('0')
  })

  test('a full disk is one', () => {
    const { status, stderr } = shell('echo 1.2.3 | $CLI explain > /dev/full')
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^error: .*ENOSPC.*\n$/) })
  })
})

test('what is known is printed before the input ends', async () => {
  const child = spawn(process.execPath, [bundle, 'explain', '--json'], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.write('1.2.3\n')
  const [chunk] = await once(child.stdout, 'data')
  expect(JSON.parse(chunk)).toMatchObject({ tag: '1.2.3', rule: 'final' })
  child.stdin.end()
  expect(await once(child, 'close')).toEqual([0, null])
})

test.each([
  { given: 'plain', seen: 'plain', json: '"plain"' },
  { given: 'é漢', seen: 'é漢', json: '"é漢"' },
  { given: 'a\u001bb', seen: 'a\\u001bb', json: '"a\\u001bb"' },
  { given: 'a\nb', seen: 'a\\u000ab', json: '"a\\nb"' },
  { given: '\u009b\u007f', seen: '\\u009b\\u007f', json: '"\\u009b\\u007f"' },
  { given: '\u202e\u2028', seen: '\\u202e\\u2028', json: '"\\u202e\\u2028"' },
  { given: '::a##[b', seen: '\\u003a:a##\\u005bb', json: '"::a##\\u005bb"' },
  { given: '\u{e0001}', seen: '\\udb40\\udc01', json: '"\\udb40\\udc01"' },
])('$seen', ({ given, seen, json }) => {
  expect(oneLine(given)).toBe(seen)
  expect(jsonLine(given)).toBe(json)
  expect(JSON.parse(jsonLine(given))).toBe(given)
})

describe('the log', () => {
  const logged = async (
    use: (log: ReturnType<typeof terminalLog>) => unknown,
    { debug = false, isTTY = false } = {},
  ): Promise<string> => {
    const stream = new PassThrough()
    let time = 0
    const now = (): number => {
      time += 1500
      return time
    }
    await use(terminalLog({ stream, colours: coloursFor({ isTTY }, {}), now, debug }))
    stream.end()
    return text(stream)
  }

  test.each([
    { title: 'info', use: log => log.info('one\ntwo\u001b[2J'), lines: 'one\ntwo\\u001b[2J\n' },
    { title: 'a warning', use: log => log.warning('Look', 'here'), lines: 'warning: Look: here\n' },
    { title: 'a long warning', use: log => log.warning('Look', 'a\nb'), lines: 'warning: Look:\na\nb\n' },
    { title: 'a notice', use: log => log.notice('Know', 'this'), lines: 'note: Know: this\n' },
    { title: 'no debug', use: log => log.debug('x'), lines: '' },
    { title: 'raw output', use: log => log.raw('\u001b[1A50%\r'), lines: '\u001b[1A50%\r' },
  ] satisfies { title: string; use: (log: ReturnType<typeof terminalLog>) => void; lines: string }[])(
    '$title',
    async ({ use, lines }) => {
      expect(await logged(use)).toBe(lines)
    },
  )

  test('debug, if it is wanted', async () => {
    expect(await logged(log => log.debug('x'), { debug: true })).toBe('debug: x\n')
  })

  test('a stage has its duration, also when it fails', async () => {
    const failing = logged(async log => {
      expect(await log.stage('Push', async () => 7)).toBe(7)
      await expect(log.stage('Verify', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    })
    expect(await failing).toBe('> Push\n  done (1.5 s)\n> Verify\n  failed (1.5 s)\n')
  })

  test('foreign output is shown as it comes', async () => {
    expect(await logged(log => log.foreign(async () => log.raw('::error::x\n')))).toBe('::error::x\n')
    expect(await logged(log => log.foreign(async () => log.raw('half a li')))).toBe('half a li\n')
  })

  test('a warning is yellow on a terminal', async () => {
    expect(await logged(log => log.warning('a', 'b'), { isTTY: true })).toContain(`${ESCAPE}33mwarning:`)
  })
})
