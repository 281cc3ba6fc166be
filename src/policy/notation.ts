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
  tokenize,
} from './pattern.ts'
import { stableOrigin } from './stable-tags.ts'
import { tagProblem } from './tag.ts'

/** An image tag with places for what the left side binds. */
export interface Template {
  readonly source: string
  readonly tokens: readonly Token[]
  /** Stands after the bar. */
  readonly stable: boolean
  /** Drops a number of its pattern, and so belongs to many versions; what names them all is fixed. */
  readonly moving: boolean
}

/** One line of a policy. The first template is what is built; the others are copies of it. */
export interface Rule {
  readonly name: string
  /** Counted from 1. */
  readonly line: number
  readonly pattern: Pattern
  readonly templates: readonly [Template, ...Template[]]
}

/** A table of rules; the first that matches a git tag decides. */
export interface Policy {
  readonly rules: readonly Rule[]
}

/** Something in a policy text that is wrong, or that is right but looks like a slip. */
export interface PolicyProblem {
  readonly severity: 'error' | 'warning'
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1, in UTF-16 code units. */
  readonly column: number
  readonly length: number
  readonly message: string
  /** What to write instead. */
  readonly advice: string
}

export type ParsedPolicy =
  | { readonly kind: 'policy'; readonly policy: Policy; readonly warnings: readonly PolicyProblem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] }

/** The longest policy text that is read, in characters; a table that people can read is far from it. */
export const MAX_POLICY_LENGTH = 65_536

const EXAMPLE = 'final: X.Y.Z -> X.Y.Z | X.Y.Z-stable'

interface Word {
  readonly text: string
  readonly at: number
}

interface RawRule {
  readonly line: number
  readonly name: Word
  readonly left: Word
  readonly published: readonly Word[]
  readonly stable: readonly Word[]
}

type Report = (
  problem: Omit<PolicyProblem, 'line' | 'severity'> & { severity?: PolicyProblem['severity'] },
) => void

const wordsOf = (text: string, from: number): Word[] =>
  [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ text: word, at: from + index }))

