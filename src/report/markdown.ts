import { eachLine, oneLine } from '../text.ts'

/** One line that Markdown and HTML leave alone. */
export function plain(text: string) {
  return oneLine(text).replace(/[\\`*_{}[\]<>#|~!&]/g, character => `&#${character.codePointAt(0)};`)
}

/** Lines as they are, whatever is in them; nothing if there are none. */
export function block(lines: string, language: string) {
  if (lines === '') return ''
  const text = eachLine(lines)
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, text.trimEnd(), fence].join('\n')
}

export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const [head, ...others] = rows
  if (head === undefined) return []
  return [head, head.map(() => '---'), ...others].map(row => `| ${row.map(plain).join(' | ')} |`)
}
