import { tagProblem } from './image-tag.ts'
import type { RuleWords, Word } from './line.ts'
import {
  ANY,
  type Bindings,
  boundBy,
  covers,
  lettersOf,
  type Pattern,
  render,
  shapeOf,
  type Token,
} from './pattern.ts'
import type { Policy, Rule, Template } from './policy.ts'
import { EXAMPLE, type ReportProblem } from './problems.ts'
import { stableOrigin } from './stable-tags.ts'

const isDigitAfter = (tokens: readonly Token[], index: number): boolean => {
  const next = tokens[index + 1]
  return next?.kind === 'literal' && /^[0-9]/.test(next.text)
}

/** A digit behind a number would belong to the number, which takes every digit at its place. */
export const reportDigitsAfterNumbers = (
  word: Word,
  tokens: readonly Token[],
  report: ReportProblem,
): void => {
  tokens.forEach((token, index) => {
    if (token.kind !== 'number' || token.letter === ANY || !isDigitAfter(tokens, index)) return
    report({
      column: word.at + token.at + 1,
      length: 2,
      message: `a digit stands right behind the number ${token.letter}, which takes every digit itself`,
      advice: `put something between them, such as ${token.letter}.${word.text.charAt(token.at + 1)}`,
    })
  })
}

/** Literal capitals that look like two numbers, and numbers that look like the capital of a word. */
export const warnOfSlips = (word: Word, report: ReportProblem): void => {
  for (const { 0: run, index } of word.text.matchAll(/(?<![A-Z])[XYZPN]{2,}(?![A-Z])/g)) {
    if (new Set(run).size !== run.length) continue
    report({
      severity: 'warning',
      column: word.at + index + 1,
      length: run.length,
      message: `${run} stands for itself: capitals beside each other are not numbers`,
      advice: `if numbers are meant, separate them: ${[...run].join('.')}`,
    })
  }
  for (const { 0: found, index } of word.text.matchAll(/(?<![^\-_/])[A-W][a-z]{2,}/g)) {
    report({
      severity: 'warning',
      column: word.at + index + 1,
      length: 1,
      message: `the ${found.charAt(0)} of ${found} stands for a number: a single capital always does`,
      advice: 'if the word is meant, let the rule be * or tag in lower case',
    })
  }
}

const list = (letters: Iterable<string>): string => [...letters].join(', ')

/** The capitals beside each other on the left, and so literal, that contain the letter. */
const literalRunWith = (letter: string, pattern: Pattern): string | undefined =>
  (pattern.source.match(/[A-Z]{2,}/g) ?? []).find(run => run.includes(letter))

const adviceForUnbound = (letter: string, pattern: Pattern): string => {
  if (pattern.kind === 'any') return 'under *, write * for the git tag, or lower case letters'
  if (letter === ANY) return `only the rule * may use *; here, write ${pattern.source}`
  const run = literalRunWith(letter, pattern)
  if (run !== undefined) {
    return `${run} stands for itself there, as capitals beside each other do; separate them: ${[...run].join('.')}`
  }
  const bound = boundBy(pattern)
  return bound.size === 0
    ? 'the left side has no numbers; write lower case letters'
    : `write one of ${list(bound)}, or lower case letters`
}

/** Whether tokens use nothing but what is bound; what else they use is reported on its own. */
const usesOnly = (tokens: readonly Token[], bound: ReadonlySet<string>): boolean =>
  [...lettersOf(tokens)].every(letter => bound.has(letter))

/** Says which letters of an image tag the left side does not have. Gives back whether there are any. */
export const reportUnbound = (
  word: Word,
  tokens: readonly Token[],
  pattern: Pattern,
  report: ReportProblem,
): boolean => {
  const bound = boundBy(pattern)
  const unbound = tokens.flatMap(token =>
    token.kind === 'number' && !bound.has(token.letter) ? [token] : [],
  )
  for (const { letter, at } of unbound) {
    // The left side was told already that its * stands beside other text.
    if (letter === ANY && pattern.source.includes(ANY)) continue
    report({
      column: word.at + at + 1,
      length: 1,
      message: `${letter} is not on the left side, ${pattern.source}`,
      advice: adviceForUnbound(letter, pattern),
    })
  }
  return unbound.length > 0
}

