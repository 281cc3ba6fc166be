import { oneLine } from '../text.ts'

/** What is in a value that came from outside, by the names that lead to it. */
export const field = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce(
    (inner: unknown, name) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined,
    value,
  )

/** A text from outside as one line, if it is a text. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? oneLine(value) : undefined
