import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allTags, decide } from '../../src/policy/decide.ts'
import { matchRule } from '../../src/policy/match.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { formatProblems } from '../../src/policy/problems.ts'
import { render } from '../../src/policy/tokens.ts'
import { policyOf, problemsOf } from './policy-of.ts'

/** Texts without sense, and texts that are nearly policies. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...'-> => : | * # \t \n \r\n \r \uFEFF \u2028 , "'.split(' '), ' '),
        fc.constantFrom(...'a final X Y XY X.Y.Z X1 rc -stable 0 . / ~ é "RC"'.split(' ')),
        fc.constantFrom('a: ', ' -> X', 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable\n', 'other: * -> *\n'),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
      { maxLength: 40 },
    )
    .map(parts => parts.join('')),
)

test('no text crashes the parser, and every place that it names is in the text', () => {
  fc.assert(
    fc.property(anyText, text => {
      const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
      const problems = problemsOf(text)
      for (const { line, column, length } of problems) {
        const source = lines[line - 1]
        expect(source).toBeDefined()
        const last = (source?.length ?? 0) + 1
        expect(column).toBeGreaterThanOrEqual(1)
        expect(column).toBeLessThanOrEqual(last)
        expect(length).toBeGreaterThanOrEqual(1)
        expect(column - 1 + length).toBeLessThanOrEqual(Math.max(last - 1, column))
      }
      formatProblems(text, problems)
    }),
    { numRuns: 4000 },
  )
})

test('no git tag crashes a decision, and what is planned can be an image tag', () => {
  const policy = policyOf('a: X.Y.Z -> X.Y.Z latest | X.Y.Z-stable\nb: vX.X -> X-b vX\nc: * -> *')
  const nearly = fc.array(fc.constantFrom('1', '02', '.', 'v', '-', '+', '/', 'é'), { maxLength: 80 })
  const gitTag = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    nearly.map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(gitTag, tag => {
      const decision = decide(policy, tag)
      if (decision.kind === 'refused') return
      for (const planned of allTags(decision)) {
        expect(planned.tag).toMatch(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/)
      }
    }),
  )
})

test('no git tag gets before the bar what any git tag gets after it', () => {
  const templatesOf = (pattern: string): string[] => {
    const literal = ['s', 'n', '1', '1.2']
    if (pattern === '*') return ['*', '*-s', 's-*', '*s', '*-*', ...literal]
    const one = pattern.includes('X') ? ['X', 'X-s', 'vX', 'X.1', '1.X', 's-X', 'X-X'] : []
    return [...literal, ...one, ...(pattern.includes('Y') ? ['X.Y', 'Y.X', 'X.Y-s', 'X-Y', 'Y'] : [])]
  }
  const some = (texts: string[], minLength: number) =>
    fc.uniqueArray(fc.constantFrom(...texts), { minLength, maxLength: 2 }).map(tags => tags.join(' '))
  const rule = fc.constantFrom('X', 'vX', 'X.Y', 'X.X', 'X-Y', '1.X', 'n', 's', '*').chain(pattern => {
    const templates = templatesOf(pattern)
    return fc
      .tuple(some(templates, 1), some(templates, 0))
      .map(([tags, stable]) => `: ${pattern} -> ${tags}${stable === '' ? '' : ` | ${stable}`}`)
  })
  const policyText = fc
    .array(rule, { minLength: 1, maxLength: 3 })
    .map(rules => rules.map((each, index) => `rule${index}${each}`).join('\n'))
  const gitTags = ['']
  for (const text of gitTags) {
    if (text.length < 4) gitTags.push(...['1', '2', '.', '-', 's', 'v'].map(character => text + character))
  }
  gitTags.push('n', 'n-s', 's-n', '1.2-s', '2.1-s', '1.2-s-s', '12-s-s')

  const seen = { planned: 0, refused: 0 }
  fc.assert(
    fc.property(policyText, text => {
      const parsed = parsePolicy(text)
      fc.pre(parsed.kind === 'policy')
      const decisions = gitTags.map(gitTag => decide(parsed.policy, gitTag))
      const tags = decisions.flatMap(decision => (decision.kind === 'planned' ? allTags(decision) : []))
      const names = (isStable: boolean): Set<string> =>
        new Set(tags.filter(({ stable }) => stable === isStable).map(({ tag }) => tag))
      const stable = names(true)
      expect([...names(false)].filter(tag => stable.has(tag))).toEqual([])
      const isRefusedForIt = decisions.some(({ reason }) => reason.includes('is a stable tag'))
      seen[isRefusedForIt ? 'refused' : 'planned'] += 1
    }),
    { numRuns: 400 },
  )
  expect(Math.min(seen.planned, seen.refused)).toBeGreaterThan(5)
})

test('numbers are kept as they are written: what a pattern matches is written again', () => {
  const digits = fc.stringMatching(/^[0-9]{1,100}$/)
  fc.assert(
    fc.property(
      fc.constantFrom('X.Y.ZrcN', 'vX"Y"Y-Z"RC"N', 'DBS_X-YaZbN'),
      digits,
      digits,
      digits,
      (source, X, Y, Z) => {
        const [rule] = policyOf(`a: ${source} -> X-Y-Z-N`).rules
        if (rule === undefined) throw new Error('there is no rule')
        const bindings = new Map(Object.entries({ X, Y, Z, N: X }))
        const match = matchRule(rule, render(rule.pattern.tokens, bindings))
        expect(match).toEqual({ kind: 'match', bindings })
      },
    ),
  )
})

describe('100 000 characters are matched in one pass', () => {
  const long = (text: string): string => text.repeat(Math.ceil(100_000 / text.length))
  const numbers = Array(500).fill('X').join('.')
  test.each([
    { what: 'digits alone', pattern: 'X.Y.Z', tag: long('1') },
    { what: 'the same number again and again', pattern: 'X.X.X.X', tag: long('1.') },
    { what: 'more numbers than the pattern has', pattern: numbers, tag: `${long('1.')}x` },
    { what: 'long numbers', pattern: numbers, tag: long(`${'1'.repeat(199)}.`) },
    { what: 'a number behind its own digits', pattern: `${'0'.repeat(1000)}X`, tag: `${long('0')}x` },
    { what: 'letters and digits in turn', pattern: 'aXaYaZa', tag: `${long('a1')}b` },
    { what: 'too long for *', pattern: '*', tag: long('a') },
    { what: 'too long and wrong at the end for *', pattern: '*', tag: `${long('a.-')}/` },
  ])('$what', ({ pattern, tag }) => {
    const letters = new Set(pattern.match(/[A-Z*]/g))
    const policy = policyOf(`a: ${pattern} -> a-${[...letters].join('-')}`)
    expect(decide(policy, tag).kind).toBe('refused')
  })
})
