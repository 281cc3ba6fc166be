import type { InputName } from '../action-yml.ts'
import { type ErrorName, ReleaseError } from '../errors.ts'
import { oneLine } from '../text.ts'
import { nearMiss } from './near-miss.ts'

export class Mistakes {
  readonly #all: { input: InputName; error: ReleaseError }[] = []

  add(input: InputName, what: string, remedy: string, name: ErrorName = 'invalid-input'): void {
    const error = new ReleaseError(name, { what, remedy })
    if (this.#all.every(({ error: { message } }) => message !== error.message))
      this.#all.push({ input, error })
  }

  /** For an empty input, unless it was misspelt or held a secret, which is a mistake already. */
  empty(input: InputName, what: string, remedy: string): void {
    if (this.#all.some(mistake => mistake.input === input)) return
    this.add(input, what, `${remedy} A variable or secret that does not exist is empty, too.`)
  }

  /** `problem` is a part of a sentence, if there is one. */
  about(input: InputName, given: string): (problem: string | undefined, remedy: string) => void {
    return (problem, remedy) => {
      if (problem === undefined) return
      const what = oneLine(`${input} is ${JSON.stringify(given)}: ${problem}.`)
      if (given === '') this.empty(input, `${input} is empty.`, remedy)
      else this.add(input, what, oneLine(remedy))
    }
  }

  /** What was given or probably meant. `more` says what else is allowed. */
  oneOf<T extends string>(input: InputName, given: string, allowed: readonly T[], more = ''): T | undefined {
    const meant = allowed.find(value => value === given) ?? nearMiss(given, allowed)
    const remedy = `${meant ? `Did you mean ${meant}? ` : ''}Allowed are ${allowed.join(', ')}${more}.`
    if (meant !== given) this.about(input, given)('there is no such value', remedy)
    return meant
  }

  throwIfAny(): void {
    const [first, ...others] = this.#all
    if (first === undefined) return
    if (others.length === 0) throw first.error
    const numbered = this.#all.map(({ error: { message } }, index) => {
      return `${index + 1}. ${message.replaceAll('\n', '\n   ')}\n`
    })
    throw new ReleaseError('invalid-input', {
      what: `There are ${numbered.length} mistakes:\n${numbered.join('')}`,
      remedy: 'Correct them, then run it again.',
    })
  }

  /** For a value that is there if nothing is wrong. */
  orThrow<T>(value: T | undefined): T {
    this.throwIfAny()
    if (value === undefined) throw new TypeError('a mistake was lost')
    return value
  }
}
