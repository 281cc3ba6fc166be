import {
  checkAgainstEarlier,
  checkStableNames,
  type Line,
  reportDigitsAfterNumbers,
  reportMovingFirst,
  reportUnbound,
  warnOfSlips,
} from './check.ts'
import { tagProblem } from './image-tag.ts'
import { cutLine, type RuleWords, type Word, withoutComment } from './line.ts'
import { ANY, boundBy, lettersOf, type Pattern, render, tokenize } from './pattern.ts'
import type { Policy, Rule, Template } from './policy.ts'
import { EXAMPLE, type PolicyProblem, policyLines, type ReportProblem } from './problems.ts'

export type ParsedPolicy =
  | { readonly kind: 'policy'; readonly policy: Policy; readonly warnings: readonly PolicyProblem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] }

/** The longest policy text that is read, in characters; a table that people can read is far from it. */
export const MAX_POLICY_LENGTH = 65_536

const parsePattern = (word: Word, report: ReportProblem): Pattern => {
  if (word.text === ANY) return { kind: 'any', source: ANY }
  const star = word.text.indexOf(ANY)
  if (star >= 0) {
    report({
      column: word.at + star + 1,
      length: 1,
      message: '* stands beside other text',
      advice: 'write * alone for any tag, or number letters for its numbers, such as vX.Y.Z',
    })
  }
  // git-check-ref-format(1): what no git tag can contain
  const strange = /[\p{Cc}~^:?[\\]/u.exec(word.text)
  if (strange !== null) {
    report({
      column: word.at + strange.index + 1,
      length: 1,
      message: `no git tag can contain ${JSON.stringify(strange[0])}`,
      advice: 'write what the git tag looks like, such as X.Y.Z',
    })
  }
  const tokens = tokenize(word.text, { star: false })
  reportDigitsAfterNumbers(word, tokens, report)
  warnOfSlips(word, report)
  return { kind: 'tokens', source: word.text, tokens }
}

const parseTemplate = (
  word: Word,
  { pattern, stable }: { pattern: Pattern; stable: boolean },
  report: ReportProblem,
): Template => {
  const tokens = tokenize(word.text, { star: true })
  const used = lettersOf(tokens)
  const bound = boundBy(pattern)
  const template: Template = {
    source: word.text,
    tokens,
    stable,
    moving: bound.size === 0 || [...bound].some(letter => !used.has(letter)),
  }
  if (reportUnbound(word, tokens, pattern, report)) return template
  reportDigitsAfterNumbers(word, tokens, report)
  warnOfSlips(word, report)
  const shortest = render(tokens, new Map([...used].map(letter => [letter, letter === ANY ? 'a' : '0'])))
  const problem = tagProblem(shortest)
  if (problem !== undefined) {
    report({
      column: word.at + 1,
      length: word.text.length,
      message: `${word.text} can't be an image tag: ${problem}`,
      advice: word.text.includes(',')
        ? 'separate image tags by spaces'
        : word.text === '|'
          ? 'a rule has one bar: image tags before it, stable tags after it'
          : 'an image tag has up to 128 of A-Z, a-z, 0-9, "_", "." and "-", and begins with none of the last two',
    })
  }
  return template
}

const parseRule = (words: RuleWords, report: ReportProblem): Rule | undefined => {
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(words.name.text)) {
    report({
      column: words.name.at + 1,
      length: Math.max(words.name.text.length, 1),
      message:
        words.name.text === '' ? 'the rule has no name' : `${words.name.text} can't be the name of a rule`,
      advice: 'a name is one word of letters, digits, "-" and "_" that begins with a letter, such as final',
    })
  }
  const pattern = parsePattern(words.left, report)
  const both = [
    ...words.published.map(word => ({ word, stable: false })),
    ...words.stable.map(word => ({ word, stable: true })),
  ]
  const seen = new Set<string>()
  const templates = both.map(({ word, stable }) => {
    if (seen.has(word.text)) {
      report({
        column: word.at + 1,
        length: word.text.length,
        message: `${word.text} is there twice`,
        advice: 'each image tag of a rule is written once: leave one out',
      })
    }
    seen.add(word.text)
    return parseTemplate(word, { pattern, stable }, report)
  })
  const [first, ...copies] = templates
  const firstWord = words.published[0]
  if (first === undefined || firstWord === undefined) return undefined
  reportMovingFirst(firstWord, first, pattern, report)
  return { name: words.name.text, line: words.line, pattern, templates: [first, ...copies] }
}

/**
 * Reads a policy: one rule a line, `name: pattern -> tags | stable tags`; `#` begins a comment.
 *
 * Never throws: every mistake of the table is in the answer, in the order of the text.
 */
export const parsePolicy = (text: string): ParsedPolicy => {
  if (text.length > MAX_POLICY_LENGTH) {
    return {
      kind: 'invalid',
      problems: [
        {
          severity: 'error',
          line: 1,
          column: 1,
          length: 1,
          message: `the policy has ${text.length} characters, more than ${MAX_POLICY_LENGTH}`,
          advice: 'write a table that people can read; a few rules are enough',
        },
      ],
    }
  }
  const problems: PolicyProblem[] = []
  const lines: Line[] = []
  const checkRule = checkAgainstEarlier()
  policyLines(text).forEach((wholeLine, index) => {
    const content = withoutComment(wholeLine)
    if (content.trim() === '') return
    const line = index + 1
    const report: ReportProblem = problem => problems.push({ severity: 'error', line, ...problem })
    const words = cutLine(content, line, report)
    if (words === undefined) return
    const rule = parseRule(words, report)
    if (rule === undefined) return
    lines.push({ rule, words, report })
    if (rule.name === '') return
    checkRule({ rule, words, report })
  })
  const isWrong = (): boolean => problems.some(({ severity }) => severity === 'error')
  const policy = { rules: lines.map(({ rule }) => rule) }
  if (!isWrong()) {
    for (const line of lines) checkStableNames(policy, line)
  }
  if (lines.length === 0 && problems.length === 0) {
    problems.push({
      severity: 'error',
      line: 1,
      column: 1,
      length: 1,
      message: 'the policy has no rule',
      advice: `write one rule a line, as in "${EXAMPLE}"`,
    })
  }
  problems.sort((one, other) => one.line - other.line || one.column - other.column)
  return isWrong() ? { kind: 'invalid', problems } : { kind: 'policy', policy, warnings: problems }
}
