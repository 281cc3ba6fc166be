import type { InputName } from '../contract.ts'
import { ReleaseError } from '../errors.ts'
import { type Caller, capitalized } from './caller.ts'
import { nearMiss } from './near-miss.ts'

/** Makes the error for an input that can not be what it is. `problem` says why, `wayOut` what to write. */
export type Invalid = (input: InputName, given: string, problem: string, wayOut: string) => ReleaseError

/** The errors for what a caller gives, in their spelling. */
export const invalidFor =
  ({ spell }: Caller): Invalid =>
  (input, given, problem, wayOut) =>
    new ReleaseError('invalid-input', {
      what: `${capitalized(spell(input))} is ${JSON.stringify(given)}: ${problem}.`,
      wayOut,
    })

/** The value that is given, if it is one of those allowed. Throws `invalid-input`. */
export const oneOf = <T extends string>(
  input: InputName,
  given: string,
  allowed: readonly T[],
  invalid: Invalid,
): T => {
  const found = allowed.find(value => value === given)
  if (found !== undefined) return found
  const meant = nearMiss(given, allowed)
  const allowedAre = `Allowed are ${allowed.join(', ')}.`
  const wayOut = meant === undefined ? allowedAre : `Did you mean ${meant}? ${allowedAre}`
  throw invalid(input, given, 'there is no such value', wayOut)
}

/** The lines of an input of many lines, trimmed, without empty ones. */
export const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')
