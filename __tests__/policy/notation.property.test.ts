import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allTags, decide } from '../../src/policy/decide.ts'
import { matchRule } from '../../src/policy/match.ts'
import { parsePolicy } from '../../src/policy/notation.ts'
import { matchTokens, render, type Token } from '../../src/policy/pattern.ts'
import type { Rule } from '../../src/policy/policy.ts'
import { formatProblems } from '../../src/policy/problems.ts'
import { policyOf, problemsOf } from './policy-of.ts'

const digits = fc.stringMatching(/^[0-9]{1,100}$/)

/** A rule that publishes the numbers of its pattern, under its name. */
const ruleText = (name: string, source: string): string => {
  const letters = source === '*' ? ['*'] : [...new Set(source.match(/(?<![A-Z])[A-Z](?![A-Z])/g))]
  return `${name}: ${source} -> ${[name, ...letters].join('-')}`
}

/** Texts without sense, and texts that are nearly policies. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '->',
          '=>',
          ':',
          '|',
          '*',
          '#',
          ' ',
          '\t',
          '\n',
          '\r\n',
          '\r',
          '\uFEFF',
          '\u2028',
          ',',
        ),
        fc.constantFrom(
          'a',
          'final',
          'X',
          'Y',
          'XY',
          'X.Y.Z',
          'X1',
          'rc',
          '-stable',
          '0',
          '.',
          '/',
          '~',
          'é',
        ),
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
    { numRuns: 2000 },
  )
})

test('no git tag crashes a decision, and what is planned can be an image tag', () => {
  const policy = policyOf('a: X.Y.Z -> X.Y.Z latest | X.Y.Z-stable\nb: vX.X -> X-b vX\nc: * -> *')
  const gitTag = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(fc.constantFrom('1', '02', '.', 'v', '-', '+', '/', 'é'), { maxLength: 80 })
      .map(parts => parts.join('')),
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

describe('a tag is stable or not', () => {
  const templatesOf = (pattern: string): string[] => {
    const literal = ['s', 'n', '1', '1.2']
    if (pattern === '*') return ['*', '*-s', 's-*', '*s', '*-*', ...literal]
    const one = pattern.includes('X') ? ['X', 'X-s', 'vX', 'X.1', '1.X', 's-X', 'X-X'] : []
    return [...literal, ...one, ...(pattern.includes('Y') ? ['X.Y', 'Y.X', 'X.Y-s', 'X-Y', 'Y'] : [])]
  }
  const some = (texts: string[], minLength: number, maxLength: number) =>
    fc.uniqueArray(fc.constantFrom(...texts), { minLength, maxLength })
  const rule = fc.constantFrom('X', 'vX', 'X.Y', 'X.X', 'X-Y', '1.X', 'n', 's', '*').chain(pattern => {
    const templates = templatesOf(pattern)
    return fc.tuple(fc.constant(pattern), some(templates, 1, 2), some(templates, 0, 2))
  })
  const policyText = fc.array(rule, { minLength: 1, maxLength: 3 }).map(rules =>
    rules
      .map(([left, tags, stable], index) => {
        const bar = stable.length === 0 ? '' : ` | ${stable.join(' ')}`
        return `rule${index}: ${left} -> ${tags.join(' ')}${bar}`
      })
      .join('\n'),
  )
  const gitTags = ['']
  for (const text of gitTags) {
    if (text.length < 5) gitTags.push(...['1', '2', '.', '-', 's', 'v'].map(character => text + character))
  }
  gitTags.push('n', 'n-s', 's-n', '1.2-s-s', '12-s-s')

  test('no git tag gets before the bar what any git tag gets after it', () => {
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
})

test('numbers are kept as they are written: what a template gives is matched back', () => {
  const { pattern } = policyOf('a: X.Y.ZrcN -> X.Y.ZrcN').rules[0] as Rule
  const tokens = pattern.kind === 'tokens' ? pattern.tokens : []
  fc.assert(
    fc.property(digits, digits, digits, digits, (X, Y, Z, N) => {
      const bindings = new Map(Object.entries({ X, Y, Z, N }))
      const text = render(tokens, bindings)
      expect(text).toBe(`${X}.${Y}.${Z}rc${N}`)
      expect(matchTokens(tokens, text)).toEqual({ kind: 'match', bindings })
    }),
  )
})

describe('a rule that can never match', () => {
  const tokensOf = ({ pattern }: Rule): readonly Token[] => (pattern.kind === 'tokens' ? pattern.tokens : [])

  /** The only rule of a pattern, if the pattern has no mistake. */
  const ruleOf = (source: string): Rule | undefined =>
    problemsOf(ruleText('a', source)).length === 0 ? policyOf(ruleText('a', source)).rules[0] : undefined

  const saysNever = (earlier: string, later: string): boolean =>
    problemsOf(`${ruleText('a', earlier)}\n${ruleText('b', later)}`).some(({ message }) =>
      message.includes('can never match'),
    )

  const shortTexts = ['']
  for (const text of shortTexts) {
    if (text.length < 5) shortTexts.push(...['0', '1', '2', '.', 'v'].map(character => text + character))
  }
  const matches = (rule: Rule, text: string): boolean => matchRule(rule, text).kind === 'match'

  test('is found exactly: what brute force over short texts says', () => {
    const small = fc.oneof(
      { weight: 1, arbitrary: fc.constant('*') },
      {
        weight: 9,
        arbitrary: fc
          .array(fc.constantFrom('0', '1', '.', 'v', 'X', 'Y'), { minLength: 1, maxLength: 4 })
          .map(parts => parts.join('')),
      },
    )
    const outcomes = { never: 0, sometimes: 0 }
    fc.assert(
      fc.property(small, small, (earlier, later) => {
        const [one, other] = [ruleOf(earlier), ruleOf(later)]
        fc.pre(one !== undefined && other !== undefined && !/[A-Z]{2}/.test(earlier + later))
        const never = shortTexts.every(text => !matches(other, text) || matches(one, text))
        outcomes[never ? 'never' : 'sometimes'] += 1
        expect(saysNever(earlier, later)).toBe(never)
      }),
      {
        numRuns: 400,
        examples: [
          ['X.Y', 'X.X'],
          ['X.X', 'X.Y'],
          ['X', '1X'],
          ['1X', '12'],
          ['1X', '1'],
        ],
      },
    )
    expect(Math.min(outcomes.never, outcomes.sometimes)).toBeGreaterThan(5)
  })

  test('is found when the later pattern says more of the same, whatever its numbers are', () => {
    const special = fc.record({
      earlier: fc.constantFrom('X.Y.Z', 'vX', 'X.Y.X', 'DBS_X_Y', '1X-Y', 'release-X.Y.cmsZ'),
      instead: fc.record({
        X: fc.constantFrom('X', 'A', '7', '07', '7X'),
        Y: fc.constantFrom('Y', 'A', '0', '12', '00Y'),
        Z: fc.constantFrom('Z', 'X', '3'),
      }),
    })
    fc.assert(
      fc.property(
        special,
        fc.array(digits, { minLength: 4, maxLength: 4 }),
        ({ earlier, instead }, values) => {
          const later = earlier.replace(
            /(?<![A-Z])[XYZ](?![A-Z])/g,
            letter => instead[letter as 'X' | 'Y' | 'Z'],
          )
          const [one, other] = [ruleOf(earlier), ruleOf(later)]
          fc.pre(one !== undefined && other !== undefined)
          expect(saysNever(earlier, later)).toBe(true)
          const bindings = new Map(['X', 'Y', 'Z', 'A'].map((letter, index) => [letter, values[index] ?? '']))
          const text = render(tokensOf(other), bindings)
          expect([matches(other, text), matches(one, text)]).toEqual([true, true])
        },
      ),
    )
  })
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
    const policy = policyOf(ruleText('a', pattern))
    expect(decide(policy, tag).kind).toBe('refused')
  })
})
