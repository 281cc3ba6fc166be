import { expect, test } from 'vitest'
import { nearMiss } from '../../src/inputs/near-miss.ts'
import { refusal, runIn, temporaryFolder, write } from './order.ts'

const workspace = temporaryFolder()
write(workspace, { Dockerfile: '', 'bare/file': '' })
const run = runIn(workspace)

/** The inputs that several mistakes are about, as far as they begin with them. */
const toldOf = (...order: Parameters<typeof refusal>): string[] =>
  Array.from(refusal(...order).matchAll(/^[0-9]+\. ("?[\w-]+)/gm), ([, begin = '']) => begin)

test('all mistakes at once: unknown inputs, inputs, the policy and the run', () => {
  const given = {
    command: 'relase',
    registry: 'https://ghcr.io',
    project: 'CMS Web',
    service: 'a/b',
    policy: 'final: X.Y => X.Y',
    context: 'nowhere',
    file: 'neither',
    'build-args': 'A B\nC D',
    'build-options': '--push\n-t x',
    labels: 'alone',
    username: 'bob',
    'on-existing': 'ignore',
    stable: 'never',
    record: 'no',
    digest: 'latest',
    from: '2.3.0',
    'html-file': 'gone/a.html',
    package: '../x',
    'package-index': 'pypi.org',
    'package-timeout': '5',
    'require-checks': 'testbed',
    'checks-timeout': 'soon',
    'github-token': '',
  }
  const branch = runIn(workspace, { tag: undefined, ref: 'branch main' })
  const order = [given, branch, { INPUT_TAGS: 'latest' }] as const
  expect(toldOf(...order)).toEqual([
    ...['There', 'command', 'policy', 'registry', 'project', 'digest', 'service', 'password', 'stable'],
    ...[
      'record',
      'from',
      'html-file',
      'context',
      'file',
      'build-args',
      'build-args',
      'labels',
      'build-options',
    ],
    ...['build-options', 'on-existing', 'package-timeout', 'package-index', 'package', 'checks-timeout'],
    'require-checks',
  ])
  // A policy is shown over several lines, which belong to its number.
  expect(refusal(...order)).toContain(
    '\n3. policy has mistakes:\n   line 1, column 12: => is not the arrow\n',
  )
})

test.each([
  { word: 'raelease', known: ['release', 'plan'], meant: 'release' },
  { word: 'realese', known: ['release', 'plan'], meant: 'release' },
  { word: 'plant', known: ['release', 'plan'], meant: 'plan' },
  { word: 'pn', known: ['release', 'plan'], meant: undefined },
  { word: 'tags', known: ['stable', 'tages', 'tag'], meant: 'tages' },
  { word: 'stabel', known: ['tablet', 'stable', 'stabel-'], meant: 'stabel-' },
  { word: '', known: ['x'.repeat(2)], meant: undefined },
])('$word of $known: $meant', ({ word, known, meant }) => {
  expect(nearMiss(word, known)).toBe(meant)
})

test.each([
  { env: { INPUT_BUILD_ARGS: 's3cret' }, says: 'There is no input build_args. Did you mean build-args?' },
  { env: { INPUT_SERVCE: 's3cret' }, says: 'There is no input servce. Did you mean service?' },
  { env: { 'INPUT_ON-EXSITING': '' }, says: 'There is no input on-exsiting. Did you mean on-existing?' },
  { env: { INPUT_DOCKERFILE: 'x' }, says: 'There is no input dockerfile. Did you mean file?' },
  { env: { INPUT_PLATFORMS: 'x' }, says: 'Did you mean build-options?' },
  { env: { INPUT_PUSH: 'false' }, says: 'Did you mean command?' },
  { env: { INPUT_NO_PUSH: 'true' }, says: 'no_push. Did you mean command?' },
  { env: { INPUT_TAGS: 'latest' }, says: 'Did you mean tag?' },
  { env: { INPUT_USER: 'x' }, says: 'There is no input user. Did you mean username?' },
  { env: { INPUT_TAG: '1', 'INPUT_BUILD-ARGS': '', INPUT_VERBOSE: '1', TAGS: '1' }, says: 'no error' },
])('$env', ({ env, says }) => {
  const text = refusal({}, run, env)
  expect(text).toContain(says)
  expect(text).not.toContain('s3cret')
})
