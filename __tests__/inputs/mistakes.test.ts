import { describe, expect, test } from 'vitest'
import { workflow } from '../../src/inputs/caller.ts'
import { unknownInputs } from '../../src/inputs/read.ts'
import { validateRequest } from '../../src/inputs/request.ts'
import {
  accept,
  all,
  andThen,
  every,
  type Mistake,
  mistaken,
  type Validated,
  valid,
} from '../../src/inputs/validated.ts'
import { runIn, temporaryFolder, textsWith, write } from './order.ts'

const workspace = temporaryFolder()
write(workspace, { Dockerfile: '', 'bare/file': '' })

type Texts = Parameters<typeof textsWith>[0]

/** The mistakes of an order, each in one line, and the name of the error. */
const mistakesOf = (
  given: Texts,
  run = runIn(workspace),
  env: NodeJS.ProcessEnv = {},
): { name: string; mistakes: string[] } => {
  try {
    validateRequest(textsWith(given), run, { before: unknownInputs(env) })
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const lines = error.message.split('\n')
    const many = lines.filter(line => /^[0-9]+\. /.test(line)).map(line => line.replace(/^[0-9]+\. /, ''))
    return { name: error.name, mistakes: many.length > 0 ? many : lines.slice(0, 1) }
  }
  return { name: 'none', mistakes: [] }
}

describe('values and mistakes', () => {
  const a: Mistake = { name: 'invalid-input', what: 'A.', remedy: 'Mend a.' }
  const b: Mistake = { name: 'invalid-policy', what: 'B:\nb\n', remedy: 'Mend b.' }

  test.each([
    { what: 'two values', fields: { x: valid(1), y: valid('2') }, result: valid({ x: 1, y: '2' }) },
    { what: 'a value and a mistake', fields: { x: valid(1), y: mistaken(a) }, result: mistaken(a) },
    { what: 'two mistakes', fields: { x: mistaken(b), y: mistaken(a) }, result: mistaken(b, a) },
    { what: 'one mistake twice', fields: { x: mistaken(a), y: mistaken(a, b) }, result: mistaken(a, b) },
  ])('$what', ({ fields, result }) => {
    expect(all(fields as Record<string, Validated<unknown>>)).toEqual(result)
  })

  test('a list has all values, or all mistakes', () => {
    expect(every([valid(1), valid(2)])).toEqual(valid([1, 2]))
    expect(every([valid(1), mistaken(a), mistaken(b)])).toEqual(mistaken(a, b))
  })

  test('what follows from a mistake is not looked for', () => {
    expect(andThen(mistaken(a), () => mistaken(b))).toEqual(mistaken(a))
    expect(andThen(valid(1), value => valid(value + 1))).toEqual(valid(2))
  })

  test.each([
    { mistakes: [a], name: 'invalid-input', message: 'A. Mend a.' },
    { mistakes: [b], name: 'invalid-policy', message: 'B:\nb\nMend b.' },
    {
      mistakes: [a, b],
      name: 'invalid-input',
      message:
        'There are 2 mistakes:\n1. A. Mend a.\n2. B:\n   b\n   Mend b.\nNothing was done. Correct all of them, then run it again.',
    },
    {
      mistakes: [b, b],
      name: 'invalid-policy',
      message: expect.stringContaining('There are 2 mistakes:\n1. B:\n   b\n   Mend b.\n2. B:'),
    },
  ])('$mistakes.length become one error', ({ mistakes, name, message }) => {
    expect(() => accept(mistaken(...mistakes))).toThrow(expect.objectContaining({ name, message }))
  })
})

test.each<{ given: Texts; mistakes: readonly string[] }>([
  {
    given: { stable: '' },
    mistakes: [
      'The input stable is empty. Allowed are on-release, on-promotion. A variable or secret that does not exist is empty, too.',
    ],
  },
  {
    given: { context: '' },
    mistakes: [
      'The input context is empty. Write a directory of the workspace: "." is the whole. A variable or secret that does not exist is empty, too.',
    ],
  },
  {
    given: { policy: '', 'policy-file': 'nowhere' },
    mistakes: [expect.stringContaining('The input policy-file is "nowhere": there is no file')],
  },
  // What was meant is judged, if it can be told.
  {
    given: { command: 'audits', from: '2.3.0' },
    mistakes: [
      'The input command is "audits": there is no such value. Did you mean audit? Allowed are release, plan, build, push, promote, verify, audit.',
    ],
  },
  {
    given: { command: '', context: 'bare', from: '2.3.0', digest: `sha256:${'a'.repeat(64)}` },
    mistakes: [expect.stringContaining('The input command is empty. Allowed are ')],
  },
  {
    given: { command: 'deploy', context: 'bare', from: '2.3.0', stable: 'never' },
    mistakes: [
      expect.stringContaining('The input command is "deploy": there is no such value.'),
      expect.stringContaining('The input stable is "never"'),
    ],
  },
  {
    given: { command: 'promot', context: 'bare' },
    mistakes: [expect.stringContaining('Did you mean promote?')],
  },
])('of $given it says what is the matter, and no more', ({ given, mistakes }) => {
  expect(mistakesOf(given).mistakes).toEqual(mistakes)
})

