import { describe, expect, test } from 'vitest'
import { MAX_POLICY_LENGTH } from '../../src/policy/notation.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { formatProblems } from '../../src/policy/problems.ts'
import { policyOf, problemsOf } from './policy-of.ts'

/** The mistakes of a table, shortly: where, and what. */
const mistakesOf = (text: string): string[] =>
  problemsOf(text)
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, message, advice }) => `${line}:${column} ${message}; ${advice}`)

/** What a policy says, without the places where it is said. */
const meaning = ({ rules }: Policy) =>
  rules.map(({ name, pattern, templates }) => ({
    name,
    pattern: pattern.source,
    templates: templates.map(({ source, stable, moving }) => ({ source, stable, moving })),
  }))

describe('a rule that can never match', () => {
  test.each([
    { earlier: 'X.Y.Z', later: 'A.B.C' },
    { earlier: 'X.Y.Z', later: '1.Y.Z' },
    { earlier: 'X.Y.Z', later: 'X.Y.X' },
    { earlier: 'X.X', later: '1.1' },
    { earlier: 'v1X', later: 'v12' },
    { earlier: 'nightly', later: 'nightly' },
    { earlier: '*', later: '*' },
    { earlier: '*', later: 'X.Y.Z' },
    { earlier: '*', later: 'nightly' },
  ])('$later after $earlier', ({ earlier, later }) => {
    const rule = (name: string, pattern: string): string => `${name}: ${pattern} -> ${pattern}`
    expect(
      mistakesOf([rule('other', 'other-X'), rule('wide', earlier), rule('late', later)].join('\n')),
    ).toEqual([
      `3:7 late can never match: wide on line 2, ${earlier}, takes everything before it; move late above wide, or leave it out`,
    ])
  })

  test.each([
    { earlier: '1.Y.Z', later: 'X.Y.Z', only: '2.0.0' },
    { earlier: 'X.Y.X', later: 'X.Y.Z', only: '1.0.2' },
    { earlier: 'X.X', later: '1.2', only: '1.2' },
    { earlier: 'v1X', later: 'v1', only: 'v1' },
    { earlier: 'X.Y.Z', later: 'X.Y.ZrcN', only: '1.0.0rc1' },
    { earlier: '*', later: 'a/X', only: 'a/1' },
  ])('not $later after $earlier: $only', ({ earlier, later }) => {
    const tag = later.replace('/', '-')
    expect(mistakesOf(`wide: ${earlier} -> ${earlier}\nlate: ${later} -> ${tag}`)).toEqual([])
  })
})

describe('a tag is stable or not', () => {
  const advice = 'a tag is stable or not: write it after the bar here, too, or give it another name'
  test.each([
    { text: 'a: vX.Y -> vX.Y X.Y-b\nb: X.Y -> X.Y | X.Y-b', place: '1:17', tag: 'X.Y-b', of: 'b on line 2' },
    { text: 'b: X.Y -> X.Y | X-b\na: vX.Y -> vX.Y Y-b', place: '2:17', tag: 'Y-b', of: 'b on line 1' },
    { text: 'b: X -> X | latest\nother: * -> * latest', place: '2:15', tag: 'latest', of: 'b on line 1' },
    { text: 'a: X.Y -> X.Y | Y.X', place: '1:11', tag: 'X.Y', of: 'a on line 1' },
    { text: 'other: * -> build-* | *', place: '1:13', tag: 'build-*', of: 'other on line 1' },
    { text: 'n: n -> n\nother: * -> * | n', place: '1:9', tag: 'n', of: 'other on line 2' },
  ])('$text', ({ text, place, tag, of }) => {
    expect(mistakesOf(text)).toEqual([
      `${place} ${tag} stands before the bar, and is a stable tag of ${of}; ${advice}`,
    ])
  })

  test.each([
    { text: 'a: X.Y -> X.Y\nb: X.Y.Z -> X.Y.Z | X.Y.Z-stable', why: 'they have other numbers' },
    { text: 'b: X.Y -> X.Y | X.X\na: vX.Y -> vX.Y v-Y.X', why: 'not the same number twice' },
    { text: 'a: 7 -> 7-s\nb: X -> X | X-s', why: 'the git tag of the stable one is taken above' },
    { text: 'b: X -> X | X-stable\nother: * -> *', why: 'that depends on the git tag' },
  ])('$text: $why', ({ text }) => {
    expect(mistakesOf(text)).toEqual([])
  })
})

test('a name is taken once', () => {
  expect(mistakesOf('final: X.Y -> X.Y\n\nfinal: vX -> vX')).toEqual([
    '3:1 the name final is taken by line 1; give each rule a name of its own',
  ])
})