const withoutComment = (line: string): string => line.replace(/(^|\s)#[\s\S]*/, '$1')

/** Cuts one line at its colon, arrow and bar; reports what is missing and gives nothing back then. */
const cutLine = (content: string, line: number, report: Report): RawRule | undefined => {
  const at = content.search(/\S/)
  const arrow = content.indexOf('->')
  const colon = content.indexOf(':')
  if (arrow < 0) {
    const other = /=>|→|⇒|>/.exec(content.slice(Math.max(colon, 0)))
    report({
      column: other ? Math.max(colon, 0) + other.index + 1 : content.trimEnd().length + 1,
      length: other ? other[0].length : 1,
      message: other ? `${other[0]} is not the arrow` : 'the arrow is missing',
      advice: `write -> between the git tag and its image tags, as in "${EXAMPLE}"`,
    })
    return undefined
  }
  if (colon < 0 || colon > arrow) {
    report({
      column: at + 1,
      length: Math.max(content.slice(at, arrow).trimEnd().length, 1),
      message: 'the rule has no name',
      advice: `begin the line with a name and a colon, as in "${EXAMPLE}"`,
    })
    return undefined
  }

  const name = { text: content.slice(0, colon).trim(), at }
  const [left, extra] = wordsOf(content.slice(colon + 1, arrow), colon + 1)
  if (left === undefined) {
    report({
      column: arrow + 1,
      length: 2,
      message: 'there is no git tag before the arrow',
      advice: 'write what the git tag looks like, such as X.Y.Z, or * for any',
    })
    return undefined
  }
  if (extra !== undefined) {
    report({
      column: extra.at + 1,
      length: extra.text.length,
      message: `${extra.text} is a second git tag before the arrow`,
      advice: 'give each git tag a rule, a line, of its own',
    })
  }

  const right = content.slice(arrow + 2)
  const bar = right.indexOf('|')
  const published = wordsOf(bar < 0 ? right : right.slice(0, bar), arrow + 2)
  const stable = bar < 0 ? [] : wordsOf(right.slice(bar + 1), arrow + 2 + bar + 1)
  if (published.length === 0) {
    report({
      column: (bar < 0 ? arrow : arrow + 2 + bar) + 1,
      length: bar < 0 ? 2 : 1,
      message: bar < 0 ? 'nothing stands after the arrow' : 'no image tag stands before the bar',
      advice: `write the image tag that is built first, such as ${left.text}`,
    })
  } else if (bar >= 0 && stable.length === 0) {
    report({
      column: arrow + 2 + bar + 1,
      length: 1,
      message: 'nothing stands after the bar',
      advice: 'write the stable tags there, or leave the bar out',
    })
  }
  return { line, name, left, published, stable }
}

const isDigitAfter = (tokens: readonly Token[], index: number): boolean => {
  const next = tokens[index + 1]
  return next?.kind === 'literal' && /^[0-9]/.test(next.text)
}

/** A digit behind a number would belong to the number, which takes every digit at its place. */
const reportDigitsAfterNumbers = (word: Word, tokens: readonly Token[], report: Report): void => {
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
const warnOfSlips = (word: Word, report: Report): void => {
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

const parsePattern = (word: Word, report: Report): Pattern => {
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

const reportUnbound = (word: Word, tokens: readonly Token[], pattern: Pattern, report: Report): boolean => {
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

const parseTemplate = (
  word: Word,
  { pattern, stable }: { pattern: Pattern; stable: boolean },
  report: Report,
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
          : word.text === '->'
            ? 'write each rule on a line of its own, in YAML below "policy: |"'
            : 'an image tag has up to 128 of A-Z, a-z, 0-9, "_", "." and "-", and begins with none of the last two',
    })
  }
  return template
}

/** What is built must belong to one version; only a tag without any version, such as nightly, may move. */
const reportMovingFirst = (word: Word, first: Template, pattern: Pattern, report: Report): void => {
  const used = lettersOf(first.tokens)
  const bound = boundBy(pattern)
  const whole = tagProblem(pattern.source) === undefined || pattern.kind === 'any'
  report({
    column: word.at + 1,
    length: first.source.length,
    message: `the first image tag is what is built, and ${first.source} drops ${list([...bound].filter(letter => !used.has(letter)))}`,
    advice: `begin with a tag that belongs to one version alone, such as ${whole ? pattern.source : [...bound].join('.')}`,
  })
}

const parseRule = (raw: RawRule, report: Report): Rule | undefined => {
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(raw.name.text)) {
    report({
      column: raw.name.at + 1,
      length: Math.max(raw.name.text.length, 1),
      message: raw.name.text === '' ? 'the rule has no name' : `${raw.name.text} can't be the name of a rule`,
      advice: 'a name is one word of letters, digits, "-" and "_" that begins with a letter, such as final',
    })
  }
  const pattern = parsePattern(raw.left, report)
  const words = [
    ...raw.published.map(word => ({ word, stable: false })),
    ...raw.stable.map(word => ({ word, stable: true })),
  ]
  const seen = new Set<string>()
  const templates = words.map(({ word, stable }) => {
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
  const firstWord = raw.published[0]
  if (first === undefined || firstWord === undefined) return undefined
  const bound = boundBy(pattern)
  if (first.moving && bound.size > 0 && usesOnly(first.tokens, bound))
    reportMovingFirst(firstWord, first, pattern, report)
  return { name: raw.name.text, line: raw.line, pattern, templates: [first, ...copies] }
}

/** What the whole table is checked for, one rule after the other. */
const checkAgainstEarlier = (): ((rule: Rule, raw: RawRule, report: Report) => void) => {
  const names = new Map<string, Rule>()
  const bySkeleton = new Map<string, { rule: Rule; shape: ReturnType<typeof shapeOf> }[]>()
  let any: Rule | undefined
  return (rule, raw, report) => {
    const namesake = names.get(rule.name)
    if (namesake !== undefined) {
      report({
        column: raw.name.at + 1,
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
        column: raw.left.at + 1,
        length: raw.left.text.length,
        message: `${rule.name} can never match: ${taker.name} on line ${taker.line}, ${taker.pattern.source}, takes everything before it`,
        advice: `move ${rule.name} above ${taker.name}, or leave it out`,
      })
    }
  }
}

/** A rule with its words, and where their problems go. */
interface Line {
  readonly rule: Rule
  readonly raw: RawRule
  readonly report: Report
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
const checkStableNames = (policy: Policy, { rule, raw, report }: Line): void => {
  raw.published.forEach((word, index) => {
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
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .forEach((wholeLine, index) => {
      const content = withoutComment(wholeLine)
      if (content.trim() === '') return
      const line = index + 1
      const report: Report = problem => problems.push({ severity: 'error', line, ...problem })
      const raw = cutLine(content, line, report)
      if (raw === undefined) return
      const rule = parseRule(raw, report)
      if (rule === undefined) return
      lines.push({ rule, raw, report })
      if (rule.name === '') return
      checkRule(rule, raw, report)
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

/** The most problems that are shown, and the longest line, in characters: people mend the first ones first. */
const MAX_SHOWN = 20
const MAX_LINE = 160

/** A piece of a long line around a column, and how much was cut off before it. */
const around = (line: string, column: number): { piece: string; cut: number } => {
  if (line.length <= MAX_LINE) return { piece: line, cut: 0 }
  const cut = Math.max(Math.min(column - MAX_LINE / 2, line.length - MAX_LINE), 0)
  return { piece: line.slice(cut, cut + MAX_LINE), cut }
}

/** Shows problems as a compiler does: place, sentence, the line with a caret under the text, the advice. */
export const formatProblems = (text: string, problems: readonly PolicyProblem[]): string => {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  const shown = problems.slice(0, MAX_SHOWN).map(({ severity, line, column, length, message, advice }) => {
    const { piece, cut } = around(lines[line - 1] ?? '', column)
    const indent = ' '.repeat(piece.slice(0, column - 1 - cut).length)
    return [
      `line ${line}, column ${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}`,
      `  ${piece.replaceAll('\t', ' ')}`,
      `  ${indent}${'^'.repeat(Math.min(length, MAX_LINE))}`,
      `  ${advice}`,
    ].join('\n')
  })
  const left = problems.length - shown.length
  return [...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('\n')
}
