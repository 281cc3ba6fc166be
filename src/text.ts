/** What a terminal or a log may obey or hide. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The runner's commands: `##[command]` anywhere in a line, `::command::` at its start. Source: actions/runner, ActionCommand.cs. */
const COMMAND = /\[(?<=##\[)|:(?<=^\s*:)(?=:)/g

const escaped = (text: string) =>
  text
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

/** Text from outside as one line that hides nothing and is not obeyed: with escapes such as `\u001b`. */
export const oneLine = (text: string): string => text.replace(INVISIBLE, escaped).replace(COMMAND, escaped)

/** Our own text of several lines, each as `oneLine` has it. */
export const eachLine = (text: string): string => text.split('\n').map(oneLine).join('\n')

/** JSON on one line; the escapes mean the same. */
export const jsonLine = (value: unknown): string => oneLine(JSON.stringify(value))

export const asOneLine = (value: unknown): string | undefined =>
  typeof value === 'string' ? oneLine(value) : undefined

/** `1 tag`, `2 tags`. */
export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

/** `420 ms`, `1.2 s`, `3 min 20 s`, `2 h`. */
export function duration(milliseconds: number) {
  if (milliseconds > 0 && milliseconds < 999) return `${Math.ceil(milliseconds)} ms`
  const tenths = Math.round(milliseconds / 100)
  const seconds = tenths < 600 ? tenths / 10 : Math.round(milliseconds / 1000)
  const counts = { h: Math.floor(seconds / 3600), min: Math.floor(seconds / 60) % 60, s: seconds % 60 }
  const parts = Object.entries(counts).filter(([, count]) => count > 0)
  return parts.map(([unit, count]) => `${count} ${unit}`).join(' ') || '0 s'
}

export const withShortDigests = (text: string): string =>
  text.replace(/\b(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{52,}\b/g, '$1…')
