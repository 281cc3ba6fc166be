import { EXAMPLE, type Report, type Word } from './problems.ts'

export type TagWord = Word & { readonly stable: boolean }

export interface RuleWords {
  readonly name: Word
  readonly left: Word
  readonly tags: readonly [TagWord, ...TagWord[]]
}

/** Reports what is missing. */
export function splitRule(line: string, { error }: Report): RuleWords | undefined {
  const arrow = find('->', line)
  if (arrow.at < 0) {
    const { 0: other = '', index: at = line.length } = /=>|→|⇒|>/.exec(line) ?? {}
    const message = other === '' ? 'the arrow is missing' : `${other} is not the arrow`
    return error({ text: other, at }, message, `write -> before the image tags, as in "${EXAMPLE}"`)
  }
  const second = find('->', line, arrow.at + 2)
  if (second.at >= 0)
    return error(second, 'this is a second arrow', 'write one rule a line; in YAML, below "policy: |"')
  const colon = find(':', line.slice(0, arrow.at)).at
  const text = line.slice(0, colon < 0 ? arrow.at : colon).trim()
  const name = { text, at: line.search(/\S/) }
  if (colon < 0 || !/^[A-Za-z][A-Za-z0-9_-]*$/.test(text)) {
    const message = colon < 0 || text === '' ? 'the rule has no name' : `${text} can't be the name`
    return error(name, message, `begin with a word and a colon, as in "${EXAMPLE}"`)
  }
  const [left, extra] = wordsIn(line, colon + 1, arrow.at)
  if (left === undefined)
    return error(arrow, 'no git tag stands before the arrow', 'write one such as X.Y.Z, or * for any')
  if (extra !== undefined)
    return error(extra, `${extra.text} is a second git tag`, 'give each a rule of its own')
  const bar = find('|', line, arrow.at)
  const end = bar.at < 0 ? line.length : bar.at
  const [first, ...copies] = wordsIn(line, arrow.at + 2, end).map(word => ({ ...word, stable: false }))
  const stable = wordsIn(line, end + 1, line.length).map(word => ({ ...word, stable: true }))
  if (first === undefined) {
    const what = bar.at < 0 ? 'nothing stands after the arrow' : 'no image tag stands before the bar'
    return error(bar.at < 0 ? arrow : bar, what, `write the tag to build, such as ${left.text}`)
  }
  if (bar.at >= 0 && stable.length === 0)
    return error(bar, 'nothing stands after the bar', 'write stable tags there, or leave it out')
  return { name, left, tags: [first, ...copies, ...stable] }
}

function find(text: string, line: string, from?: number) {
  return { text, at: line.indexOf(text, from) }
}

function wordsIn(line: string, from: number, to: number) {
  return [...line.slice(from, to).matchAll(/\S+/g)].map(({ 0: text, index }) => ({ text, at: from + index }))
}
