/** By the names that lead to it. */
export const field = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce(
    (inner: unknown, name) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined,
    value,
  )

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
