import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
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
