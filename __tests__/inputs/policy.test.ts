import { mkdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { validateRequest } from '../../src/inputs/request.ts'
import { presets } from '../../src/policy/presets.ts'
import { refusal, runIn, temporaryFolder, textsWith, write } from './order.ts'

const table = 'final: X.Y -> X.Y | X.Y-stable\nother: * -> *'
const outside = temporaryFolder()
const workspace = temporaryFolder()
write(outside, { policy: table })
write(workspace, {
  Dockerfile: '',
  policy: table,
  'sub/policy': `\uFEFF${table.replaceAll('\n', '\r\n')}\r\n`,
  '..policy': table,
  empty: '# nothing yet\n',
  wrong: 'final: X.Y => X.Y\nother: * -> * X',
})
mkdirSync(join(workspace, 'folder'))
symlinkSync('../policy', join(workspace, 'sub/link'))
symlinkSync(join(outside, 'policy'), join(workspace, 'leaving'))
symlinkSync(outside, join(workspace, 'away'))
symlinkSync('round', join(workspace, 'round'))

const run = runIn(workspace)
const orderWith = (given: { policy?: string; 'policy-file'?: string; tag?: string }) =>
  validateRequest(textsWith({ command: 'plan', ...given }), run)
const patternsOf = (given: { policy?: string; 'policy-file'?: string }): string[] =>
  orderWith(given).request.policy.rules.map(({ pattern }) => pattern.source)

describe('policy', () => {
  test.each([
    { given: {}, patterns: ['X.Y.Z', 'X.Y.Z.P', 'X.Y.ZrcN', '*'] },
    ...Object.entries(presets).map(([policy, text]) => ({
      given: { policy },
      patterns: patternsOf({ policy: text }),
    })),
    { given: { policy: 'a: vX -> vX' }, patterns: ['vX'] },
    { given: { policy: table }, patterns: ['X.Y', '*'] },
  ])('$given', ({ given, patterns }) => {
    expect(patternsOf(given)).toEqual(patterns)
  })

  test('what looks like a slip is a warning', () => {
    expect(orderWith({ policy: table }).warnings).toEqual([])
    expect(orderWith({ policy: 'a: v-XY -> a', tag: 'v-XY' }).warnings).toEqual([
      {
        title: 'The policy may not mean what it says',
        message: expect.stringMatching(/^line 1, column 6: warning: XY stands for itself/),
      },
    ])
  })

  const anotherWay =
    'Write one of wmcore, dmwm-go, crab, or a table of rules such as "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable".'
  test.each([
    {
      policy: 'wmcor',
      error: `invalid-input: The input policy is "wmcor": there is no such preset. Did you mean wmcore? ${anotherWay}`,
    },
    {
      policy: 'semver',
      error: `invalid-input: The input policy is "semver": there is no such preset. ${anotherWay}`,
    },
    {
      policy: 'toString',
      error: `invalid-input: The input policy is "toString": there is no such preset. ${anotherWay}`,
    },
    {
      policy: '',
      error: `invalid-input: The input policy is empty. A variable or secret that does not exist is empty, too. ${anotherWay}`,
    },
    {
      policy: 'a: X =>',
      error:
        'invalid-policy: The table in the input policy has a mistake:\nline 1, column 6: => is not the arrow\n  a: X =>\n       ^^\n  write -> between the git tag and its image tags, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"\nNothing was built.',
    },
  ])('$policy is refused', ({ policy, error }) => {
    expect(refusal({ policy }, run)).toContain(error)
  })
})

describe('policy-file', () => {
  test.each(['policy', './sub/../policy', 'sub/policy', 'sub/link', '..policy', join(workspace, 'policy')])(
    '%s',
    path => {
      expect(patternsOf({ 'policy-file': path })).toEqual(['X.Y', '*'])
    },
  )

  const remedy =
    'Write the path of a file in the workspace; a step with actions/checkout must come before this one.'
  test.each([
    { path: 'nowhere', problem: `there is no file ${workspace}/nowhere` },
    { path: `../${basename(outside)}/policy`, problem: 'it leads out of the workspace' },
    { path: join(outside, 'policy'), problem: 'it leads out of the workspace' },
    { path: 'leaving', problem: 'it leads out of the workspace' },
    { path: 'away/policy', problem: 'it leads out of the workspace' },
    { path: '..', problem: 'it leads out of the workspace' },
  ])('$path is refused', ({ path, problem }) => {
    expect(refusal({ 'policy-file': path }, run)).toBe(
      `invalid-input: The input policy-file is "${path}": ${problem}. ${remedy}`,
    )
  })

  test.each([
    { path: 'folder', why: 'it is a directory' },
    { path: '.', why: 'it is a directory' },
    { path: 'policy/file', why: 'ENOTDIR' },
    { path: 'round', why: 'ELOOP' },
  ])('$path can not be read: $why', ({ path, why }) => {
    const error = refusal({ 'policy-file': path }, run)
    expect(error).toMatch(`invalid-input: The input policy-file is "${path}": `)
    expect(error).toContain(why)
  })

  test.each([
    { path: 'empty', what: 'The policy in empty has a mistake:\nline 1, column 1: the policy has no rule' },
    { path: 'wrong', what: 'The policy in wrong has 2 mistakes:\nline 1, column 12: => is not the arrow' },
  ])('mistakes in $path are shown with the name of the file', ({ path, what }) => {
    expect(refusal({ 'policy-file': path }, run)).toContain(`invalid-policy: ${what}`)
  })

  test('and policy are not given both', () => {
    expect(refusal({ policy: 'crab', 'policy-file': 'policy' }, run)).toBe(
      'invalid-input: The input policy and the input policy-file are both given. Leave one out: the policy comes from one place.',
    )
  })
})
