import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'
import { exitStatusOf } from '../../src/cli/exit-status.ts'
import { type InputName, inputs } from '../../src/contract.ts'
import { type ErrorName, errorTitles, ReleaseError } from '../../src/errors.ts'
import { stableRelease } from './bundle.ts'
import { readCall } from './read.ts'

const ORDER = ['reqmgr2', '2.3.4', 'registry.example', 'cmswmcore']

const commandNamed = (name: string): Command => {
  const command = commands.find(each => each.name === name)
  if (command === undefined) throw new Error(`there is no command ${name}`)
  return command
}

const textsOf = (name: string, ...options: string[]) => {
  const { texts, mistakes } = readCall([name, ...ORDER, ...options])
  expect(mistakes).toEqual([])
  return texts
}

describe('what a command takes', () => {
  /** What the action takes for a command, but what is an argument or a secret here. */
  const COMMON = ['policy', 'policy-file', 'username'] as const
  const BUILD = ['context', 'file', 'build-args', 'build-options', 'labels'] as const
  const CHECKS = ['require-checks', 'checks-timeout'] as const
  const PACKAGE = ['package', 'package-index', 'package-timeout'] as const

  test.each<{ name: string; options: readonly InputName[] }>([
    {
      name: 'release',
      options: [...COMMON, ...BUILD, ...CHECKS, ...PACKAGE, 'on-existing', 'stable', 'record'],
    },
    { name: 'build', options: [...COMMON, ...BUILD] },
    { name: 'push', options: [...COMMON, ...CHECKS, 'on-existing', 'stable', 'record'] },
    { name: 'promote', options: [...COMMON, ...CHECKS, 'digest', 'record'] },
    { name: 'verify', options: [...COMMON, 'digest', 'stable', 'record'] },
    { name: 'audit', options: [...COMMON, 'from', 'stable', 'record'] },
  ])('$name', ({ name, options }) => {
    const command = commandNamed(name)
    expect(command.options.map(({ input }) => input).sort()).toEqual([...options].sort())
    const image = ['service', 'tag', 'registry', 'project']
    expect(command.positionals).toEqual(name === 'audit' ? image.filter(each => each !== 'tag') : image)
  })

  test('every input of the action is there, but those that are no matter of arguments', () => {
    const taken = new Set<string>(
      commands.flatMap(({ positionals, options }) => [...positionals, ...options.map(({ input }) => input)]),
    )
    const missing = Object.keys(inputs).filter(name => !taken.has(name))
    expect(missing).toEqual(['command', 'password', 'github-token'])
  })

  test('what is not given has the default of the action, but for what only a workflow knows', () => {
    const expected = Object.entries(inputs).map(([name, input]) => [name, input.default])
    expect(textsOf('release')).toEqual({
      ...Object.fromEntries(expected),
      'github-token': '',
      service: 'reqmgr2',
      tag: '2.3.4',
      registry: 'registry.example',
      project: 'cmswmcore',
    })
  })

  test('an input of lines is an option for each', () => {
    const texts = textsOf(
      'release',
      ...['--build-args', 'A=1', '--build-args=B=2 3', '--build-options=--no-cache', '--labels=a=b'],
      ...['--require-checks', 'testbed one', '--build-options=--pull', '--require-checks', 'two'],
    )
    expect(texts).toMatchObject({
      'build-args': 'A=1\nB=2 3',
      'build-options': '--no-cache\n--pull',
      labels: 'a=b',
      'require-checks': 'testbed one\ntwo',
    })
  })
})

test.each(Object.keys(errorTitles) as ErrorName[])('the exit status for %s', name => {
  const error = new ReleaseError(name, { what: '', remedy: '' })
  expect(exitStatusOf(error)).toBe(name === 'stable-image-missing' ? 2 : 1)
})

test('the exit status for a fault of the program', () => {
  expect(exitStatusOf(new TypeError('x'))).toBe(1)
})

