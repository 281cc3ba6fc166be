import { tagProblem } from './image-tag.ts'
import { stableOrigin } from './match.ts'
import type { Policy, Rule, Template } from './policy.ts'
import { EXAMPLE, type PolicyProblem, policyLines, type Report, type Word } from './problems.ts'
import { type RuleWords, splitRule, type TagWord } from './split-rule.ts'
import { ANY, boundBy, type Pattern, render, type Token, tokenize } from './tokens.ts'

type ParsedPolicy =
  | { readonly kind: 'policy'; readonly policy: Policy; readonly warnings: readonly PolicyProblem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] }

/** Never throws: returns all mistakes, in the text's order. */
export function parsePolicy(text: string): ParsedPolicy {
  const problems: PolicyProblem[] = []
  const reportAt = (line: number) => {
    const note =
      (severity: PolicyProblem['severity']): Report['error'] =>
      ({ text: { length }, at }, message, advice) => {
        problems.push({ severity, line, column: at + 1, length: Math.max(length, 1), message, advice })
      }
    return { error: note('error'), warning: note('warning') }
  }
  const isWrong = () => problems.some(({ severity }) => severity === 'error')
  const lines = readLines(text, reportAt)
  const policy = { rules: lines.map(({ rule }) => rule) }
  for (const line of isWrong() ? [] : lines) {
    checkFirst(line)
    checkStableNames(policy, line)
  }
  problems.sort((one, other) => one.line - other.line || one.column - other.column)
  return isWrong() ? { kind: 'invalid', problems } : { kind: 'policy', policy, warnings: problems }
}

interface Line {
  readonly rule: Rule
  readonly words: RuleWords
  readonly report: Report
}

