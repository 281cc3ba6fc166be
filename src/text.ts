/** What a terminal or a log may obey or hide: control and format characters, line and paragraph separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The runner's commands: `##[command]` anywhere in a line, `::command::` at its start. Source: actions/runner, ActionCommand.cs. */
const COMMAND = /\[(?<=##\[)|:(?<=^\s*:)(?=:)/g

const escaped = (text: string): string =>
  text
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

/** Text from outside as one line that hides nothing and that the runner does not obey; the rest is escaped, as `\u001b`. */
export const oneLine = (text: string): string => text.replace(INVISIBLE, escaped).replace(COMMAND, escaped)

/** Text of several lines that we have put together, each as `oneLine` has it. */
export const eachLine = (text: string): string => text.split('\n').map(oneLine).join('\n')

/** A value as JSON on one line, in which the same characters are escaped; it means the same. */
export const jsonLine = (value: unknown): string => oneLine(JSON.stringify(value))

/** A text from outside as one line, if it is a text. */
export const asOneLine = (value: unknown): string | undefined =>
  typeof value === 'string' ? oneLine(value) : undefined

/** How many there are of a thing: `1 tag`, `2 tags`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

/** A duration in milliseconds, for people. */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** A text with its digests cut short, for where another line has them whole. */
export const withShortDigests = (text: string): string =>
  text.replace(/\b(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{52,}\b/g, '$1…')