test('all mistakes at once: inputs, policy and the run', () => {
  const given = {
    command: 'relase',
    registry: 'https://ghcr.io',
    project: 'CMSWeb',
    service: 'a/b',
    policy: 'final: X.Y => X.Y',
    context: 'nowhere',
    file: 'neither',
    'build-args': 'A B\nTAG=1',
    'build-options': '--push\n-t x',
    labels: 'alone',
    username: 'bob',
    'on-existing': 'ignore',
    stable: 'never',
    digest: 'latest',
    package: '../x',
    'package-index': 'pypi.org',
    'package-timeout': '5',
    'require-checks': 'testbed',
    'checks-timeout': 'soon',
    'github-token': '',
  }
  const { name, mistakes } = mistakesOf(given, runIn(workspace, { tag: undefined, ref: 'branch main' }))
  expect(name).toBe('invalid-input')
  expect(mistakes.map(line => line.split(/[:,]/)[0])).toEqual([
    'The input command is "relase"',
    'The input registry is "https',
    'The input service is "a/b"',
    'The input project is "CMSWeb"',
    'The input digest is "latest"',
    'There is no git tag to release',
    'The table in the input policy has a mistake',
    'The input password is empty',
    'The input stable is "never"',
    'The input checks-timeout is "soon"',
    'The input github-token is empty',
    'The input on-existing is "ignore"',
    'The input context is "nowhere"',
    'The input file is "neither"',
    'The input build-args',
    'The input build-args is "TAG"',
    'The input labels',
    'The input build-options is "--push"',
    'The input build-options',
    'The input package-timeout is "5"',
    'The input package-index is "pypi.org"',
    'The input package is "../x"',
  ])
})

describe('what follows from a mistake is not another one', () => {
  test.each<{ what: string; given: Texts; env?: NodeJS.ProcessEnv; run?: object; says: string[] }>([
    {
      what: 'a registry that is missing',
      given: { registry: '', project: 'cmsweb' },
      says: ['The input registry is missing'],
    },
    {
      what: 'a registry that is missing, under a misspelt name',
      given: { registry: '' },
      env: { INPUT_REGISTRI: 'ghcr.io' },
      says: ['There is no input registri. Did you mean registry?'],
    },
    {
      what: 'an input of another action',
      given: { context: 'bare', username: '', password: 's3cret' },
      env: { INPUT_DOCKERFILE: 'bare/file', INPUT_USER: 'bob' },
      says: ['There is no input dockerfile.', 'There is no input user.'],
    },
    {
      what: 'no git tag, for a package',
      given: { package: 'reqmgr2' },
      run: { tag: undefined, ref: 'branch main' },
      says: ['There is no git tag to release'],
    },
    {
      what: 'a service with a slash, for the project',
      given: { service: 'a/b' },
      says: ['The input service is "a/b": it contains "/"'],
    },
    {
      what: 'a context without a directory, for the Dockerfile in it',
      given: { context: 'nowhere' },
      says: ['The input context is "nowhere": there is no directory'],
    },
  ])('$what', ({ given, env, run, says }) => {
    const { mistakes } = mistakesOf(given, runIn(workspace, run), env)
    expect(mistakes).toEqual(says.map(text => expect.stringContaining(text)))
  })
})

test('a git tag that the policy refuses is told beside other mistakes, and by the plan alone', () => {
  const run = runIn(workspace, { tag: 'feature/x' })
  expect(mistakesOf({ stable: 'never' }, run)).toEqual({
    name: 'invalid-input',
    mistakes: [
      expect.stringContaining('The input stable is "never"'),
      expect.stringContaining('"feature/x" matches no rule'),
    ],
  })
  expect(mistakesOf({}, run)).toEqual({ name: 'none', mistakes: [] })
  expect(mistakesOf({}, run, { INPUT_PUSH: 'false' }).mistakes).toEqual([
    expect.stringContaining('There is no input push'),
    expect.stringContaining('"feature/x" matches no rule'),
  ])
})

