import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { readArguments } from '../../src/cli/arguments.ts'
import type { Command } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'
import { EXIT_STATUSES } from '../../src/cli/exit-status.ts'
import { inputs } from '../../src/contract.ts'
import { stableRelease } from './bundle.ts'

test.each([{ args: ['--version'] }, { args: ['--version', 'plan'] }])('$args', ({ args }) => {
  expect(stableRelease(args)).toEqual({ status: 0, stdout: `${packageJson.version}\n`, stderr: '' })
})

describe('help', () => {
  test.each(['--help', '-h'])('%s names every command, with an example', option => {
    const { status, stdout, stderr } = stableRelease([option])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const { name, summary } of commands) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
      expect(stdout.replace(/\s+/g, ' ')).toContain(`${summary}.`)
    }
    expect(stdout).toMatch(/Example:\n {2}stable-release /)
    for (const [status, meaning] of Object.entries(EXIT_STATUSES)) {
      expect(stdout).toContain(`\n  ${status}  ${meaning}\n`)
    }
  })

  test.each(commands)(
    '$name says what it takes, with defaults and an example',
    ({ name, positionals, options, flags = [], environment = {}, examples }) => {
      for (const args of [['--help'], ['-h'], ['a', 'b', '--help', '--json']]) {
        const { status, stdout, stderr } = stableRelease([name, ...args])
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
        const text = stdout.replace(/\s+/g, ' ')
        for (const input of positionals) expect(text).toMatch(new RegExp(` [<[]${input}[>\\]] `))
        for (const { input, value } of options) expect(text).toContain(` --${input} <${value}> `)
        for (const flag of flags) expect(text).toContain(` --${flag.name} ${flag.means} `)
        for (const [variable, means] of Object.entries(environment)) {
          expect(text).toContain(` ${variable} ${means} `)
        }
        for (const input of [...positionals, ...options.map(option => option.input)]) {
          const { default: value } = inputs[input]
          if (value !== '') expect(text).toContain(`Default: ${value}`)
        }
        expect(examples).not.toEqual([])
        for (const { line } of examples) expect(stdout).toContain(`\n  ${line}\n`)
        const lines = stdout.split('\n').filter(line => !line.startsWith('  stable-release '))
        expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80)
      }
    },
  )

  const argumentsOf = (line: string): string[] => {
    const [, call = ''] = /stable-release (.*)$/.exec(line) ?? []
    return [...call.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  }
  const isLocal = ({ name }: Command): boolean => name === 'plan' || name === 'explain'

  test.each(commands.filter(isLocal).flatMap(({ examples }) => examples))(
    'the example works: $line',
    ({ line }) => {
      expect(stableRelease(argumentsOf(line), { input: 'v2.3.4\n' })).toMatchObject({ status: 0, stderr: '' })
    },
  )

  test.each(
    commands
      .filter(command => !isLocal(command))
      .flatMap(command => command.examples.map(({ line }) => ({ command, line }))),
  )('the example is a call: $line', ({ command, line }) => {
    const [name, ...args] = argumentsOf(line)
    expect(name).toBe(command.name)
    expect(readArguments(command, args)).toMatchObject({ kind: 'call' })
  })
})

describe('usage errors', () => {
  test('nothing at all prints the help to standard error', () => {
    const { stdout } = stableRelease(['--help'])
    expect(stableRelease([])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(stdout),
    })
  })

  test.each([
    {
      args: ['explian'],
      says: 'There is no command "explian". Did you mean explain? The commands are release, build, push, promote, verify, plan, explain;',
    },
    { args: ['deploy'], says: 'There is no command "deploy". The commands are ' },
    { args: [''], says: 'There is no command "".' },
    { args: ['a\u001b[2Jb'], says: 'There is no command "a\\u001b[2Jb".' },
    { args: ['--hepl'], says: 'There is no option --hepl before the command. Did you mean --help?' },
    { args: ['--json', 'plan'], says: 'There is no option --json before the command.' },
    { args: ['plan'], says: 'The argument <service> is missing. See stable-release plan --help.' },
    { args: ['plan', 'a', '1.2.3'], says: 'The argument <registry> is missing.' },
    { args: ['plan', 'a', '', 'b.ch'], says: 'The argument <tag> is empty.' },
    { args: ['plan', 'a', '1.2.3', 'b.ch', 'c', 'd'], says: 'plan takes no argument "d".' },
    { args: ['explain', 'wmcore'], says: 'explain takes no argument "wmcore".' },
    { args: ['explain', '--polcy', 'crab'], says: 'explain has no option --polcy. Did you mean --policy?' },
    { args: ['explain', '--policyfile=x'], says: 'Did you mean --policy-file?' },
    {
      args: ['explain', '--nonsense'],
      says: 'Its options are --policy, --policy-file, --json, --debug, --help.',
    },
    { args: ['explain', '--no-json'], says: 'explain has no option --no-json.' },
    { args: ['explain', '-j'], says: 'explain has no option -j.' },
    { args: ['explain', '--json=yes'], says: '--json takes no value.' },
    { args: ['explain', '--policy'], says: '--policy has no value.' },
    { args: ['explain', '--policy='], says: '--policy has no value.' },
    { args: ['explain', '--policy-file', ''], says: '--policy-file has no value.' },
    { args: ['explain', '--policy', '--json'], says: 'If it is the value, write --policy=--json.' },
    { args: ['explain', '--policy', 'crab', '--policy=crab'], says: '--policy is given twice.' },
    // docker.sh's way to be called wrongly.
    { args: ['build', 'a'], says: 'The argument <tag> is missing. See stable-release build --help.' },
    { args: ['push', 'a', '1.2.3'], says: 'The argument <registry> is missing.' },
    { args: ['build', '--build-arg=A=1'], says: 'Did you mean --build-args?' },
    { args: ['promote', '--stable=on-release'], says: 'promote has no option --stable.' },
    { args: ['release', '--digest=x'], says: 'release has no option --digest.' },
    { args: ['release', '--password-stdin=secret'], says: '--password-stdin takes no value.' },
    { args: ['release', '--json', '--json'], says: '--json is given twice.' },
  ])('$args', ({ args, says }) => {
    const { status, stdout, stderr } = stableRelease(args)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).toMatch(/^error: [^\n]+\n$/)
  })

  test('after -- everything is an argument', () => {
    const { stderr } = stableRelease(['plan', '--', 'a', '-1', 'b.ch', '--help'])
    expect(stderr).toContain('<project> is "--help"')
  })
})
