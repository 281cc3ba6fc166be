import type { InputName } from '../contract.ts'
import { oneLine } from '../text.ts'
import { withoutSecrets } from './address.ts'
import { type Caller, capitalized } from './caller.ts'
import { nearMiss } from './near-miss.ts'
import { type Mistake, mistaken, type Validated, valid } from './validated.ts'

/** A text that was given, in quotes, on one line, without the secrets of an address. */
export const quoted = (given: string): string => oneLine(JSON.stringify(withoutSecrets(given)))

/** Makes the mistake of an input that can not be what it is. `problem` says why, `remedy` what to write. */
export type Invalid = (input: InputName, given: string, problem: string, remedy: string) => Mistake

/** The mistakes in what a caller gives, in their spelling. */
export const invalidFor =
  ({ spell }: Caller): Invalid =>
  (input, given, problem, remedy) => ({
    name: 'invalid-input',
    inputs: [input],
    what: `${capitalized(spell(input))} is ${quoted(given)}: ${oneLine(problem)}.`,
    remedy: oneLine(remedy),
  })

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

/** The lines of an input of many lines, trimmed, without empty ones. */
export const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')
