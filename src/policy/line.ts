import { EXAMPLE, type ReportProblem } from './problems.ts'

/** A word of a line, and where it begins, counted from 0. */
export interface Word {
  readonly text: string
  readonly at: number
}

/** The words of a rule, as they stand in its line. */
export interface RuleWords {
  readonly line: number
  readonly name: Word
  readonly left: Word
  readonly published: readonly Word[]
  readonly stable: readonly Word[]
}

const wordsOf = (text: string, from: number): Word[] =>
  [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ text: word, at: from + index }))

/** A line up to its comment. */
export const withoutComment = (line: string): string => line.replace(/(^|\s)#[\s\S]*/, '$1')

/** Cuts one line at its colon, arrow and bar; reports what is missing and gives nothing back then. */
export const cutLine = (content: string, line: number, report: ReportProblem): RuleWords | undefined => {
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

  const second = content.indexOf('->', arrow + 2)
  if (second >= 0) {
    report({
      column: second + 1,
      length: 2,
      message: 'the line has a second arrow',
      advice: 'write one rule a line, each with one arrow; in YAML below "policy: |"',
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
