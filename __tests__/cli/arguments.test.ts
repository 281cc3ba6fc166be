import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { inputs } from '../../src/action-yml.ts'
import { readCall } from '../../src/cli/arguments.ts'
import { commands } from '../../src/cli/commands.ts'

const IMAGE = ['reqmgr2', '2.3.4', 'registry.example']
const PUSH = ['push', ...IMAGE, 'cmswmcore']

describe('what a call gives', () => {
  test('every input is an argument or an option of a command, but for secrets and the command', () => {
    const taken = new Set<string>(
      commands.flatMap(({ positionals, options }) => [...positionals, ...options]),
    )
    const others = Object.keys(inputs).filter(name => !taken.has(name))
    expect(others).toEqual(['command', 'password', 'github-token'])
  })

  test('what is not given has the default of the action', () => {
    const defaults = Object.entries(inputs).map(([name, input]) => [name, input.default])
    const [service, tag, registry] = IMAGE
    const given = { service, tag, registry, project: 'cmswmcore' }
    expect(readCall(['release', ...IMAGE, 'cmswmcore'])).toEqual({
      command: 'release',
      texts: { ...Object.fromEntries(defaults), ...given },
      json: false,
      debug: false,
      passwordStdin: false,
    })
  })

  test.each([
    { args: ['build', ...IMAGE], texts: { project: 'cmsweb' } },
    { args: ['push', ...IMAGE], texts: { project: 'cmsweb' } },
    { args: ['push', ...IMAGE, ''], texts: { project: '' } },
    {
      args: ['audit', 'a,b', 'b.ch', 'c', '--from', '2.4.0', '--html-file=a.html'],
      texts: { service: 'a,b', tag: '', from: '2.4.0', 'html-file': 'a.html' },
    },
    { args: ['audit', 'a', 'b.ch', 'c', '--used', '-', '--used=b/*.yaml'], texts: { used: '-\nb/*.yaml' } },
    { args: [...PUSH, '--on-existing=overwrite'], texts: { 'on-existing': 'overwrite' } },
    { args: ['push', '--policy', 'crab', ...IMAGE], texts: { policy: 'crab', tag: '2.3.4' } },
    {
      args: [...PUSH, '--policy=a: X -> X', '--policy', 'b: * -> *'],
      texts: { policy: 'a: X -> X\nb: * -> *' },
    },
    {
      args: ['build', ...IMAGE, '--build-args', 'A=1', '--labels=a=b', '--build-args=B=2 3'],
      texts: { 'build-args': 'A=1\nB=2 3', labels: 'a=b' },
    },
    {
      args: ['build', ...IMAGE, '--build-options=--pull', '--build-options', '--no-cache'],
      texts: { 'build-options': '--pull\n--no-cache' },
    },
    {
      args: [...PUSH, '--require-checks', 'testbed one', '--require-checks=two'],
      texts: { 'require-checks': 'testbed one\ntwo' },
    },
  ])('$args', ({ args, texts }) => {
    expect(readCall(args)).toMatchObject({ command: args[0], texts })
  })

  test('--json, --debug and --password-stdin may stand anywhere', () => {
    const call = readCall(['push', '--json', ...IMAGE, '--debug', '--password-stdin'])
    expect(call).toMatchObject({ json: true, debug: true, passwordStdin: true })
  })
})

describe('what commander refuses is named, and no value is shown', () => {
  let said: string
  beforeEach(() => {
    said = ''
    vi.spyOn(process.stderr, 'write').mockImplementation(text => {
      said += text
      return true
    })
  })
  afterEach(() => vi.restoreAllMocks())

  test.each([
    { args: [...PUSH, '--polcy', 'crab'], names: '--polcy' },
    { args: [...PUSH, '--polcy'], names: '--policy?' },
    { args: [...PUSH, '--policy'], names: '--policy' },
    { args: ['promote', ...IMAGE, 'c', '--stable=on-release'], names: '--stable' },
    { args: ['pusj', ...IMAGE], names: 'push' },
    { args: ['push', 'reqmgr2', '2.3.4'], names: 'registry' },
    { args: [...PUSH, '--password', 'hush'], names: '--password' },
    { args: [...PUSH, "--password=it's hush, 'hush'\nhush"], names: '--password' },
    { args: [...PUSH, '--password-stdin=hush'], names: '--password-stdin' },
    { args: [...PUSH, '-phush'], names: '-p' },
    { args: [...PUSH, '--=hush'], names: '--' },
    { args: [...PUSH, '--github-token=hush'], names: '--github-token' },
    { args: ['--password=hush', ...PUSH], names: '--password' },
    { args: [...PUSH, 'hush', 'hush\nhush'], names: 'push' },
    { args: ['explain', 'hush'], names: 'explain' },
    { args: ['\u001b[31m'], names: '\\u001b[31m' },
    ...['release', 'promote', 'verify', 'plan'].map(command => ({
      args: [command, ...IMAGE],
      names: 'project',
    })),
  ])('$args', ({ args, names }) => {
    expect(() => readCall(args)).toThrow()
    expect(said).toMatch(/^error: [\s\S]+\nSee stable-release (?:[a-z]+ )?--help\.\n$/)
    expect(said).toContain(names)
    expect(said).not.toMatch(/hush|\p{Cc}(?<!\n)/u)
  })
})