test('a git tag that has nothing to be promoted to is told beside other mistakes, and by promote alone', () => {
  const run = runIn(workspace, { tag: '2.3.5rc1' })
  const given = { command: 'promote', digest: 'latest' }
  expect(mistakesOf(given, run).mistakes).toEqual([
    expect.stringContaining('The input digest is "latest"'),
    'There is no tag to promote 2.3.5rc1 to: rule candidate gives none. Promote the git tag of a release that has stable tags, or change the policy.',
  ])
  expect(mistakesOf({ ...given, command: 'verify' }, run).mistakes).toHaveLength(1)
  expect(mistakesOf({ command: 'promote' }, run).mistakes).toEqual([])
})

describe('plan checks every input as the run would', () => {
  const bare = temporaryFolder()
  test.each(['release', 'plan'])('%s: the default context, without a Dockerfile', command => {
    expect(mistakesOf({ command }, runIn(bare)).mistakes).toEqual([
      expect.stringContaining('The input context is ".": it has no Dockerfile.'),
    ])
  })

  const own = 'https://github.com/dmwm/WMCore.git'
  const sha = 'a'.repeat(40)
  test.each([
    { context: `${own}#2.3.4`, is: undefined },
    { context: `${own}#${sha}`, is: undefined },
    { context: 'https://github.com/dmwm/CMSKubernetes.git#main', is: undefined },
    { context: `${own}#main`, is: 'main' },
    { context: `${own}#2.3.5:docker`, is: '2.3.5' },
    { context: own, is: 'its default branch' },
  ])('an address at another commit: $context', ({ context, is }) => {
    for (const command of ['release', 'build', 'plan']) {
      const { name, mistakes } = mistakesOf({ command, context }, runIn(workspace, { sha }))
      expect(mistakes).toEqual(
        is === undefined ? [] : [expect.stringContaining(`${context} is at ${is}, and the git tag`)],
      )
      expect(name).toBe(is === undefined ? 'none' : 'wrong-commit')
      // The commit of another git tag is not known here.
      expect(mistakesOf({ command, context, tag: '9.9.9' }).mistakes).toEqual([])
    }
  })

  test.each<Texts>([
    { context: 'nowhere' },
    { context: 'bare' },
    { file: 'nowhere' },
    { 'build-args': 'A B' },
    { 'build-options': '--push' },
    { labels: 'alone' },
    { username: 'bob' },
    { 'on-existing': 'ignore' },
    { stable: 'never' },
    { digest: 'latest' },
    { package: '../x' },
    { 'package-timeout': '5' },
    { 'require-checks': 'testbed', 'github-token': '' },
    { 'checks-timeout': 'soon' },
  ])('%o', given => {
    const release = mistakesOf(given)
    expect(release.mistakes).toHaveLength(1)
    expect(mistakesOf({ command: 'plan', ...given })).toEqual(release)
  })

  test('but for what promote and verify alone take', () => {
    expect(mistakesOf({ command: 'plan', digest: `sha256:${'0'.repeat(64)}` }).mistakes).toEqual([])
  })
})

describe('build-args that look like two', () => {
  test.each([
    { text: 'A=1 B=2', message: 'A: its value goes on with B=' },
    { text: 'A=1,B=2', message: 'A: its value goes on with B=' },
    { text: 'A=1, B=2', message: 'A: its value goes on with B=' },
    { text: 'X=1\nA="two words"', message: 'A: the quotes around its value are part of it' },
    { text: "A='s3cret'", message: 'A: the quotes around its value are part of it' },
  ])('$text gets a warning, without the value', ({ text, message }) => {
    const { warnings } = validateRequest(textsWith({ 'build-args': text }), runIn(workspace))
    expect(warnings).toEqual([
      { title: 'Possible mistake in the input build-args', message: expect.stringContaining(message) },
    ])
    expect(warnings[0]?.message).not.toMatch(/two words|s3cret/)
  })

  test.each(['A=1', 'A=two words', 'URL=https://a/?b=c&d=e', 'A=b=c', 'FLAGS=-O2 -march=native', 'A="', 'A'])(
    '%s gets none',
    text => {
      expect(validateRequest(textsWith({ 'build-args': text }), runIn(workspace)).warnings).toEqual([])
    },
  )
})

test('the words of a workflow are those of inputs', () => {
  expect(workflow.spell('tag')).toBe('the input tag')
})
