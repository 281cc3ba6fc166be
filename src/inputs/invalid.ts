import type { InputName } from '../contract.ts'
import { oneLine } from '../text.ts'
import { type Caller, capitalized } from './caller.ts'
import { nearMiss } from './near-miss.ts'
import { holdsSecret } from './pasted-secret.ts'
import { invalidInput, type Mistake, mistaken, type Validated, valid } from './validated.ts'

/** A text that was given, in quotes, on one line; not what looks as if it held a secret. */
export const quoted = (given: string): string => (holdsSecret(given) ? '***' : oneLine(JSON.stringify(given)))

/** Makes the mistake of an input that can not be what it is, or be empty. `problem` says why, `remedy` what to write. */
export type Invalid = (input: InputName, given: string, problem: string, remedy: string) => Mistake

/** The mistakes in what a caller gives, in their spelling. */
export const invalidFor =
  ({ spell, whyEmpty }: Caller): Invalid =>
  (input, given, problem, remedy) =>
    given === ''
      ? invalidInput(
          [input],
          `${capitalized(spell(input))} is empty.`,
          oneLine(`${remedy} ${whyEmpty}`.trim()),
        )
      : invalidInput(
          [input],
          `${capitalized(spell(input))} is ${quoted(given)}: ${oneLine(problem)}.`,
          oneLine(remedy),
        )

/** Makes the mistake of one line of an input, by its number: what stands there may be a part of a secret. */
export const invalidLine =
  ({ spell, list }: Caller) =>
  (input: InputName, number: number, problem: string, remedy: string): Mistake =>
    invalidInput(
      [input],
      `${capitalized(spell(input))}, ${list.nth(number)}: ${oneLine(problem)}.`,
      oneLine(remedy),
    )

/** The value that is given, if it is one of those allowed. */
export const oneOf = <T extends string>(
  input: InputName,
  given: string,
  allowed: readonly T[],
  invalid: Invalid,
): Validated<T> => {
  const found = allowed.find(value => value === given)
  if (found !== undefined) return valid(found)
  const meant = nearMiss(given, allowed)
  const allowedAre = `Allowed are ${allowed.join(', ')}.`
  const remedy = meant === undefined ? allowedAre : `Did you mean ${meant}? ${allowedAre}`
  return mistaken(invalid(input, given, 'there is no such value', remedy))
}
