import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { decidePlan } from '../../src/commands/plan.ts'
import { inputs } from '../../src/contract.ts'
import { validateRequest } from '../../src/inputs/request.ts'
import { readRunContext } from '../../src/inputs/run-context.ts'
import type { InputTexts } from '../../src/inputs/texts.ts'
import { stableRelease } from './bundle.ts'

const semver = 'final: vX.Y.Z -> X.Y.Z X.Y latest | X.Y.Z-stable'
let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'plan-'))
  writeFileSync(join(directory, 'policy.txt'), `${semver}\n`)
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\n')
  writeFileSync(join(directory, 'wrong.txt'), 'final: X.Y.Z -> X.Y.Q\n\u001b[31m\n')
})

afterAll(() => rmSync(directory, { recursive: true }))

/** The lines of the human form, by their terms. */
const linesOf = (stdout: string): Record<string, string> =>
  Object.fromEntries(
    stdout
      .trimEnd()
      .split('\n')
      .map(line => [line.slice(0, 13).trim(), line.slice(13)]),
  )

describe('prints', () => {
  test('a stable release', () => {
    const args = ['plan', 'reqmgr2', '2.3.4', 'registry.cern.ch', 'cmswmcore']
    const { status, stdout, stderr } = stableRelease(args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(linesOf(stdout)).toEqual({
      image: 'registry.cern.ch/cmswmcore/reqmgr2',
      'git tag': '2.3.4',
      rule: 'final',
      'first tag': '2.3.4',
      copies: '2.3.4-stable',
      'stable tags': '2.3.4-stable',
      'moving tags': 'none',
      reason: '2.3.4 is matched by rule final, X.Y.Z: it gets 2.3.4, and the stable 2.3.4-stable.',
    })
  })

  test.each([
    { title: 'a table', args: ['--policy', semver] },
    { title: 'a file', args: ['--policy-file', 'policy.txt'] },
    { title: 'a file outside of the directory', args: ['--policy-file=../policy.txt'], inside: true },
  ])('moving tags of $title', ({ args, inside }) => {
    const cwd = inside === true ? mkdtempSync(join(directory, 'inside-')) : directory
    if (inside === true) writeFileSync(join(cwd, 'Dockerfile'), 'FROM scratch\n')
    const { stdout } = stableRelease(['plan', 'a', 'v1.2.3', 'localhost:5000', 'x/y', ...args], { cwd })
    expect(linesOf(stdout)).toMatchObject({
      image: 'localhost:5000/x/y/a',
      'first tag': '1.2.3',
      copies: '1.2.3-stable 1.2 latest',
      'stable tags': '1.2.3-stable',
      'moving tags': '1.2 latest',
    })
  })

  test('an image without a project', () => {
    const { stdout } = stableRelease(['plan', 'a', '2.3.5rc1', 'localhost:5000', ''])
    expect(linesOf(stdout)).toMatchObject({
      image: 'localhost:5000/a',
      copies: 'none',
      'stable tags': 'none',
    })
  })

  test('options anywhere after the command', () => {
    const { stdout } = stableRelease(['plan', '--policy=dmwm-go', 'a', '--json', 'v1.2.3', 'b.ch', 'c'])
    expect(JSON.parse(stdout)).toMatchObject({ rule: 'v-final', services: [{ image: 'b.ch/c/a' }] })
  })

  test('nothing but what the command line says on a runner', () => {
    const env = { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: '9.9.9', GITHUB_WORKSPACE: '/nowhere' }
    const { status, stdout } = stableRelease(
      ['plan', 'a', 'v1.2.3', 'b.ch', 'c', '--policy-file=policy.txt'],
      {
        cwd: directory,
        env,
      },
    )
    expect({ status, tag: linesOf(stdout)['git tag'] }).toEqual({ status: 0, tag: 'v1.2.3' })
  })
})

test('--json is the output json of the action', () => {
  const { stdout } = stableRelease(['plan', 'a', '1.2.3', 'b.ch', 'c', '--json'])
  const defaults = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default]))
  const texts = { ...defaults, command: 'plan', service: 'a', tag: '1.2.3', registry: 'b.ch', project: 'c' }
  const context = readRunContext({}, directory)
  const { request } = validateRequest(texts as unknown as InputTexts, context)
  if (request.command !== 'plan') throw new Error(`the request is for ${request.command}`)
  expect(stdout).toBe(`${JSON.stringify(decidePlan(request))}\n`)
})

