/** Ways to set words apart. Without a terminal each of them leaves the text as it is. */
export interface Colours {
  readonly bold: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly red: (text: string) => string
}

const plain = (text: string): string => text

const none: Colours = { bold: plain, green: plain, yellow: plain, red: plain }

/** ECMA-48, "Select graphic rendition". */
const rendition =
  (code: number, end: number) =>
  (text: string): string =>
    `\u001B[${code}m${text}\u001B[${end}m`

const all: Colours = {
  bold: rendition(1, 22),
  green: rendition(32, 39),
  yellow: rendition(33, 39),
  red: rendition(31, 39),
}

/**
 * The colours for a stream: only on a terminal that has them, and never if `NO_COLOR` is set.
 *
 * Source: https://no-color.org, which takes an empty value for none.
 */
export const coloursFor = ({ isTTY }: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Colours => {
  const unwanted = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  return isTTY === true && !unwanted ? all : none
}
