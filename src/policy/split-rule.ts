import { EXAMPLE, type Report, type Word } from './problems.ts'

/** An image tag; a stable one stands after the bar. */
export type TagWord = Word & { readonly stable: boolean }

/** The words of a rule, as they stand in its line. */
export interface RuleWords {
  readonly name: Word
  readonly left: Word
  readonly tags: readonly [TagWord, ...TagWord[]]
}

/** Splits a line at its colon, arrow and bar. Reports what is missing, and gives nothing back then. */
export function splitRule(line: string, report: Report): RuleWords | undefined {
  const arrow = find('->', line)
  if (arrow.at < 0) return reportNoArrow(line, report)
  const second = find('->', line, arrow.at + 2)
  if (second.at >= 0) {
    return report(second, {
      message: 'the line has a second arrow',
      advice: 'write one rule a line, each with one arrow; in YAML below "policy: |"',
    })
  }
  const colon = find(':', line.slice(0, arrow.at)).at
  const text = line.slice(0, colon < 0 ? arrow.at : colon).trim()
  const name = { text, at: line.search(/\S/) }
  if (colon < 0 || !/^[A-Za-z][A-Za-z0-9_-]*$/.test(text)) {
    return report(name, {
      message: colon < 0 || text === '' ? 'the rule has no name' : `${text} can't be the name of a rule`,
      advice: `begin the line with a name of letters, digits, "-" and "_", and a colon, as in "${EXAMPLE}"`,
    })
  }
  const [left, extra] = wordsIn(line, colon + 1, arrow.at)
  if (left === undefined) {
    return report(arrow, {
      message: 'there is no git tag before the arrow',
      advice: 'write what the git tag looks like, such as X.Y.Z, or * for any',
    })
  }
  if (extra !== undefined) {
    return report(extra, {
      message: `${extra.text} is a second git tag before the arrow`,
      advice: 'give each git tag a rule, a line, of its own',
    })
  }
  const bar = find('|', line, arrow.at)
  const end = bar.at < 0 ? line.length : bar.at
  const [first, ...copies] = wordsIn(line, arrow.at + 2, end).map(word => ({ ...word, stable: false }))
  const stable = wordsIn(line, end + 1, line.length).map(word => ({ ...word, stable: true }))
  if (first === undefined) {
    return report(bar.at < 0 ? arrow : bar, {
      message: bar.at < 0 ? 'nothing stands after the arrow' : 'no image tag stands before the bar',
      advice: `write the image tag that is built first, such as ${left.text}`,
    })
  }
  if (bar.at >= 0 && stable.length === 0) {
    return report(bar, {
      message: 'nothing stands after the bar',
      advice: 'write the stable tags there, or leave the bar out',
    })
  }
  return { name, left, tags: [first, ...copies, ...stable] }
}

function reportNoArrow(line: string, report: Report): undefined {
  const other = /=>|→|⇒|>/.exec(line)
  report(other === null ? { text: '', at: line.length } : { text: other[0], at: other.index }, {
    message: other === null ? 'the arrow is missing' : `${other[0]} is not the arrow`,
    advice: `write -> between the git tag and its image tags, as in "${EXAMPLE}"`,
  })
}

function find(text: string, line: string, from?: number): Word {
  return { text, at: line.indexOf(text, from) }
}

function wordsIn(line: string, from: number, to: number): Word[] {
  return [...line.slice(from, to).matchAll(/\S+/g)].map(({ 0: text, index }) => ({ text, at: from + index }))
}
