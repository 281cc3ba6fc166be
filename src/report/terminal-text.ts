import { oneLine } from '../text.ts'

/** Several lines, each of them for a line of a terminal. */
export const visibleLines = (text: string): string => text.split('\n').map(oneLine).join('\n')

/** A value as JSON on one line, in which such characters are escaped as well; it means the same. */
export const jsonLine = (value: unknown): string => oneLine(JSON.stringify(value))
