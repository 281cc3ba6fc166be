import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import type { Command } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'
import { EXIT_STATUSES } from '../../src/cli/exit-status.ts'
import { inputs } from '../../src/contract.ts'
import { temporaryFolder } from '../inputs/order.ts'
import { bundle, stableRelease } from './bundle.ts'
import { readCall } from './read.ts'

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
    expect(readCall(argumentsOf(line))).toMatchObject({
      command: command.name,
      mistakes: [],
      texts: { project: 'cmswmcore' },
    })
  })
})

describe('usage errors', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n')

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
      says: "Unknown command 'explian'. Did you mean explain? The command comes first, one of release, build, push, promote, verify, audit, plan, explain;",
    },
    { args: ['deploy'], says: "Unknown command 'deploy'. The command comes first, one of " },
    { args: [''], says: "Unknown command ''." },
    { args: ['a\u001b[2Jb'], says: "Unknown command 'a\\u001b[2Jb'." },
    { args: ['--hepl'], says: "Unknown option '--hepl'. Did you mean --help?" },
    { args: ['--json', 'plan'], says: "Unknown option '--json'. The command comes first, one of " },
    {
      args: ['plan'],
      says: 'The arguments <service>, <tag>, <registry> and <project> are missing. See stable-release plan --help.',
    },
    { args: ['plan', 'a', '1.2.3'], says: 'The arguments <registry> and <project> are missing.' },
    { args: ['plan', 'a', '', 'b.ch', 'c'], says: 'The argument <tag> is empty.' },
    {
      args: ['plan', 'a', '1.2.3', 'b.ch', 'c', 'd'],
      says: 'plan takes no argument "d". Its arguments are <service> <tag> <registry> <project>.',
    },
    {
      args: ['audit', 'a', '1.2.3', 'b.ch', 'c'],
      says: '<registry> is "1.2.3" and <project> is "b.ch": audit is for every version, and takes no <tag>.',
    },
    {
      args: ['plan', 'a', '1.2.3', 'b.ch', 'c', '--no-cache'],
      says: 'plan has no option --no-cache. Write it as --build-options=--no-cache, with its value if it has one.',
    },
    {
      args: ['plan', 'a', '1.2.3', 'b.ch', 'c', '--tag', '1.2.4'],
      says: 'plan has no option --tag. It is an argument: <service> <tag> <registry> <project>.',
    },
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
    {
      args: ['explain', '--policy', '--json'],
      says: '--policy has no value. Write --policy=…, or leave it out; a value that begins with a dash needs the equals sign.',
    },
    { args: ['explain', '--policy', 'crab', '--policy=crab'], says: '--policy is given twice.' },
    // docker.sh's way to be called wrongly.
    {
      args: ['build', 'a'],
      says: 'The arguments <tag> and <registry> are missing. See stable-release build --help.',
    },
    { args: ['push', 'a', '1.2.3'], says: 'The argument <registry> is missing.' },
    { args: ['build', 'a', '1.2.3', 'b.ch', '--build-arg=A=1'], says: 'Did you mean --build-args?' },
    {
      args: ['promote', 'a', '1.2.3', 'b.ch', 'c', '--stable=on-release'],
      says: 'promote has no option --stable.',
    },
    { args: ['release', 'a', '1.2.3', 'b.ch', 'c', '--digest=x'], says: 'release has no option --digest.' },
    {
      args: ['release', 'a', '1.2.3', 'b.ch', 'c', '--password-stdin=secret'],
      says: '--password-stdin takes no value.',
    },
    { args: ['release', 'a', '1.2.3', 'b.ch', 'c', '--json', '--json'], says: '--json is given twice.' },
  ])('$args', ({ args, says }) => {
    const { status, stdout, stderr } = stableRelease(args, { cwd: folder })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).toMatch(/^error: [^\n]+\n$/)
  })

  test('they are told with all other mistakes', () => {
    const { stderr } = stableRelease(['plan', '2.3.4', 'reqmgr2', 'b.ch', 'c', '--stable=never'])
    expect(stderr).toMatch(
      /^error: There are 2 mistakes:\n1\. <service> is "2\.3\.4" .*\n2\. --stable is "never"/,
    )
  })

  test.each(['push', 'plan'])('%s refuses a service and a git tag in the wrong order', command => {
    const { stderr } = stableRelease([command, '2.3.4', 'reqmgr2', 'b.ch', 'c'])
    expect(stderr).toContain(
      '<service> is "2.3.4" and <tag> is "reqmgr2", which looks like the wrong way round.',
    )
  })

  test('after -- everything is an argument', () => {
    const { stderr } = stableRelease(['plan', '--', 'a', '-1', 'b.ch', '--help'])
    expect(stderr).toContain('<project> is "--help"')
  })

  test.each([
    {
      title: 'mistakes of the call and of inputs',
      args: ['push', 'A', '2.3.4', 'b.ch', 'c', '--polcy=crab', '--stable=never', '--on-existing'],
      says: [
        '1. push has no option --polcy. Did you mean --policy?',
        '2. --on-existing has no value. ',
        '3. <service> is "A": "A" has capitals. Write a.',
        '4. --stable is "never": there is no such value. ',
      ],
    },
    {
      title: 'mistakes of many git tags',
      args: ['explain', '--jsn', '--policy=wmcor'],
      says: [
        '1. explain has no option --jsn. Did you mean --json?',
        '2. --policy is "wmcor": there is no such preset. ',
      ],
    },
    {
      title: 'mistakes without a project',
      args: ['plan', 'a', '1.2.3', 'b', '--policy=wmcor'],
      says: ['1. The argument <project> is missing. ', '2. <registry> is "b": ', '3. --policy is "wmcor"'],
    },
  ])('all at once: $title', ({ args, says }) => {
    const { status, stdout, stderr } = stableRelease(args)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    const [first, ...others] = stderr.trimEnd().split('\n')
    expect(first).toBe(`error: There are ${says.length} mistakes:`)
    expect(others.at(-1)).toBe('Nothing was done. Correct all of them, then run it again.')
    const told = others.slice(0, -1).filter(line => /^\d/.test(line))
    expect(told.map((line, index) => line.slice(0, says[index]?.length))).toEqual(says)
  })

  test('mistakes are told before a password is read', async () => {
    const args = [bundle, 'push', 'a', '1.2.3', 'b.ch', 'c', '--username=bob', '--password-stdin', '--jsn']
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] })
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])
    child.stdin.destroy()
    expect(stderr).toBe('error: push has no option --jsn. Did you mean --json?\n')
  })

  test('what follows from a misspelt option is not told', () => {
    const args = ['push', 'a', '1.2.3', 'b.ch', 'c', '--usrname=bob', '--password-stdin']
    const { stderr } = stableRelease(args, { input: 'hush' })
    expect(stderr).toBe('error: push has no option --usrname. Did you mean --username?\n')
  })
})
