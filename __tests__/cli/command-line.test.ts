import { readdirSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { commands, EXIT_STATUSES } from '../../src/cli/commands.ts'
import { Ledger } from '../../src/commands/ledger.ts'
import { plan } from '../../src/commands/plan.ts'
import { coloursFor, terminalLog } from '../../src/report/terminal-log.ts'
import { requestWith, runIn, temporaryFolder } from '../inputs/order.ts'
import { service, stableRelease } from './bundle.ts'

const ORDER = ['reqmgr2', '2.3.4', 'registry.example', 'cmswmcore']

describe('help', () => {
  test('--version', () => {
    const stdout = `${packageJson.version}\n`
    expect(stableRelease(['--version'])).toEqual({ status: 0, stdout, stderr: '' })
  })

  test('names every command and exit status', () => {
    const { status, stdout, stderr } = stableRelease(['--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const { name } of commands) expect(stdout).toMatch(new RegExp(`^  ${name} .*[a-z]\\.$`, 'm'))
    for (const [code, when] of Object.entries(EXIT_STATUSES)) expect(stdout).toContain(`  ${code}  ${when}\n`)
  })

  test('without a command says what to do first, and that works anywhere', () => {
    const { status, stdout, stderr } = stableRelease([])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    const lines = stderr.split('\n').slice(0, -1)
    expect(lines.at(-1)).toBe('See stable-release --help.')
    const called = lines.slice(0, -1).map(line => line.replace(/^.*? stable-release /, '').split(' '))
    expect(called.map(([command]) => command)).toEqual(['explain', 'plan', 'release'])
    const [explain = [], plan = []] = called
    expect(stableRelease(explain, { input: '2.3.4', cwd: temporaryFolder() })).toMatchObject({ status: 0 })
    expect(stableRelease(plan)).toMatchObject({ status: 0 })
  })

  test.each(commands.filter(({ positionals }) => positionals.length > 0))(
    'a call of $name that lacks arguments names all',
    ({ name, positionals }) => {
      const { status, stderr } = stableRelease([name, 'a'])
      expect(status).toBe(1)
      for (const input of positionals) expect(stderr).toMatch(new RegExp(`^Usage: .*[<[]${input}[>\\]]`, 'm'))
    },
  )

  test.each(commands)('of $name names all that it takes', command => {
    const { name, positionals, options } = command
    const { status, stdout, stderr } = stableRelease([name, '--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const input of positionals) expect(stdout).toMatch(new RegExp(`^  ${input} +[A-Z]`, 'm'))
    for (const input of options) expect(stdout).toMatch(new RegExp(`^  --${input} <value> +[A-Z]`, 'm'))
    expect(stdout.includes('STABLE_RELEASE_PASSWORD')).toBe(name !== 'explain')
  })
})

describe('plan', () => {
  test.each(['on-release', 'on-promotion'])(
    'says the same as that of the action, with stable: %s',
    stable => {
      const ledger = new Ledger()
      const [name = '', tag = '', registry = '', project = ''] = ORDER
      const given = { command: 'plan', service: name, tag, registry, project, stable }
      const { request } = requestWith(given, runIn(service))
      if (request.command !== 'plan') throw new Error(`the request is for ${request.command}`)
      const to = { stream: new PassThrough(), colours: coloursFor({}, {}), now: () => 0, debug: false }
      plan(request, { ledger, log: terminalLog(to) })
      const said = stableRelease(['plan', ...ORDER, '--stable', stable, '--json'])
      const stdout = `${JSON.stringify(ledger.result)}\n`
      expect(said).toEqual({ status: 0, stdout, stderr: String(to.stream.read()) })
    },
  )

  test('prints a table, and a warning elsewhere', () => {
    const said = stableRelease(['plan', 'a', 'vXYZ', 'localhost:5000', 'x/y', '--policy', 'a: vXYZ -> b c'])
    const stdout = 'localhost:5000/x/y/a\n  b  planned\n  c  planned\n'
    expect(said).toMatchObject({ status: 0, stdout, stderr: expect.stringMatching(/^warning: /) })
  })
})

describe('mistakes', () => {
  const folder = temporaryFolder()
  const refused = (args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): string => {
    const said = stableRelease(args, { env: { TMPDIR: folder, ...env }, input })
    expect(said).toMatchObject({ status: 1, stdout: '' })
    expect(readdirSync(folder)).toEqual([])
    return said.stderr
  }

  test('of inputs are told all at once: what is written, what is wrong, and where to read about it', () => {
    const told = refused(['push', 'A_', '2.3.4', 'b', 'c', '--stable=never', '--on-existing=overwite'])
    expect(told).toMatch(/^error: Nothing was written\.\nThere are 4 mistakes:\n1\. /)
    for (const input of ['service', 'registry', 'stable', 'on-existing'])
      expect(told).toContain(`. ${input} is "`)
    expect(told).toMatch(/\nSee https:\S+troubleshooting.md#invalid-input\n$/)
  })

  test.each([
    ['tag-refused', 'vX.Y.Z (v-final)', ['plan', 'a', 'v1.2', 'b.ch', 'c', '--policy=dmwm-go']],
    ['invalid-policy', '       ^^', ['explain', '--policy=one: X => X']],
    ['invalid-input', 'policy-file is "nowhere"', ['explain', '--policy-file=nowhere']],
    ['invalid-input', 'registry is "1.2.3"', ['audit', 'a', '1.2.3', 'b.ch']],
    ['invalid-input', 'context', ['plan', ...ORDER, '--context=nowhere']],
  ])('%s: %s, of %j, and an object with --json', (name, fact, args) => {
    const told = refused(args)
    expect(told).toContain(fact)
    expect(told).toContain(`#${name}\n`)
    const { status, stdout } = stableRelease([...args, '--json'])
    const error = { name, what: expect.any(String), remedy: expect.any(String) }
    expect({ status, printed: JSON.parse(stdout) }).toEqual({
      status: 1,
      printed: { command: args[0], error },
    })
  })

  const bob = ['push', ...ORDER, '--username=bob']
  const hush = { STABLE_RELEASE_PASSWORD: 'hush' }
  const checks = ['promote', ...ORDER, '--require-checks=x']
  test.each<[title: string, args: string[], env?: NodeJS.ProcessEnv, input?: string]>([
    ['an account without a password', bob],
    ['an empty password in the environment', bob, { STABLE_RELEASE_PASSWORD: '' }],
    ['nothing on standard input', [...bob, '--password-stdin'], hush],
    ['an empty line on standard input', [...bob, '--password-stdin'], {}, '\n'],
    ['a password for nobody', ['verify', ...ORDER, '--password-stdin'], {}, 'hush'],
    ['one in the environment', ['build', ...ORDER], hush],
    ['checks without a token', checks, { GITHUB_REPOSITORY: 'a/b' }],
    ['checks of no repository', checks, { GITHUB_TOKEN: 'hush' }],
    ['a token in an argument', ['verify', 'a', '1', 'https://github_pat_hush@x', 'c']],
    ['a password in a policy', ['explain', '--policy=a: X -> X https://bob:hush@x']],
    ['the password in another place', [...bob, '--on-existing=hush'], hush],
  ])('before anything is done, and without a secret: %s', (_, args, env, input) => {
    const told = refused(args, env, input)
    expect(told).toMatch(/^error: Nothing was written\./)
    expect(told).not.toContain('hush')
  })
})
