import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { type Policy, policyText } from '../../src/policy/policy.ts'
import { presets } from '../../src/policy/presets.ts'
import { formatProblems, type PolicyProblem } from '../../src/policy/problems.ts'
import { policyOf, problemsOf } from './policy-of.ts'

/** The text with « and » around what a caret stands under. */
const marked = (text: string, { line, column, length }: PolicyProblem): string =>
  text
    .split('\n')
    .map((each, index) => {
      if (index !== line - 1) return each
      const [from, to] = [column - 1, column - 1 + length]
      return `${each.slice(0, from)}«${each.slice(from, to)}»${each.slice(to)}`
    })
    .join('\n')

/** One problem each, where the caret shows it, and what the message and the advice name. */
const expectProblem = (place: string, facts: readonly string[]): void => {
  const text = place.replace(/[«»]/g, '')
  const problems = problemsOf(text)
  expect(problems.map(problem => marked(text, problem))).toEqual([place])
  for (const fact of facts) expect(`${problems[0]?.message}; ${problems[0]?.advice}`).toContain(fact)
}

describe('mistakes', () => {
  test.each<[string, ...string[]]>([
    ['final: X.Y -> X.Y vX.Y.«Q»', 'Q is not on the left side, X.Y', '"Q"'],
    ['a: X.Y -> X.Y «F»inal-X.Y', 'F is not on the left side', '"F"'],
    ['final: X.Y.Z -> X.Y.«Q»', 'Q is not on the left side'],
    ['a: v1 -> v1-«X»', 'X is not on the left side', '"X"'],
    ['a: DBS -> «D»', 'D is not on the left side, DBS', '"D"'],
    ['a: * -> * v-«X»', 'X is not on the left side, *'],
    ['a: X.Y -> X.Y «*»', '* is not on the left side'],
    ['final: X.Y X.Y«»', 'arrow is missing', '->'],
    ['final: X.Y «=>» X.Y', '=> is not the arrow', '->'],
    ['final: X.Y «→» X.Y', '→ is not the arrow'],
    ['final: X.Y -> X.Y | X.Y-stable rc: * «->» *', 'second arrow', 'policy: |'],
    ['final: «->» x', 'no git tag stands before the arrow'],
    ['final: X «vX» -> X', 'vX is a second git tag'],
    ['final: X.Y.Z «->»', 'nothing stands after the arrow', 'X.Y.Z'],
    ['final: X.Y.Z -> «|» X.Y.Z', 'before the bar', 'X.Y.Z'],
    ['final: X -> X «|»', 'after the bar'],
    ['final: X -> X | X-b «|» X-c', 'one bar'],
    ['a: X -> «-X»', 'begins with "-"'],
    ['a: X -> «X+1»', 'contains "+"'],
    ['a: X.Y -> «X.Y,vX.Y»', 'contains ","', 'spaces'],
    ['a: X -> X | «X»', 'twice'],
    ['a: X.Y.Z -> «X.Y» X.Y.Z', 'X.Y drops Z', 'X.Y.Z'],
    ['a: v«*» -> v*', 'contain "*"', '* alone'],
    ['a: v«*»-X -> vX', 'contain "*"'],
    ['a: v«~»X -> X', 'contain "~"'],
    ['a: v«X1» -> vX', 'digit', '"X1"'],
    ['a: vX -> vX «X1»', 'digit', '"X1"'],
    ['a: v«X"»1" -> vX', 'digit', '"X1"'],
    ['a: vX«"»-RC -> vX', 'quote', '"-RC"'],
    ['a: vX -> vX«"»', 'quote'],
    ['  «X» -> X', 'no name', 'final: '],
    ['«:» X -> X', 'no name'],
    ['«1a»: X -> X', "1a can't be the name"],
    ['«a b»: X -> X', "a b can't be the name"],
    ['final: X.Y -> X.Y\n\n«final»: vX -> vX', 'taken by line 1'],
    ['«#» only a comment', 'no rule'],
  ])('%s', (place, ...facts) => {
    expectProblem(place, facts)
    expect(parsePolicy(place.replace(/[«»]/g, '')).kind).toBe('invalid')
  })

  test.each<[string, string]>([
    ['a: vX.Y -> vX.Y «X.Y-b»\nb: X.Y -> X.Y | X.Y-b', 'rule b'],
    ['b: X.Y -> X.Y | X-b\na: vX.Y -> vX.Y «Y-b»', 'rule b'],
    ['b: X -> X | latest\nother: * -> * «latest»', 'rule b'],
    ['a: X.Y -> «X.Y» | Y.X', 'rule a'],
    ['other: * -> «build-*» | *', 'rule other'],
    ['n: n -> «n»\nother: * -> * | n', 'rule other'],
  ])('%s: a tag is stable or not', (place, rule) => {
    expectProblem(place, ['stands before the bar', rule])
    expect(parsePolicy(place.replace(/[«»]/g, '')).kind).toBe('invalid')
  })

  test('are all shown, in the order of the text', () => {
    const text = ['# ours', 'a: X => X', 'b: X -> X v-Q +', '\tb:\tX.Y\t->\tX.Y,vX.Y', 'c: X'].join('\n')
    const places = problemsOf(text).map(({ line, column }) => `${line}:${column}`)
    expect(places).toEqual(['2:6', '3:13', '3:15', '4:2', '4:12', '5:5'])
  })

  test('are shown with their line and a caret', () => {
    const text = 'a: X -> X\n\tb:\tX.Y\t=>\tX.Y'
    const [problem] = problemsOf(text)
    expect(formatProblems(text, problemsOf(text)).split('\n')).toEqual([
      'line 2, column 9: => is not the arrow',
      '   b: X.Y => X.Y',
      '          ^^',
      `  ${problem?.advice}`,
    ])
  })
})