/** What is built must belong to one version; only a tag without any version, such as nightly, may move. */
export const reportMovingFirst = (
  word: Word,
  first: Template,
  pattern: Pattern,
  report: ReportProblem,
): void => {
  const used = lettersOf(first.tokens)
  const bound = boundBy(pattern)
  if (!first.moving || bound.size === 0 || !usesOnly(first.tokens, bound)) return
  const whole = tagProblem(pattern.source) === undefined || pattern.kind === 'any'
  report({
    column: word.at + 1,
    length: first.source.length,
    message: `the first image tag is what is built, and ${first.source} drops ${list([...bound].filter(letter => !used.has(letter)))}`,
    advice: `begin with a tag that belongs to one version alone, such as ${whole ? pattern.source : [...bound].join('.')}`,
  })
}

/** A rule with its words, and where their problems go. */
export interface Line {
  readonly rule: Rule
  readonly words: RuleWords
  readonly report: ReportProblem
}

/** What the whole table is checked for, one rule after the other. */
export const checkAgainstEarlier = (): ((line: Line) => void) => {
  const names = new Map<string, Rule>()
  const bySkeleton = new Map<string, { rule: Rule; shape: ReturnType<typeof shapeOf> }[]>()
  let any: Rule | undefined
  return ({ rule, words, report }) => {
    const namesake = names.get(rule.name)
    if (namesake !== undefined) {
      report({
        column: words.name.at + 1,
        length: rule.name.length,
        message: `the name ${rule.name} is taken by line ${namesake.line}`,
        advice: 'give each rule a name of its own',
      })
    } else {
      names.set(rule.name, rule)
    }

    let taker: Rule | undefined
    if (rule.pattern.kind === 'any') {
      taker = any
      any ??= rule
    } else {
      const shape = shapeOf(rule.pattern.tokens)
      const peers = bySkeleton.get(shape.skeleton) ?? []
      const shortest = render(
        rule.pattern.tokens,
        new Map([...lettersOf(rule.pattern.tokens)].map(letter => [letter, '0'])),
      )
      taker =
        any !== undefined && tagProblem(shortest) === undefined
          ? any
          : peers.find(peer => covers(peer.shape, shape))?.rule
      peers.push({ rule, shape })
      bySkeleton.set(shape.skeleton, peers)
    }
    if (taker !== undefined) {
      report({
        column: words.left.at + 1,
        length: words.left.text.length,
        message: `${rule.name} can never match: ${taker.name} on line ${taker.line}, ${taker.pattern.source}, takes everything before it`,
        advice: `move ${rule.name} above ${taker.name}, or leave it out`,
      })
    }
  }
}

/** Numbers that nobody writes into a policy, one for each letter, and a text for `*`: they stand for any. */
const anyBindings = (letters: Iterable<string>): Bindings =>
  new Map(
    [...letters].map(letter => [letter, letter === ANY ? 'any_906090' : `${906_090}${letter.charCodeAt(0)}`]),
  )

/**
 * No rule writes before its bar what any rule gives after its bar: a tag is stable or not. One that is only called so
 * is neither withheld nor an output of its own.
 */
export const checkStableNames = (policy: Policy, { rule, words, report }: Line): void => {
  words.published.forEach((word, index) => {
    const template = rule.templates[index]
    if (template === undefined) return
    const place = { column: word.at + 1, length: word.text.length }
    const origin = stableOrigin(policy, render(template.tokens, anyBindings(lettersOf(template.tokens))))
    if (origin !== undefined) {
      report({
        ...place,
        message: `${word.text} stands before the bar, and is a stable tag of ${origin.rule.name} on line ${origin.rule.line}`,
        advice: 'a tag is stable or not: write it after the bar here, too, or give it another name',
      })
    } else if (word.text.endsWith('-stable') && !rule.pattern.source.endsWith('-stable')) {
      report({
        ...place,
        severity: 'warning',
        message: `${word.text} is not a stable tag, as it stands before the bar`,
        advice: `write the stable tags after a bar, as in "${EXAMPLE}"`,
      })
    }
  })
}
