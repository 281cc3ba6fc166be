import type { InputName } from '../contract.ts'
import { type ErrorName, ReleaseError } from '../errors.ts'
import { oneLine } from '../text.ts'
import { nearMiss } from './near-miss.ts'

/** One thing that is wrong with what was given. */
export interface Mistake {
  readonly name: ErrorName
  /** The input that it is in. */
  readonly input: InputName
  readonly what: string
  readonly remedy: string
}

/** Collects what is wrong with the inputs, so that all of it is told at once. */
export class Mistakes {
  readonly #all: Mistake[] = []

  /** A mistake in its own words. */
  add(input: InputName, what: string, remedy: string, name: ErrorName = 'invalid-input'): void {
    this.#all.push({ name, input, what, remedy })
  }

  /** The mistake of an input that can not be what it is, or be empty. `problem` is a part of a sentence. */
  invalid(input: InputName, given: string, problem: string, remedy: string): void {
    const what =
      given === ''
        ? `${input} is empty.`
        : `${input} is ${oneLine(JSON.stringify(given))}: ${oneLine(problem)}.`
    const unset = given === '' ? ' A variable or secret that does not exist is empty, too.' : ''
    this.add(input, what, oneLine(remedy) + unset)
  }

  /** The value that is given; the first of those allowed if it is none of them. */
  oneOf<T extends string>(input: InputName, given: string, allowed: readonly [T, ...T[]]): T {
    const found = allowed.find(value => value === given)
    if (found === undefined) {
      const meant = nearMiss(given, allowed)
      const asked = meant === undefined ? '' : `Did you mean ${meant}? `
      this.invalid(input, given, 'there is no such value', `${asked}Allowed are ${allowed.join(', ')}.`)
    }
    return found ?? allowed[0]
  }

  /** Throws one error for all mistakes, if there are some. */
  throwIfAny(): void {
    const [first, ...others] = this.#all
    if (first === undefined) return
    if (others.length === 0) throw new ReleaseError(first.name, first)
    const isSame = others.every(({ name }) => name === first.name)
    throw new ReleaseError(isSame ? first.name : 'invalid-input', {
      what: `There are ${this.#all.length} mistakes:\n${this.#all.map(numbered).join('\n')}\n`,
      remedy: 'Correct all of them, then run it again.',
    })
  }
}

function numbered({ what, remedy }: Mistake, index: number): string {
  return `${index + 1}. ${what.trimEnd()}${what.endsWith('\n') ? '\n' : ' '}${remedy}`.replaceAll(
    '\n',
    '\n   ',
  )
}
