import { styleText } from 'node:util'

/** Ways to set words apart. Without a terminal each of them leaves the text as it is. */
export type Colours = Readonly<Record<'bold' | 'green' | 'yellow' | 'red', (text: string) => string>>

/** The colours for a stream: only on a terminal that has them, and never if `NO_COLOR` is set, as https://no-color.org has it. */
export function coloursFor({ isTTY }: { isTTY?: boolean }, { NO_COLOR, TERM }: NodeJS.ProcessEnv): Colours {
  const isPlain = isTTY !== true || Boolean(NO_COLOR) || TERM === 'dumb'
  const colour = (format: keyof Colours) => (text: string) =>
    isPlain ? text : styleText(format, text, { validateStream: false })
  return { bold: colour('bold'), green: colour('green'), yellow: colour('yellow'), red: colour('red') }
}