describe('refuses, before anything is done', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'call-'))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  const PASSWORD = 'STABLE_RELEASE_PASSWORD'
  test.each<{ title: string; args: string[]; env?: NodeJS.ProcessEnv; input?: string; says: string }>([
    {
      title: 'a password as an argument',
      args: ['push', ...ORDER, '--username', 'bob', '--password', 'hush'],
      says: 'There is no option --password: others could read it in the list of processes. Pipe the password in with --password-stdin, or set STABLE_RELEASE_PASSWORD.',
    },
    {
      title: 'a password as a part of an argument',
      args: ['verify', ...ORDER, '--password=hush'],
      says: 'There is no option --password: ',
    },
    {
      title: 'a token as an argument',
      args: ['promote', ...ORDER, '--github-token=hush'],
      says: 'There is no option --github-token: others could read it in the list of processes. Set GITHUB_TOKEN.',
    },
    {
      title: 'an account without a password',
      args: ['push', ...ORDER, '--username=bob'],
      says: 'There is a --username, and no password. Pipe it in with --password-stdin, or set STABLE_RELEASE_PASSWORD; leave --username out to use the login that docker has.',
    },
    {
      title: 'an empty password in the environment',
      args: ['push', ...ORDER, '--username=bob'],
      env: { [PASSWORD]: '' },
      says: 'There is a --username, and no password.',
    },
    {
      title: 'nothing on standard input',
      args: ['verify', ...ORDER, '--username=bob', '--password-stdin'],
      env: { [PASSWORD]: 'hush' },
      says: 'There is no password on standard input.',
    },
    {
      title: 'an empty line on standard input',
      args: ['verify', ...ORDER, '--username=bob', '--password-stdin'],
      input: '\n',
      says: 'There is no password on standard input.',
    },
    {
      title: 'a password that is piped in for nobody',
      args: ['verify', ...ORDER, '--password-stdin'],
      input: 'hush',
      says: 'There is a password, from standard input, and no --username.',
    },
    {
      title: 'a password in the environment for nobody',
      args: ['build', ...ORDER, '--context=https://github.com/a/b.git'],
      env: { [PASSWORD]: 'hush' },
      says: 'There is a password, from STABLE_RELEASE_PASSWORD, and no --username. Give both, or neither to use the login that docker has.',
    },
    {
      title: 'a service and a git tag in the wrong order',
      args: ['push', '2.3.4', 'reqmgr2', 'registry.example', 'cmswmcore'],
      says: '<service> is "2.3.4" and <tag> is "reqmgr2", which looks like the wrong way round. The order is <service> <tag> <registry> <project>.',
    },
    {
      title: 'checks of an unknown repository',
      args: ['promote', ...ORDER, '--require-checks=testbed'],
      env: { GITHUB_TOKEN: 'hush' },
      says: '--require-checks needs GITHUB_REPOSITORY, which is not set. Set GITHUB_REPOSITORY: the repository of the git tag, as owner/name.',
    },
    {
      title: 'checks without a token',
      args: ['push', ...ORDER, '--require-checks=testbed'],
      env: { GITHUB_REPOSITORY: 'dmwm/WMCore' },
      says: '--require-checks needs GITHUB_TOKEN, which is not set. Set GITHUB_TOKEN: the token that reads the commit of the git tag, and its checks.',
    },
    {
      title: 'a directory that is not there',
      args: ['build', ...ORDER, '--context', 'nowhere'],
      says: '--context is "nowhere": there is no directory ',
    },
    {
      title: 'a directory without a Dockerfile',
      args: ['release', ...ORDER],
      says: '--context is ".": it has no Dockerfile.',
    },
    {
      title: 'a Dockerfile that is not there',
      args: ['release', ...ORDER, '--file=other'],
      says: 'Write its path from the current directory.',
    },
    {
      title: 'a password in an address',
      args: ['build', ...ORDER, '--context=https://bob:hush@github.com/a/b.git'],
      says: '--context seems to have a password or a token in it, and is not shown.',
    },
    ...['--file', '--policy', '--policy-file', '--build-options=--build-context=a'].map(option => ({
      title: `a password in ${option}`,
      args: [
        'release',
        ...ORDER,
        '--context=https://github.com/a/b.git',
        `${option}=https://bob:hush@github.com/a`,
      ],
      says: 'seems to have a password or a token in it, and is not shown.',
    })),
    {
      title: 'a token in an argument',
      args: ['verify', 'reqmgr2', '2.3.4', 'https://github_pat_hush@x', 'cmswmcore'],
      says: '<registry> seems to have a password or a token in it, and is not shown.',
    },
    {
      title: 'a token in an argument too many',
      args: ['verify', ...ORDER, 'ghp_hushhush'],
      says: 'verify takes no argument ***.',
    },
    {
      title: 'a token as an option',
      args: ['verify', ...ORDER, '--ghp_hushhush'],
      says: 'verify has no option ***.',
    },
    { title: 'a token as a command', args: ['ghp_hushhush'], says: 'The command is missing.' },
    {
      title: 'a password in a policy to try',
      args: ['explain', '--policy=final: X -> X https://bob:hush@x'],
      says: '--policy seems to have a password or a token in it, and is not shown.',
    },
    {
      title: "docker's own options where there is one of ours",
      args: ['build', ...ORDER, '--context=https://github.com/a/b.git', '--build-options=--build-arg=A=1'],
      says: '--build-options is "--build-arg": use --build-args. Leave it out.',
    },
    {
      title: 'another git tag as a build argument',
      args: ['build', ...ORDER, '--context=https://github.com/a/b.git', '--build-args=TAG=1'],
      says: '--build-args is "TAG": it is always the git tag. Leave it out, or use <tag>.',
    },
    {
      title: 'a git tag that is no version of a package',
      args: [
        'release',
        'a',
        'nightly',
        'registry.example',
        'cmswmcore',
        '--context=https://github.com/a/b.git',
        '--package=a',
      ],
      says: 'Leave --package empty for such tags',
    },
    {
      title: 'a time without its unit',
      args: ['promote', ...ORDER, '--checks-timeout=5'],
      says: '--checks-timeout is "5": it is not a time.',
    },
    {
      title: 'a value that does not exist',
      args: ['push', ...ORDER, '--on-existing=overwite'],
      says: '--on-existing is "overwite": there is no such value. Did you mean overwrite?',
    },
    {
      title: 'a digest that is none',
      args: ['verify', ...ORDER, '--digest=latest'],
      says: '--digest is "latest": it is not a digest.',
    },
  ])('$title', ({ args, env, input, says }) => {
    const { status, stdout, stderr } = stableRelease(args, {
      cwd: directory,
      env: { TMPDIR: directory, ...env },
      ...(input === undefined ? {} : { input }),
    })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).toMatch(/^error: [^\n]+\n$/)
    expect(stderr).not.toContain('hush')
    // These words are for workflows.
    expect(stderr).not.toMatch(/the inputs? |actions\/checkout|workspace/i)
  })
})
