import { describe, expect, test } from 'vitest'
import { bundle, runProgram, service } from './bundle.ts'

const ESCAPE = '\u001b['
const CLI = `${process.execPath} ${bundle}`

/** Runs a line of a shell; `$CLI` is the command line. */
const shell = (line: string) =>
  runProgram('bash', ['--norc', '-c', line], { env: { CLI, TERM: 'xterm' }, cwd: service })

describe('a terminal', () => {
  // util-linux's script gives a program a terminal.
  const onTerminal = (line: string, env: NodeJS.ProcessEnv = {}): string =>
    runProgram('script', ['-qec', `${CLI} ${line}`, '/dev/null'], { env: { TERM: 'xterm', ...env } }).stdout

  test.each([
    { env: {}, coloured: true },
    { env: { NO_COLOR: '1' }, coloured: false },
    { env: { TERM: 'dumb' }, coloured: false },
  ])('has colours, with $env: $coloured', ({ env, coloured }) => {
    expect(onTerminal('plan a x b c', env).includes(ESCAPE)).toBe(coloured)
    expect(onTerminal('nonsense --help', env)).not.toContain(ESCAPE)
  })

  test('is asked for no password', () => {
    const said = onTerminal('verify a 1.2.3 b.ch c --username=bob --password-stdin')
    expect(said).toContain('STABLE_RELEASE_PASSWORD')
  })

  test('what is piped has none', () => {
    const { stdout, stderr } = shell('echo 1.2.3 | $CLI explain; $CLI plan a x b c')
    expect(stdout).toContain('1.2.3-stable')
    expect(stderr).toContain('error: ')
    expect(stdout + stderr).not.toContain(ESCAPE)
  })
})

describe('a reader that goes away', () => {
  test.each([
    'seq 200000 | $CLI explain | head -n 1',
    'seq 200000 | $CLI explain --json | head -n 1',
    '$CLI plan --help | head -n 1',
    '$CLI plan a 1.2.3 b.ch c 2>&1 | true',
  ])('is no error: %s', line => {
    const { stdout, stderr } = shell(`${line}; echo "\${PIPESTATUS[-2]}"`)
    expect(stderr).toBe('')
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('0')
  })

  test.each(['echo 1.2.3 | $CLI explain', '$CLI plan a 1.2.3 b.ch c'])('a full disk is one: %s', line => {
    const { status, stderr } = shell(`${line} > /dev/full`)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: (?:.*\n)?.*ENOSPC.*\n.*#runner-unusable\n$/m)
  })

  test('gets all of a long result first', () => {
    const { stdout } = shell('seq 50000 | $CLI explain --json | (sleep 1; wc -l)')
    expect(stdout).toBe('50000\n')
  })
})