function readLines(text: string, reportAt: (line: number) => Report) {
  const contents = policyLines(text).map(line => line.replace(/(^|\s)#.*/s, '$1').trimEnd())
  if (contents.every(content => content === ''))
    reportAt(1).error({ text: '', at: 0 }, 'the policy has no rule', `write one a line, as in "${EXAMPLE}"`)
  const names = new Map<string, number>()
  return contents.flatMap((content, index) => {
    const report = reportAt(index + 1)
    const words = content === '' ? undefined : splitRule(content, report)
    if (words === undefined) return []
    const { name } = words
    const namesake = names.get(name.text)
    if (namesake === undefined) names.set(name.text, index + 1)
    else report.error(name, `the name ${name.text} is taken by line ${namesake}`, 'choose another name')
    return [{ rule: readRule(words, report), words, report }]
  })
}

function readRule({ name, left, tags }: RuleWords, report: Report): Rule {
  const pattern = readPattern(left, report)
  const seen = new Set<string>()
  const read = (word: TagWord): Template => {
    if (seen.has(word.text)) report.error(word, `${word.text} is there twice`, 'leave one out')
    seen.add(word.text)
    return readTemplate(word, pattern, report)
  }
  const [first, ...others] = tags
  return { name: name.text, pattern, templates: [read(first), ...others.map(read)] }
}

function readPattern(word: Word, report: Report): Pattern {
  const source = word.text
  const tokens = tokenize(source)
  if (source === ANY) return { kind: 'any', source, tokens }
  // git-check-ref-format(1)
  const strange = /[\p{Cc}~^:?*[\\]/u.exec(source)
  if (strange !== null) {
    const place = partOf(word, strange.index, strange[0].length)
    const message = `no git tag can contain ${JSON.stringify(strange[0])}`
    report.error(place, message, 'write a pattern such as vX.Y.Z, or * alone for any')
  }
  checkTokens(word, tokens, report)
  return { kind: 'tokens', source, tokens }
}

function readTemplate(word: TagWord, pattern: Pattern, report: Report): Template {
  const tokens = tokenize(word.text)
  const [used, bound] = [boundBy({ tokens }), boundBy(pattern)]
  const unbound = tokens.flatMap(token =>
    token.kind === 'number' && !bound.has(token.letter) ? [token] : [],
  )
  for (const { letter, at } of unbound) {
    const advice = `write what the left side has, or "${letter}" in double quotes for the text`
    report.error(partOf(word, at, 1), `${letter} is not on the left side, ${pattern.source}`, advice)
  }
  if (unbound.length === 0) checkTokens(word, tokens, report)
  // The shortest tag that this can become; stray quotes are a problem already.
  const problem = tagProblem(render(tokens, new Map([[ANY, 'x']])).replaceAll('"', ''))
  if (problem !== undefined) {
    const advice = 'use A-Z, a-z, 0-9, "_", "." and "-", spaces between tags, and one bar'
    report.error(word, `${word.text} can't be an image tag: ${problem}`, advice)
  }
  const moving = bound.size === 0 || [...bound].some(letter => !used.has(letter))
  return { source: word.text, tokens, stable: word.stable, moving }
}

function checkTokens(word: Word, tokens: readonly Token[], report: Report) {
  tokens.forEach((token, index) => {
    const next = tokens[index + 1]
    if (token.kind === 'literal') {
      const advice = 'write text between two, such as vX"-RC"N'
      if (token.text === '"')
        report.error(partOf(word, token.at, 1), 'this double quote has no partner', advice)
    } else if (token.letter !== ANY && next?.kind === 'literal' && /^[0-9]/.test(next.text)) {
      const { letter } = token
      const message = `the digit behind ${letter} never matches: ${letter} takes all digits`
      const advice = `leave it out, or write "${letter}${next.text[0]}" in double quotes for the text`
      report.error(partOf(word, token.at, 2), message, advice)
    }
  })
  warnOfSlips(word, report)
}

/** Capitals that look like numbers, such as XY, ZRC and RCN, and numbers that look like a word's capital. */
function warnOfSlips(word: Word, report: Report) {
  const text = word.text.replace(/"[^"]+"/g, quoted => '.'.repeat(quoted.length))
  for (const { 0: run, index } of text.matchAll(/[A-Z]{2,}/g)) {
    const [, first, literal, last] = /^([XYZ]?)([A-Z]+?)([XYZN]?)$/.exec(run) ?? []
    const areNumbers = /^[XYZPN]+$/.test(run)
    if (areNumbers ? new Set(run).size !== run.length : !first && !last) continue
    const meant = areNumbers ? [...run].join('.') : `${first}"${literal}"${last}`
    const message = `${run} stands for itself: capitals beside each other are not numbers`
    const advice = `write ${meant} if it has a number, and "${run}" in double quotes if not`
    report.warning(partOf(word, index, run.length), message, advice)
  }
  for (const { 0: found, index } of text.matchAll(/(?<![^-_./])[A-W][a-z]+/g)) {
    const message = `the ${found.charAt(0)} of ${found} stands for a number: a single capital always does`
    report.warning(partOf(word, index, 1), message, `write "${found}" in double quotes for the text`)
  }
}

function partOf({ text, at }: Word, from: number, length: number) {
  return { text: text.slice(from, from + length), at: at + from }
}

/** What is built must belong to one version; only a tag without one, such as nightly, may move. */
function checkFirst({ rule: { pattern, templates }, words, report }: Line) {
  const bound = [...boundBy(pattern)]
  const [first] = templates
  if (!first.moving || bound.length === 0) return
  const dropped = bound.filter(letter => !boundBy(first).has(letter))
  const message = `the first image tag is built, and ${first.source} drops ${dropped.join(', ')}`
  report.error(words.tags[0], message, `begin with a tag of one version, such as ${bound.join('.')}`)
}

/** No rule gives before its bar what any rule gives after its bar. */
function checkStableNames(policy: Policy, { rule, words, report }: Line) {
  rule.templates.forEach(({ tokens, stable }, index) => {
    const word = words.tags[index]
    if (stable || word === undefined) return
    // Numbers and a text that nobody writes into a policy stand for any.
    const get = (letter: string) => (letter === ANY ? 'any_906090' : `9060${letter.charCodeAt(0)}`)
    const origin = stableOrigin(policy, render(tokens, { get }))
    if (origin !== undefined) {
      const message = `${word.text} stands before the bar, but is a stable tag of rule ${origin.rule.name}`
      report.error(word, message, 'write it after the bar, or give it another name')
    } else if (word.text.endsWith('-stable') && !rule.pattern.source.endsWith('-stable')) {
      const message = `${word.text} is not a stable tag: it stands before the bar`
      report.warning(word, message, `write stable tags after a bar, as in "${EXAMPLE}"`)
    }
  })
}