describe('slips', () => {
  test.each<[string, ...string[]]>([
    ['a: vdb_«XY».Z -> vZ', 'XY stands for itself', 'X.Y', '"XY"'],
    ['a: v -> «XY»', 'XY stands for itself'],
    ['a: vX.Y.Z-«RCN» -> vX.Y.Z', 'RCN stands for itself', 'write "RC"N if', '"RCN" in double quotes'],
    ['a: vX.Y.«ZRC» -> vX.Y', 'ZRC stands for itself', 'write Z"RC" if'],
    ['a: vX.Y.«ZRCN» -> vX.Y', 'write Z"RC"N if'],
    ['a: X.Y.«F»inal -> X.Y-F', 'the F of Final', '"Final"'],
    ['a: vX-«R»cN -> vX.R.N', 'the R of Rc', '"Rc"'],
    ['a: v-«R»elease -> vR', 'the R of Release stands for a number', '"Release"'],
    ['final: X.Y -> X.Y «X.Y-stable»', 'X.Y-stable is not a stable tag', 'X.Y.Z | X.Y.Z-stable'],
  ])('%s', (place, ...facts) => {
    expectProblem(place, facts)
    expect(parsePolicy(place.replace(/[«»]/g, '')).kind).toBe('policy')
  })

  test.each([
    { pattern: 'vdb_ABC', why: 'these capitals are no number letters that people use' },
    { pattern: 'HG1610.X', why: 'two capitals of a word' },
    { pattern: 'X.Y-stable', why: 'that is what the git tag is called' },
    { pattern: 'vB.X', why: 'a number has no word behind it' },
    { pattern: 'v"XY".Z"-Release"', why: 'quotes say what is literal' },
    { pattern: 'vX.Y.Z"RC"N', why: 'quotes part literal text from numbers' },
  ])('none in $pattern: $why', ({ pattern }) => {
    expect(problemsOf(`a: ${pattern} -> ${pattern}`)).toEqual([])
  })

  test.each([
    { text: 'a: X.Y -> X.Y\nb: X.Y.Z -> X.Y.Z | X.Y.Z-stable', why: 'they have other numbers' },
    { text: 'b: X.Y -> X.Y | X.X\na: vX.Y -> vX.Y v-Y.X', why: 'not the same number twice' },
    { text: 'a: 7 -> 7-s\nb: X -> X | X-s', why: 'the git tag of the stable one is taken above' },
    { text: 'b: X -> X | X-stable\nother: * -> *', why: 'that depends on the git tag' },
  ])('nor a mistake in $text: $why', ({ text }) => {
    expect(problemsOf(text)).toEqual([])
  })
})

/** What a policy says, without the places where it is said. */
const meaning = ({ rules }: Policy) =>
  rules.map(({ name, pattern, templates }) => ({
    name,
    pattern: pattern.source,
    templates: templates.map(({ source, stable, moving }) => ({ source, stable, moving })),
  }))

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
    expect(policyText(policyOf(text))).toBe(`${table}\n`)
  })

  test('# inside a word begins no comment', () => {
    expect(policyOf('a: X#b -> X').rules[0]?.pattern.source).toBe('X#b')
  })

  test.each(['\r\n', '\r', '\n'])('places count lines that end with %j, without the byte order mark', end => {
    expect(problemsOf(`\uFEFFa: X -> X${end}a: vX -> vX`)).toMatchObject([{ line: 2, column: 1 }])
  })

  test.each(Object.entries(presets))('the text of %s is that of its own text', (_, preset) => {
    const text = policyText(policyOf(preset))
    expect(policyText(policyOf(text))).toBe(text)
  })
})

describe('fixed or moving', () => {
  test.each([
    { rule: 'X.Y.Z -> X.Y.Z X.Y latest v-Z.Y.X', moving: ['X.Y', 'latest'] },
    { rule: 'X.Y.X -> X.Y', moving: [] },
    { rule: 'X.Y -> X.Y X"Y"', moving: ['X"Y"'] },
    { rule: '* -> * *-b any', moving: ['any'] },
    { rule: 'nightly -> nightly', moving: ['nightly'] },
  ])('$rule', ({ rule, moving }) => {
    const { templates } = policyOf(`a: ${rule}`).rules[0] ?? { templates: [] }
    expect(templates.filter(template => template.moving).map(({ source }) => source)).toEqual(moving)
  })
})

const LONG = 65_536
test.each(['a: X -> X', 'a: ', 'a: X -> ', ''])('the text after "%s" is read in one pass', beginning => {
  for (const piece of [' Q', '"', '"a', 'XY', 'aX', '-A', '* ', ' #', '|', 'X1', '\n', 'a: X\n']) {
    const text = beginning + piece.repeat((LONG - beginning.length) / piece.length)
    expect(formatProblems(text, problemsOf(text)).length).toBeLessThan(100 * LONG)
  }
})
