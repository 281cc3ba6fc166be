import { eachLine, oneLine } from '../text.ts'

/** One line of text that Markdown and HTML leave alone. */
export const plain = (text: string): string =>
  oneLine(text).replace(/[\\`*_{}[\]<>#|~!&]/g, character => `&#${character.codePointAt(0)};`)

/** One line of text as code, with nothing in it that Markdown or HTML would take for their own. */
export const code = (text: string): string =>
  `<code>${oneLine(text).replace(/[&<>|`*_]/g, c => `&#${c.codePointAt(0)};`)}</code>`

/** A block of lines as they are, whatever is in them. */
export const block = (lines: string, language = ''): string => {
  const text = eachLine(lines)
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, text.trimEnd(), fence].join('\n')
}

/** A table whose first row is its head. */
export const markdownTable = ([head = [], ...rows]: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
