/** One or more of something. */
export type Some<T> = readonly [T, ...T[]]

/** The same for each of them. */
export const mapSome = <T, U>([first, ...others]: Some<T>, change: (item: T) => U): Some<U> => [
  change(first),
  ...others.map(change),
]
