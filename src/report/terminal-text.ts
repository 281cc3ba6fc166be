/**
 * What a terminal may obey or hide: control characters, those of formatting such as the change of direction,
 * line and paragraph separators.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** What nearly every text is, and is quickly seen. */
const PRINTABLE_ASCII = /^[ -~]*$/

const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map(at => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('')

/** The text with such characters written out, for one line of a terminal: `\u001b`. */
export const visible = (text: string): string =>
  PRINTABLE_ASCII.test(text) ? text : text.replace(INVISIBLE, escaped)

/** The same for text of several lines. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n')

/** A value as JSON on one line, in which such characters are escaped as well; it means the same. */
export const jsonLine = (value: unknown): string => visible(JSON.stringify(value))