describe('refuses', () => {
  test.each([
    {
      title: 'a git tag that no rule matches, with the nearest',
      args: ['a', 'v1.2', 'b.ch', 'c', '--policy', 'dmwm-go'],
      says: '"v1.2" matches no rule; the nearest is vX.Y.Z (v-final), which wants "." after v1.2, where it ends.',
    },
    {
      title: 'a git tag that is a whole ref',
      args: ['a', 'refs/tags/1.2.3', 'b.ch', 'c'],
      says: '<tag> is "refs/tags/1.2.3": it is a whole ref. Write 1.2.3.',
    },
    {
      title: 'a service with capitals',
      args: ['A', '1.2.3', 'b.ch', 'c'],
      says: '<service> is "A": "A" has capitals.',
    },
    {
      title: 'a service with a path',
      args: ['a/b', '1.2.3', 'b.ch', 'c'],
      says: 'Write the path before the last "/" into <project>.',
    },
    {
      title: 'the address of a registry',
      args: ['a', '1.2.3', 'https://b.ch', 'c'],
      says: '<registry> is "https://b.ch": it is an address',
    },
    {
      title: 'a project with an empty part',
      args: ['a', '1.2.3', 'b.ch', 'x//y'],
      says: '<project> is "x//y": it has an empty part.',
    },
    {
      title: 'a misspelt preset',
      args: ['a', '1.2.3', 'b.ch', 'c', '--policy', 'wmcor'],
      says: '--policy is "wmcor": there is no such preset. Did you mean wmcore?',
    },
    {
      title: 'a table with mistakes, all of them, each under a caret',
      args: ['a', '1.2.3', 'b.ch', 'c', '--policy', 'one: X.Y.Z => X.Y.Z\ntwo: * ->'],
      says: [
        'The table in --policy has 2 mistakes:',
        'line 1, column 12: => is not the arrow',
        '  one: X.Y.Z => X.Y.Z',
        '             ^^',
        '  write -> between the git tag and its image tags, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"',
        'line 2, column 8: nothing stands after the arrow',
      ].join('\n'),
    },
    {
      title: 'a file with mistakes, without obeying what is in it',
      args: ['a', '1.2.3', 'b.ch', 'c', '--policy-file', 'wrong.txt'],
      says: '  \\u001b[31m\n',
    },
    {
      title: 'a file that is not there',
      args: ['a', '1.2.3', 'b.ch', 'c', '--policy-file', 'nowhere.txt'],
      says: '--policy-file is "nowhere.txt": there is no file',
    },
    {
      title: 'two policies',
      args: ['a', '1.2.3', 'b.ch', 'c', '--policy-file', 'policy.txt', '--policy', 'crab'],
      says: '--policy and --policy-file are both given. Leave one out',
    },
  ])('$title', ({ args, says }) => {
    const { status, stdout, stderr } = stableRelease(['plan', ...args], { cwd: directory })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).toMatch(/^error: /)
    // These words are for workflows.
    expect(stderr).not.toMatch(/the inputs? |actions\/checkout/i)
  })
})

test('a policy that looks like a slip is a warning, and the result stands', () => {
  const { status, stdout, stderr } = stableRelease([
    'plan',
    'a',
    'vXYZ',
    'b.ch',
    'c',
    '--policy',
    'a: vXYZ -> newest',
  ])
  expect(status).toBe(0)
  expect(stderr).toContain('warning: The policy may not mean what it says:\nline 1, column 5: ')
  expect(linesOf(stdout)).toMatchObject({ 'first tag': 'newest' })
})

describe('stands in for release, and checks the same', () => {
  const order = ['a', '1.2.3', 'registry.example', 'c']
  const options = (name: string) => commands.find(command => command.name === name)?.options
  test('it takes the same options', () => {
    expect(options('plan')).toEqual(options('release'))
  })

  test.each([
    { args: ['--build-args=A B'], says: '--build-args, value 1: it does not begin with the name' },
    { args: ['--context=nowhere'], says: '--context is "nowhere": there is no directory' },
    { args: ['--on-existing=never'], says: '--on-existing is "never": there is no such value.' },
    { args: ['--package=../x'], says: '--package is "../x": it is not the name of a project.' },
    { args: ['--require-checks=testbed'], says: '--require-checks needs GITHUB_REPOSITORY' },
    { args: ['--username=bob'], says: 'There is a --username, and no password.' },
    { args: ['--username=bob', '--password-stdin'], says: 'There is no password on standard input.' },
  ])('$args', ({ args, says }) => {
    const [plan, release] = ['plan', 'release'].map(command => stableRelease([command, ...order, ...args]))
    expect(plan).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining(says) })
    expect(plan).toEqual(release)
  })

  test('nothing to build', () => {
    const { status, stderr } = stableRelease(['plan', ...order], { cwd: '/' })
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('--context is ".": it has no Dockerfile.'),
    })
  })

  test('stable tags that wait', () => {
    const { stdout } = stableRelease(['plan', ...order, '--stable=on-promotion', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      services: [{ tags: [{ outcome: 'planned' }, { outcome: 'withheld' }] }],
    })
  })
})