test('every mistake of a table is shown, in the order of the text', () => {
  const text = ['# ours', 'a: X => X', 'b: X -> X v-Q +', '\tb:\tX.Y\t->\tX.Y,vX.Y', 'c: X'].join('\n')
  expect(formatProblems(text, problemsOf(text))).toBe(
    [
      'line 2, column 6: => is not the arrow',
      '  a: X => X',
      '       ^^',
      '  write -> between the git tag and its image tags, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"',
      'line 3, column 13: Q is not on the left side, X',
      '  b: X -> X v-Q +',
      '              ^',
      '  write one of X, or lower case letters',
      'line 3, column 15: + can\'t be an image tag: it contains "+"',
      '  b: X -> X v-Q +',
      '                ^',
      '  an image tag has up to 128 of A-Z, a-z, 0-9, "_", "." and "-", and begins with none of the last two',
      'line 4, column 2: the name b is taken by line 3',
      '   b: X.Y -> X.Y,vX.Y',
      '   ^',
      '  give each rule a name of its own',
      'line 4, column 12: X.Y,vX.Y can\'t be an image tag: it contains ","',
      '   b: X.Y -> X.Y,vX.Y',
      '             ^^^^^^^^',
      '  separate image tags by spaces',
      'line 5, column 5: the arrow is missing',
      '  c: X',
      '      ^',
      '  write -> between the git tag and its image tags, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"',
    ].join('\n'),
  )
})

describe('what does not change the meaning', () => {
  const table = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable\nother: * -> *'
  const expected = [
    {
      name: 'final',
      pattern: 'X.Y.Z',
      templates: [
        { source: 'X.Y.Z', stable: false, moving: false },
        { source: 'X.Y', stable: false, moving: true },
        { source: 'X.Y.Z-stable', stable: true, moving: false },
      ],
    },
    { name: 'other', pattern: '*', templates: [{ source: '*', stable: false, moving: false }] },
  ]

  test.each([
    { how: 'as it is', text: table },
    { how: 'CRLF', text: table.replaceAll('\n', '\r\n') },
    { how: 'CR', text: table.replaceAll('\n', '\r') },
    { how: 'a byte order mark', text: `\uFEFF${table}` },
    { how: 'tabs', text: table.replaceAll(' ', '\t') },
    { how: 'no spaces where none are needed', text: table.replaceAll(/ ?(->|:|\|) ?/g, '$1') },
    { how: 'empty lines and indentation', text: `\n\n${table.replaceAll(/^/gm, '   ')}\n\n` },
    { how: 'comments', text: `# a: X => X\n${table.replaceAll(/$/gm, ' # -> | :')}\n  # end` },
    { how: 'a comment with a line separator', text: `${table} # one\u2028two` },
  ])('$how', ({ text }) => {
    expect(meaning(policyOf(text))).toEqual(expected)
  })

  test('# inside a word begins no comment', () => {
    expect(policyOf('a: X#b -> X').rules[0]?.pattern.source).toBe('X#b')
  })

  test.each(['\r\n', '\r', '\n'])('places count lines that end with %j, without the byte order mark', end => {
    expect(mistakesOf(`\uFEFFa: X -> X${end}a: vX -> vX`)).toEqual([
      '2:1 the name a is taken by line 1; give each rule a name of its own',
    ])
  })
})

describe('fixed or moving', () => {
  test.each([
    { rule: 'X.Y.Z -> X.Y.Z X.Y latest v-Z.Y.X', moving: ['X.Y', 'latest'] },
    { rule: 'X.Y.X -> X.Y', moving: [] },
    { rule: '* -> * *-b any', moving: ['any'] },
    { rule: 'nightly -> nightly', moving: ['nightly'] },
  ])('$rule', ({ rule, moving }) => {
    const { templates } = policyOf(`a: ${rule}`).rules[0] ?? { templates: [] }
    expect(templates.filter(template => template.moving).map(({ source }) => source)).toEqual(moving)
  })
})

describe('too much', () => {
  const rule = 'a: X -> X\n'

  test('a table may be as long as the limit, and no longer', () => {
    expect(mistakesOf(rule.padEnd(MAX_POLICY_LENGTH))).toEqual([])
    expect(mistakesOf(rule.padEnd(MAX_POLICY_LENGTH + 1))).toEqual([
      '1:1 the policy has 65537 characters, more than 65536; write a table that people can read; a few rules are enough',
    ])
  })

  test('what is shown of very many mistakes stays readable', () => {
    const text = `a: X -> X${' Q'.repeat(2000)}`
    const problems = problemsOf(text)
    expect(problems.length).toBeGreaterThan(0)
    expect(formatProblems(text, problems).length).toBeLessThan(65_536)
  })
})
