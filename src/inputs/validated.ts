import type { InputName } from '../contract.ts'
import { type ErrorName, ReleaseError } from '../errors.ts'

/** One thing that is wrong with what was given. */
export interface Mistake {
  readonly name: ErrorName
  /** The inputs that it may come from; none if it is about the run alone. */
  readonly inputs?: readonly InputName[]
  /** What is wrong, with the value, as one or more sentences. */
  readonly what: string
  /** What to write instead, as one or more sentences. */
  readonly remedy: string
}

/** The mistake of inputs that are not valid, or contradict each other. */
export const invalidInput = (inputs: readonly InputName[], what: string, remedy: string): Mistake => ({
  name: 'invalid-input',
  inputs,
  what,
  remedy,
})

/** What a validator makes of what was given: a value, or everything that is wrong with it. */
export type Validated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

export const valid = <T>(value: T): Validated<T> => ({ ok: true, value })

export const mistaken = (...mistakes: readonly Mistake[]): Validated<never> => ({ ok: false, mistakes })

/** The mistakes, if there are some. */
export const mistakesOf = (validated: Validated<unknown>): readonly Mistake[] =>
  validated.ok ? [] : validated.mistakes

/** Those of `mistakes` that are about other inputs than `told`: what follows from a mistake is not told again. */
export const notAlreadyTold = (
  mistakes: readonly Mistake[],
  told: readonly Mistake[],
): readonly Mistake[] => {
  const inputs = new Set(told.flatMap(({ inputs = [] }) => inputs))
  return mistakes.filter(mistake => !mistake.inputs?.some(input => inputs.has(input)))
}

/** The mistakes of all groups, but of each only what does not follow from a mistake in a group before it. */
export const toldInOrder = (...groups: readonly (readonly Mistake[])[]): readonly Mistake[] =>
  groups.reduce((told, group) => told.concat(notAlreadyTold(group, told)), [])

/** The values of all, or the mistakes of all, each once. */
export const all = <T extends object>(fields: { [K in keyof T]: Validated<T[K]> }): Validated<T> => {
  const entries = Object.entries<Validated<unknown>>(fields)
  const mistakes = new Set(entries.flatMap(([, field]) => mistakesOf(field)))
  if (mistakes.size > 0) return mistaken(...mistakes)
  return valid(Object.fromEntries(entries.map(([name, field]) => [name, field.ok && field.value])) as T)
}

/** The same for a list. */
export const every = <T>(items: readonly Validated<T>[]): Validated<readonly T[]> => {
  const mistakes = items.flatMap(mistakesOf)
  return mistakes.length > 0
    ? mistaken(...mistakes)
    : valid(items.flatMap(item => (item.ok ? [item.value] : [])))
}

/** Goes on with a value, if there is one: what follows from a mistake is not another one. */
export const andThen = <T, U>(validated: Validated<T>, use: (value: T) => Validated<U>): Validated<U> =>
  validated.ok ? use(validated.value) : validated

/** Changes a value, if there is one. */
export const map = <T, U>(validated: Validated<T>, change: (value: T) => U): Validated<U> =>
  andThen(validated, value => valid(change(value)))

const numbered = ({ what, remedy }: Mistake, index: number): string =>
  `${index + 1}. ${what.trimEnd()}${what.endsWith('\n') ? '\n' : ' '}${remedy}`.replaceAll('\n', '\n   ')

/** One error for all mistakes. A single one is told as it is. */
export const errorOf = (mistakes: readonly Mistake[]): ReleaseError => {
  const [first, ...others] = mistakes
  if (first === undefined) throw new Error('an error without a mistake')
  if (others.length === 0) return new ReleaseError(first.name, first)
  const same = others.every(({ name }) => name === first.name)
  return new ReleaseError(same ? first.name : 'invalid-input', {
    what: `There are ${mistakes.length} mistakes:\n${mistakes.map(numbered).join('\n')}\n`,
    remedy: 'Nothing was done. Correct all of them, then run it again.',
  })
}

/** The value. Throws one error for all mistakes. */
export const accept = <T>(validated: Validated<T>): T => {
  if (validated.ok) return validated.value
  throw errorOf(validated.mistakes)
}
