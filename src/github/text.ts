import { oneLine } from '../text.ts'

/** A text from outside as one line, if it is a text. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? oneLine(value) : undefined
